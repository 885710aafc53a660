"""Files that are put into a tree which others write to."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from autoresearch_ci.workspace.files import write_atomic


def put(to, scratch):
    write_atomic(str(to), b"good", mode=0o640, scratch=scratch)


@pytest.fixture
def places(tmp_path):
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    for folder in (tree, scratch):
        folder.mkdir()
    return tree, scratch


@pytest.fixture
def other_disk(monkeypatch, places):
    """The tree is on another disk than our own folder."""
    _, scratch = places
    rename = os.replace

    def replace(old, new):
        if Path(old).parent == scratch:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(old, new)

    monkeypatch.setattr(os, "replace", replace)


@pytest.mark.usefixtures("other_disk")
def test_a_link_where_the_temporary_file_would_be(places):
    """From another disk the file comes by way of the tree, and no link there leads the bytes away."""
    tree, scratch = places
    victim = tree.parent / "victim"
    victim.write_text("theirs")
    for number in (os.getpid(), os.getppid()):
        (tree / f".autoresearch-{number}.tmp").symlink_to(victim)
    put(tree / "file", scratch)
    assert (tree / "file").read_bytes() == b"good"
    assert (tree / "file").stat().st_mode & 0o777 == 0o640
    assert not (tree / "file").is_symlink()
    assert victim.read_text() == "theirs"
    assert victim.stat().st_mode & 0o777 != 0o640


def test_a_link_at_the_place_itself(places):
    """It is replaced, and what it led to stays as it is."""
    tree, scratch = places
    victim = tree.parent / "victim"
    victim.write_text("theirs")
    (tree / "file").symlink_to(victim)
    put(tree / "file", scratch)
    assert not (tree / "file").is_symlink()
    assert victim.read_text() == "theirs"


def test_what_cannot_be_put_there(places):
    """The disk's word comes out, and no temporary file stays."""
    tree, scratch = places
    (tree / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        put(tree / "file", scratch)
    assert not list(scratch.iterdir())
    assert [path.name for path in tree.iterdir()] == ["file"]
