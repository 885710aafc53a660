"""What stands against overlays on a machine, and what a person can do about it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoresearch_ci.trees import Base, overlay
from autoresearch_ci.trees.layers import make_parents, names
from tests.projects import make_repository


@pytest.fixture
def two_deep(tmp_path) -> Iterator[Path]:
    """A folder on an overlay whose lower layer is an overlay."""
    below = tmp_path / "below"
    below.mkdir()
    with ExitStack() as mounted:
        for number in range(2):
            disk, top = tmp_path / f"disk{number}", tmp_path / f"top{number}"
            disk.mkdir()
            top.mkdir()
            _mount(mounted, "tmpfs", disk, "size=16m")
            for name in ("upper", "work"):
                (disk / name).mkdir()
            _mount(
                mounted, "overlay", top,
                f"lowerdir={below},upperdir={disk}/upper,workdir={disk}/work",
            )  # fmt: skip
            below = top
        yield below


def _mount(mounted: ExitStack, kind: str, at: Path, options: str) -> None:
    words = ["mount", "-t", kind, kind, "-o", options, at]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip(f"NOT RUN: {kind} cannot be mounted here")
    mounted.callback(subprocess.run, ["umount", at], check=True)


def test_a_project_two_overlays_deep(two_deep, tmp_path):
    """The kernel puts no third one on top, wherever the layers lie: another level is the remedy."""
    root = make_repository(two_deep / "project", {"solve.py": "print(1)\n"})
    (place := tmp_path / "place").mkdir()
    found = overlay.obstacle(Base(root, place, None, "HEAD"))
    assert found.remedy.startswith("Set `isolation: copy`")
    assert "TMPDIR" not in found.remedy
    assert found.reason.endswith("for layers): Invalid argument")


def test_a_folder_of_the_users_that_is_closed_stays_so(tmp_path, monkeypatch):
    """A run's own folders are opened to be read; the user's, which lie below them, never are."""
    (tmp_path / "mine").mkdir()

    def refused(path):
        raise PermissionError(errno.EACCES, "closed", path)

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(os, "chmod", lambda *_: pytest.fail("the user's mode was changed"))
    assert names([str(tmp_path / "mine")]) == set()


def test_what_the_user_deletes_meanwhile_is_no_trouble(tmp_path):
    """Folders come and go in a checkout that somebody works in."""
    assert names([str(tmp_path / "gone")]) == set()
    make_parents(str(tmp_path), "a/b", [str(tmp_path / "gone")])
    assert (tmp_path / "a").is_dir()
