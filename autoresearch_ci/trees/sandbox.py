"""Landlock, another user and seccomp around a command: what needs no privilege, or is given up.

It closes files and sockets where nothing can be mounted, as inside a Docker action.
"""

from __future__ import annotations

import functools
import marshal
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.files import TICK
from autoresearch_ci.executors.local import Start
from autoresearch_ci.executors.users import UMASK
from autoresearch_ci.trees import Network, sandbox_filter

_HELPER = str(Path(__file__).with_name("sandbox_helper.py"))
_MOST_SAID = 4096


@dataclass(frozen=True, slots=True)
class Confinement:
    """The rights of a command.

    `read` and `write` are files, folders and all below them; what is not there is left out.
    With a `user`, an id for which we have to be root, it runs as that user and group alone.
    It begins when files that change have a later time than `after`, in nanoseconds.
    """

    read: Sequence[Path]
    write: Sequence[Path]
    network: Network
    user: int | None = None
    after: int = 0


@contextmanager
def confined(wanted: Confinement, env: Mapping[str, str]) -> Iterator[Start]:
    """Within, a command may be started once, and gets `env`.

    In the end MachineError where it could not be confined; then it never began. Elsewhere than
    on Linux nothing confines it.
    """
    if sys.platform != "linux":
        time.sleep(TICK / 1e9)
        yield Start((), (), dict(env))
        return
    said_by, says = os.pipe()
    try:
        with tempfile.TemporaryFile() as given:  # of any size, and nobody sees the variables
            given.write(_for_helper(wanted, env))
            given.seek(0)
            words = (sys.executable, "-I", "-S", _HELPER, str(given.fileno()), str(says))
            yield Start(words, (given.fileno(), says), {})
        os.set_blocking(said_by, False)
        if trouble := _read(said_by).decode(errors="replace"):
            raise MachineError(
                f"A command cannot be put into its sandbox: {trouble}.",
                remedy="Set `isolation` to another level, or use a newer kernel.",
            )
    finally:
        os.close(said_by)
        os.close(says)


def _for_helper(wanted: Confinement, env: Mapping[str, str]) -> bytes:
    code = sandbox_filter.build(wanted.network) if sandbox_filter.is_supported() else b""
    return marshal.dumps(
        {
            "read": [str(path) for path in wanted.read],
            "write": [str(path) for path in wanted.write],
            "network": wanted.network is Network.HOST,
            "user": wanted.user,
            "umask": UMASK,
            "filter": code,
            "after": wanted.after,
            "env": dict(env),
        }
    )


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _MOST_SAID)
    except BlockingIOError:
        return b""


@functools.cache
def landlock_version() -> int:
    """Return the version of Landlock's interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    from autoresearch_ci.trees import sandbox_helper  # noqa: PLC0415 - loads the C library

    return sandbox_helper.landlock_version()


_ALL_FILES, _SCOPES = 3, 6


def weaknesses(user: int | None) -> tuple[str, ...]:
    """Return what a command confined as this user can get at here and should not."""
    version, found = landlock_version(), []
    if not version:
        found.append("files that this machine's users may read, since the kernel has no Landlock")
    elif version < _ALL_FILES:
        found.append("the length of the user's files, since the kernel's Landlock is too old")
    if version < _SCOPES:
        found.append("abstract sockets of other programs, since the kernel is older than 6.12")
        if user is None:
            found.append("signals to this user's processes, since the kernel is older than 6.12")
    if not sandbox_filter.is_supported():
        found.append("the network and other processes, since there is no filter for this processor")
    if user is None:
        found.append(
            "sockets, times and modes of this user's files, and `/dev/shm`, since commands run as "
            "the same user; start as root, so that they get a user of their own"
        )
    return tuple(found)
