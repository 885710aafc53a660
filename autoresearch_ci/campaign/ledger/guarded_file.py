"""A file that only the harness writes."""

from __future__ import annotations

import io
import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.interrupts import deferred

Signature = tuple[int, int, int, int]

_TICK = 20_000_000
"""Nanoseconds within which a filesystem may give two changes the same time."""


class GuardedFile:
    """Appended to, whole or not at all, and put back when anybody else changed it.

    What belongs in it is kept in memory, where no experiment can reach it. A
    `durable` file is on the disk when `append` returns, and no kill or full disk
    costs what it held before.
    Writing raises MachineError.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        self._durable = durable
        path.parent.mkdir(parents=True, exist_ok=True)
        self._new = path.with_name(f".{path.name}.new")
        self._new.unlink(missing_ok=True)  # from a kill
        self._content = bytearray(path.read_bytes() if path.exists() else b"")
        self._signature = _sign(path)

    @property
    def content(self) -> bytes:
        return bytes(self._content)

    def append(self, data: bytes) -> None:
        """Add to the end."""
        if not self._looks_untouched():
            self._put_back()
        with deferred():
            try:
                with open(self.path, "ab", buffering=0, opener=self._opened) as file:
                    self._write(file, data)
            except OSError as error:
                # Half a line would look like a torn tail; leave none behind.
                with suppress(OSError):
                    os.truncate(self.path, len(self._content))
                self._signature = _sign(self.path)
                raise self._failed(error) from error
            self._content += data
            self._signature = _sign(self.path)

    def replace(self, data: bytes) -> None:
        """Make this the whole content, in one step where the file is durable."""
        made = self._new if self._durable else self.path
        with deferred():
            try:
                made.unlink(missing_ok=True)
                with open(made, "xb", buffering=0, opener=self._made) as file:
                    self._write(file, data)
                if made != self.path:
                    made.replace(self.path)
            except OSError as error:
                with suppress(OSError):
                    made.unlink()
                raise self._failed(error) from error
            self._content = bytearray(data)
            self._signature = _sign(self.path)

    def _put_back(self) -> None:
        """Restore the file if it is not as we left it."""
        now = _signature(self.path)
        if now and stat.S_ISREG(now[0]) and self.path.read_bytes() == self._content:
            self._signature = _sign(self.path)
            return
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.replace(self.content)

    def _looks_untouched(self) -> bool:
        """Tell whether a glance finds nothing: to read a long log each time would cost too much."""
        now, left = _signature(self.path), self._signature
        if now is None or left is None:
            return now is left
        return now[:3] == left[:3] and left[3] in (now[3], -1)

    def _write(self, file: io.FileIO, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
        if self._durable:
            os.fsync(file.fileno())

    def _opened(self, path: str, flags: int) -> int:
        """Open without O_CREAT what is there: in a sticky folder that is refused for another's."""
        try:
            return os.open(path, flags & ~os.O_CREAT)
        except FileNotFoundError:
            return self._made(path, flags | os.O_EXCL)

    def _made(self, path: str, flags: int) -> int:
        return os.open(path, flags, 0o644)

    def _failed(self, error: OSError) -> MachineError:
        return MachineError(
            f"{self.path.name} could not be written: {error.strerror}.",
            remedy="Free space on this device, then run again: everything up to the last "
            "finished experiment is safe, and the campaign goes on from there.",
        )


def _signature(path: Path) -> Signature | None:
    """Changes with every write, since no program can set the ctime; None where there is no file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mode, found.st_ino, found.st_size, found.st_ctime_ns


def _sign(path: Path) -> Signature | None:
    """A signature to remember. One of a file that has only just changed equals no other."""
    now = _signature(path)
    if now is None or time.time_ns() - now[3] > _TICK:
        return now
    return (*now[:3], -1)
