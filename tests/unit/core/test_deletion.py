"""Deleting whatever there is, and nothing else."""

from __future__ import annotations

import os

import pytest

from autoresearch_ci.core.files import delete


@pytest.mark.git
def test_what_is_deleted(tmp_path):
    """Files, links and closed folders with all below them go, however deep; what links lead to stays."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").touch(0o400)
    theirs.chmod(0o500)
    here = tmp_path / "here"
    (here / "closed" / "inside").mkdir(parents=True)
    (here / "closed" / "inside" / "link").symlink_to(theirs)
    (here / "link").symlink_to(theirs)
    (here / "file").touch()
    (here / "closed").chmod(0)
    before = os.getcwd()  # noqa: PTH109 - to go back to
    os.chdir(here)
    for _ in range(40):
        os.mkdir("d" * 250)  # noqa: PTH102 - a path could not name it
        os.chdir("d" * 250)
    os.chdir(before)
    delete(str(here / name) for name in ("closed", "link", "file", "d" * 250, "nothing"))
    assert list(here.iterdir()) == []
    assert (theirs.stat().st_mode & 0o777, (theirs / "file").stat().st_mode & 0o777) == (
        0o500,
        0o400,
    )
    theirs.chmod(0o700)
