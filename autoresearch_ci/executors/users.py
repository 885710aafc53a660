"""Unprivileged users that commands run as where we are root: user ids that nobody else has."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autoresearch_ci.core.errors import MachineError

UMASK = 0o022
"""We have to be able to read what a user makes, who has no group in common with anybody."""

_FIRST, _COUNT = 61001, 64
"""User ids, and group ids, that nobody has. The first have a name in the Action's image."""


@contextlib.contextmanager
def lease() -> Iterator[int]:
    """Within, a user id is ours alone on this machine. For root. MachineError where all are taken.

    What runs as that user from before is killed.
    """
    for uid in range(_FIRST, _FIRST + _COUNT):
        if (lock := _lock(uid)) is None:
            continue
        try:
            while kill_all_of(uid):
                pass
            yield uid
        finally:
            os.close(lock)
        return
    raise MachineError(
        f"{_COUNT} sessions are at work on this machine, and each needs a user for its runs.",
        remedy="Wait for one to end, then start again.",
    )


def _lock(uid: int) -> int | None:
    folder = Path("/run") if Path("/run").is_dir() else Path(tempfile.gettempdir())
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    lock = os.open(folder / f"autoresearch-user-{uid}.lock", flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def processes_of(uid: int) -> list[int]:
    """All that run as this user, those that are dead and not collected left out.

    `status` is asked, since the owner of a process's folder is root's where it hides itself.
    """
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - nothing but names is needed
        if name.isdecimal():
            with contextlib.suppress(OSError):  # it ended meanwhile
                status = Path(f"/proc/{name}/status").read_bytes()
                ids = re.search(rb"^Uid:\s*(\d+)", status, re.MULTILINE)
                state = re.search(rb"^State:\s*(\w)", status, re.MULTILINE)
                if ids and int(ids[1]) == uid and state and state[1] not in b"ZX":
                    found.append(int(name))
    return found


def kill_all_of(uid: int) -> list[int]:
    """One SIGKILL for everything that runs as this user; the ids of what was found.

    It is sent by a process that is that user, to all that it may signal: the kernel does
    that in one pass, which nothing escapes by forking all the time.
    """
    pids = processes_of(uid)
    if os.geteuid() == 0 and uid > 0:
        words = ["/bin/sh", "-c", "kill -KILL -1"]
        quiet = subprocess.DEVNULL
        subprocess.run(
            words, user=uid, group=uid, extra_groups=[], cwd="/", check=False,
            stdin=quiet, stdout=quiet, stderr=quiet,
        )  # fmt: skip
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return pids
