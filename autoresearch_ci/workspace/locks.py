"""Our own locks, which tell who is at work here, and those that a killed git left behind."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from autoresearch_ci.core.errors import LockedError, WorkspaceError
from autoresearch_ci.workspace.files import disk_errors

_PATIENCE = 1.0


@contextmanager
def held(paths: Iterable[tuple[Path, str]], *, shared: bool = False) -> Iterator[None]:
    """Hold every lock file, each with what it stands for in a message.

    With `shared` beside others that hold it so, and then it names nobody.

    The kernel frees a lock with the process that holds it, so a dead one holds
    none; the number in the file is only for the message.
    """
    with ExitStack() as stack:
        for path, what in paths:
            with disk_errors(f"lock {path}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            stack.callback(os.close, fd)
            try:
                fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
                raise LockedError(
                    f"{what} is held by process {pid}.",
                    remedy="Wait for that session to end, or end it: `autoresearch-ci stop` lets "
                    "it finish its experiment, `autoresearch-ci stop --now` does not.",
                ) from None
            if not shared:
                os.ftruncate(fd, 0)
                os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield


def is_held(path: Path) -> bool:
    """Tell whether a live process holds the lock file; asking does not disturb it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def holder(path: Path) -> int | None:
    """The process that holds the lock file; None when nobody does."""
    if not is_held(path):
        return None
    number = path.read_text(errors="replace").strip()
    return int(number) if number.isdecimal() else None


def clear_stale(locks: Iterable[Path], root: Path, git_dir: Path) -> list[Path]:
    """Delete git's lock files that no live process can own; returns those deleted.

    A git that was killed leaves its `.lock` behind. One that is alive, such as an
    editor's `git status`, is waited for, and then refused.
    """
    present = [lock for lock in locks if os.path.lexists(lock)]
    deadline = time.monotonic() + _PATIENCE
    while present and (owner := _owner(present, root, git_dir)) is not None:
        if time.monotonic() > deadline:
            raise WorkspaceError(
                f"Another git command (process {owner}) holds {present[0]}.",
                remedy=f"Wait for it to end, or stop it with `kill {owner}`; then run again.",
            )
        time.sleep(0.05)
        present = [lock for lock in present if os.path.lexists(lock)]
    for lock in present:
        with suppress(FileNotFoundError):
            lock.unlink()
    return present


def _owner(locks: list[Path], root: Path, git_dir: Path) -> int | None:
    import psutil  # noqa: PLC0415 -- slow to import, needed only after a kill

    names = {str(lock) for lock in locks}
    for process in psutil.process_iter(["name", "cwd"]):
        cwd = process.info["cwd"] or ""
        if (process.info["name"] or "").startswith("git") and process.pid != os.getpid():
            inside = any(cwd == str(at) or cwd.startswith(f"{at}/") for at in (root, git_dir))
            if inside and process.status() != psutil.STATUS_ZOMBIE:
                return int(process.pid)
            with suppress(psutil.Error):
                if any(opened.path in names for opened in process.open_files()):
                    return int(process.pid)
    return None


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
