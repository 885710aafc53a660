"""Files that are put into a tree which an experiment has had."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from autoresearch_ci.workspace.files import copy_atomic, write_atomic

PUT = {
    "write": lambda to, scratch: write_atomic(str(to), b"good", mode=0o640, scratch=scratch),
    "copy": lambda to, scratch: copy_atomic(str(scratch / "good"), str(to), mode=0o640, scratch=scratch),
}  # fmt: skip


@pytest.fixture
def places(tmp_path):
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    for folder in (tree, scratch):
        folder.mkdir()
    (scratch / "good").write_bytes(b"good")
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


@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
@pytest.mark.usefixtures("other_disk")
def test_a_link_where_the_temporary_file_would_be(places, put):
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


@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
def test_a_link_at_the_place_itself(places, put):
    """It is replaced, and what it led to stays as it is."""
    tree, scratch = places
    victim = tree.parent / "victim"
    victim.write_text("theirs")
    (tree / "file").symlink_to(victim)
    put(tree / "file", scratch)
    assert not (tree / "file").is_symlink()
    assert victim.read_text() == "theirs"


@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
def test_what_cannot_be_put_there(places, put):
    """The disk's word comes out, and no temporary file stays."""
    tree, scratch = places
    (tree / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        put(tree / "file", scratch)
    assert [path.name for path in scratch.iterdir()] == ["good"]
    assert [path.name for path in tree.iterdir()] == ["file"]


def test_a_copy_of_a_link(places):
    """A link in the place of the file that is to be copied is not followed."""
    tree, scratch = places
    (scratch / "link").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic links"):
        copy_atomic(str(scratch / "link"), str(tree / "file"), mode=0o600, scratch=scratch)
    assert not (tree / "file").exists()
