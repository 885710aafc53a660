from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.campaign.ledger.guarded_file import GuardedFile
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.executors.log import CappedLog, Capture, log_trouble


def write(log, *chunks):
    for chunk in chunks:
        log.write(memoryview(chunk))


def test_short_output_is_kept_whole(tmp_path):
    """Output below the limit is in the log as it was written."""
    log = CappedLog(tmp_path / "run.log", 100)
    write(log, b"one\n", b"two\n")
    assert log.finish() == "one\ntwo\n"
    assert (tmp_path / "run.log").read_bytes() == b"one\ntwo\n"


@given(
    limit=st.integers(0, 40),
    chunks=st.lists(st.binary(min_size=1, max_size=30), max_size=12),
)
def test_head_and_tail_are_kept(tmp_path_factory, limit, chunks):
    """Whatever is written in whatever pieces, head and tail are there and the middle is counted."""
    path = tmp_path_factory.mktemp("log") / "run.log"
    whole = b"".join(chunks)
    log = CappedLog(path, limit)
    write(log, *chunks)
    assert path.stat().st_size <= limit
    log.finish()
    tail = limit // 2
    head = limit - tail
    if len(whole) <= limit:
        assert path.read_bytes() == whole
    else:
        line = f"\n[... {len(whole) - limit:,} bytes not kept ...]\n".encode()
        assert path.read_bytes() == whole[:head] + line + whole[len(whole) - tail :]


def test_output_is_visible_at_once(tmp_path):
    """What has been written so far can be read while the run goes on."""
    log = CappedLog(tmp_path / "run.log", 100)
    write(log, b"step 1\n")
    assert (tmp_path / "run.log").read_bytes() == b"step 1\n"
    log.finish()


def test_a_log_is_made_anew_in_place(tmp_path):
    """A new run empties the log and keeps the file, so that `tail -f` stays with it."""
    path = tmp_path / "run.log"
    path.write_text("old")
    before = path.stat().st_ino
    CappedLog(path, 100).finish()
    assert path.read_bytes() == b""
    assert path.stat().st_ino == before


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "fifo"])
def test_nothing_behind_the_name_is_written_to(tmp_path, kind):
    """A link or a pipe that an experiment left in the log's place leads the log nowhere else."""
    path, other = tmp_path / "run.log", tmp_path / "precious"
    other.write_text("precious")
    if kind == "symlink":
        path.symlink_to(other)
    elif kind == "hardlink":
        path.hardlink_to(other)
    else:
        os.mkfifo(path)
    log = CappedLog(path, 100)
    write(log, b"hello")
    log.finish()
    assert other.read_text() == "precious"
    assert path.read_text() == "hello"
    assert not path.is_symlink()


def test_a_log_that_was_removed_comes_back(tmp_path):
    """A command that deletes its own log does not lose it."""
    path = tmp_path / "run.log"
    log = CappedLog(path, 100)
    write(log, b"hello")
    path.unlink()
    log.finish()
    assert path.read_text() == "hello"


def test_a_command_that_writes_its_log_itself_loses_nothing(tmp_path):
    """What a command writes to its own log file is not overwritten by what it prints."""
    path = tmp_path / "run.log"
    log = CappedLog(path, 1000)
    path.write_text("val_bpb: 0.99\n")
    write(log, b"printed\n")
    log.finish()
    assert path.read_text() == "val_bpb: 0.99\nprinted\n"


def test_a_full_device_is_the_machines_trouble(tmp_path):
    """No space left for the log is an error that says to free some."""
    path = tmp_path / "run.log"
    with pytest.raises(MachineError, match="cannot be written") as caught, log_trouble(path):
        raise OSError(28, os.strerror(28))
    assert "Free some space" in caught.value.remedy


def test_a_folder_in_the_logs_place(tmp_path):
    """A folder where the log should be is an error that says to move it."""
    (tmp_path / "run.log").mkdir()
    with pytest.raises(MachineError) as caught, log_trouble(tmp_path / "run.log"):
        CappedLog(tmp_path / "run.log", 100)
    assert "Move the folder" in caught.value.remedy


def test_capture_keeps_the_first_64_kib():
    """Output that is returned is limited to its first 64 KiB, and always text."""
    capture = Capture()
    for _ in range(3):
        capture.write(memoryview(b"\xff" + b"x" * 40_000))
    assert len(capture.text()) == 64 * 1024
    assert capture.text()[0] == "\N{REPLACEMENT CHARACTER}"


def test_a_log_that_is_there_is_not_asked_to_be_made(tmp_path, monkeypatch):
    """In a sticky folder a kernel may refuse that for somebody else's file, even to root."""
    asked = []

    def opened(path, flags, *more):
        asked.append((os.path.lexists(path), flags))
        return really(path, flags, *more)

    really = os.open
    monkeypatch.setattr(os, "open", opened)
    for _ in range(2):
        CappedLog(tmp_path / "run.log", 100).finish()
    book = GuardedFile(tmp_path / "results.tsv", durable=False)
    for _ in range(2):
        book.append(b"a line\n")
    assert sum(there for there, _ in asked) == 2
    assert not any(there and flags & os.O_CREAT for there, flags in asked)
