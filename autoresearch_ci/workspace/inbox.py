"""Lines left for the session that is at work on a campaign, or for the next one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.workspace.files import disk_errors

MOST = 64 * 1024
"""Bytes that are read at once: an experiment could fill the file as well."""


class Inbox:
    """A file that any process appends lines to and one empties. Only lock holders touch it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, line: bytes) -> None:
        """Leave a line."""
        with self._locked(), open(self._path, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def taken(self) -> Iterator[list[bytes]]:
        """The lines; they are gone when the block ends well, so a kill loses none."""
        try:
            os.lstat(self._path)
        except OSError:
            yield []
            return
        with self._locked():
            with open(self._path, "rb") as file:
                data = file.read(MOST)
            yield data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
            os.unlink(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with disk_errors(f"use {self._path}"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
