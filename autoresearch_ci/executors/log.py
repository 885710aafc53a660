"""Outputs of commands: a log of limited size, or the first bytes in memory."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.files import as_its_folder

_CAPTURED = 64 * 1024
_MOST_TAIL = 16 * 1024 * 1024  # the tail passes through memory once, at the end


class Capture:
    """The first 64 KiB of a stream; the rest is dropped."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: memoryview) -> None:
        self._kept += data[: _CAPTURED - len(self._kept)]

    def text(self) -> str:
        return self._kept.decode("utf-8", errors="replace")


class CappedLog:
    """A file that keeps the head and the tail of what is written to it.

    The head goes to the file as it comes. When `limit` bytes are reached, writing
    goes round in the last part of the file, which `finish` puts in order behind
    one line that counts what is not kept. So the file is never larger than
    `limit` and that line, and shows what has come so far at any time.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._tail_size = min(limit // 2, _MOST_TAIL)
        self._head_size = limit - self._tail_size
        self._written = 0
        self._file = _made_anew(path)

    def write(self, data: memoryview) -> None:
        while data:
            taken = self._write_some(data)
            self._written += taken
            data = data[taken:]

    def _write_some(self, data: memoryview) -> int:
        past_head = self._written - self._head_size
        if past_head < self._tail_size:
            # Appending: a command that writes to the log by itself as well overwrites nothing.
            return os.write(self._file, data[: self._tail_size - past_head])
        at = past_head % self._tail_size if self._tail_size else 0
        if past_head == self._tail_size:
            self._start_going_round()
        if not self._tail_size:
            return len(data)
        return os.pwrite(self._file, data[: self._tail_size - at], self._head_size + at)

    def _start_going_round(self) -> None:
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        fcntl.fcntl(self._file, fcntl.F_SETFL, flags & ~os.O_APPEND)

    def finish(self) -> str:
        """Put head, the line of what is missing, and tail in order; close; the last 64 KiB."""
        try:
            lost = self._written - self._head_size - self._tail_size
            if lost > 0:
                split = (
                    (self._written - self._head_size) % self._tail_size if self._tail_size else 0
                )
                ring = os.pread(self._file, self._tail_size, self._head_size)
                line = f"\n[... {lost:,} bytes not kept ...]\n".encode()
                os.lseek(self._file, self._head_size, os.SEEK_SET)
                for part in (line, ring[split:], ring[:split]):
                    _write_all(self._file, part)
            self._restore()
            start = max(os.fstat(self._file).st_size - _CAPTURED, 0)
            return os.pread(self._file, _CAPTURED, start).decode("utf-8", errors="replace")
        finally:
            os.close(self._file)

    def _restore(self) -> None:
        """Give the log its name again where the command removed it."""
        if not self._written or os.path.lexists(self._path) or not self._path.parent.is_dir():
            return
        copy = _made_anew(self._path)
        try:
            at = 0
            while data := os.pread(self._file, 1 << 20, at):
                _write_all(copy, data)
                at += len(data)
        finally:
            os.close(copy)


@contextmanager
def log_trouble(path: Path | None) -> Iterator[None]:
    """Turns what the machine has against writing the log into a MachineError."""
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"The log {path} cannot be written: {error.strerror}.", remedy=_remedy(error, path)
        ) from error


def _remedy(error: OSError, path: Path | None) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space on the device, then start again."
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return (
            "Close other programs or raise the limit of open files (ulimit -n), then start again."
        )
    if path is None:
        return "Start again."
    if error.errno in (errno.EISDIR, errno.EPERM) and path.is_dir():
        return f"Move the folder {path} away, then start again."
    return f"Make {path.parent} writable for this user, then start again."


def _made_anew(path: Path) -> int:
    # In place where it is a plain file of its own, so that `tail -f` stays with it. Anything
    # else an experiment may have put there would lead the writing astray.
    flags = os.O_RDWR | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        found = path.lstat()
    except FileNotFoundError:
        flags |= os.O_CREAT | os.O_EXCL
    else:
        device = stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode)
        if not device and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1):
            path.unlink()
            flags |= os.O_CREAT | os.O_EXCL
    # O_CREAT on a file that is there is refused in a sticky folder where that is somebody else's,
    # even to root (fs.protected_regular).
    file = os.open(path, flags, 0o644)
    as_its_folder(path, file)  # `> run.log` in a command writes to it by itself
    return file


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
