"""Our own files are there whole or not at all."""

from __future__ import annotations

import pytest

from autoresearch_ci.workspace.files import write_atomic


def test_a_file_is_replaced(tmp_path):
    """A link in its place is replaced, too, and what it led to stays as it is."""
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    (tmp_path / "file").symlink_to(victim)
    for data in (b"good", b"better"):
        write_atomic(tmp_path / "file", data)
        assert (tmp_path / "file").read_bytes() == data
    assert not (tmp_path / "file").is_symlink()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert victim.read_text() == "theirs"


def test_what_cannot_be_put_there(tmp_path):
    """The disk's word comes out, and no temporary file stays."""
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "file", b"good")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
