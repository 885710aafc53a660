from __future__ import annotations

import pytest

from autoresearch_ci.project_types.ignored import Ignored


@pytest.mark.parametrize(
    ("lines", "folder", "covered"),
    [
        ("dist", "dist", True),
        ("/dist/", "dist", True),
        ("dist/", "packages/a/dist", True),
        ("/dist", "packages/dist", False),
        ("**/dist", "dist", True),
        ("dist/*", "dist", True),
        ("/public/build", "public/build", True),
        ("public/build", "public", False),
        ("out*", "output", True),
        ("# dist", "dist", False),
        ("", "dist", False),
        ("dist/*\n!dist/keep.html", "dist", False),
        ("*\n!dist/", "dist", False),
        ("*" * 501 + "\ndist", "dist", True),
        ("*" * 501, "dist", False),
    ],
)
def test_covers(project, lines, folder, covered):
    """A folder is ignored when .gitignore says so and makes no exception in it."""
    assert Ignored(project({".gitignore": lines})).covers(folder) is covered
