"""Find and end everything that a command started, whatever it did to hide.

On Linux we ask the kernel to hand orphans back to us. Then the command's
processes are our children that are not in our own session, and all below them:
no process can enter a session from outside, and the command was given a new
one, so a child of ours in our session is the harness's own. This finds
processes that changed session, group, name, parent and environment. Where the
kernel does not do that, `search` does what can be done.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from autoresearch_ci.core.errors import MachineError

RUN_ID = "AUTORESEARCH_RUN_ID"

LONGEST_SWEEP = 10.0  # seconds of SIGKILL after which a process counts as unkillable
_SET_DUMPABLE, _SET_SUBREAPER = 4, 36  # <linux/prctl.h>


@contextlib.contextmanager
def adopting() -> Iterator[bool]:
    """While open, orphans among our descendants become our children; False if they cannot."""
    if not _CHILDREN_FILE.exists() or not _adopt(1):
        yield False
        return
    try:
        yield True
    finally:
        _adopt(0)  # the daemons that git leaves behind are none of our business


_CHILDREN_FILE = Path("/proc/thread-self/children")


def _adopt(flag: int) -> bool:
    return bool(_libc().prctl(_SET_SUBREAPER, flag, 0, 0, 0) == 0)


@functools.cache
def hide() -> None:
    """Close our memory and our environment, where credentials are, to processes of our own user.

    Linux only. It holds for /proc/PID/environ, mem and fd and for debuggers, but not against
    a superuser who may trace any process, and not for what started us.
    """
    if _CHILDREN_FILE.exists():
        _libc().prctl(_SET_DUMPABLE, 0, 0, 0, 0)


@functools.cache
def _libc() -> Any:
    import ctypes  # noqa: PLC0415 - slow to import, needed at the first run only

    return ctypes.CDLL(None)


class Tree(ABC):
    """The processes of one run, from before its first process is started.

    `leader` is set to that process's id once there is one, `ended` to its wait
    status (None when it was lost) and resource usage once it has been reaped.
    """

    def __init__(self, run_id: str) -> None:
        self.leader: int | None = None
        self.ended: tuple[int | None, Any] | None = None
        self.run_id = run_id
        # The second net: kills what has the run's marker, and says what that was.
        self.sweep_marked: Callable[[], list[int]] = list
        self._resisted = False  # there was something to end, so the second net is worth its time

    @abstractmethod
    def members(self) -> list[int]:
        """Everything of this run that is alive, parents before their children."""

    @abstractmethod
    def reap(self) -> None:
        """Collect those of our dead children that belong to the run."""

    def signal(self, number: int) -> None:
        self._resisted = True
        send(self.members(), number)

    def destroy(self) -> None:
        """SIGKILL until nothing is left; MachineError when something cannot be killed."""
        give_up = time.monotonic() + LONGEST_SWEEP
        pause = 0.0005
        while True:
            self.reap()
            pids = self.members()
            if pids:
                send(pids, signal.SIGKILL)
            elif not self._resisted or not (pids := self.sweep_marked()):
                self._resisted = False
                return
            self._resisted = True
            if time.monotonic() > give_up:
                raise unkillable(pids)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)

    def _wait(self, pid: int) -> None:
        status: int | None
        try:
            found, status, usage = os.wait4(pid, os.WNOHANG)
        except ChildProcessError:  # somebody else collected it, or SIGCHLD is ignored
            found, status, usage = pid, None, None
        if found and pid == self.leader:
            self.ended = (status, usage)


class AdoptedTree(Tree):
    """A tree whose orphans come back to us: exact, and cheap when nothing is left.

    `second_net` kills what has the run's marker and says what that was.
    """

    def __init__(self, run_id: str, second_net: Callable[[], list[int]]) -> None:
        super().__init__(run_id)
        self.sweep_marked = second_net
        self._session = os.getsid(0)
        self._before = {(pid, _started(pid)) for pid in children(os.getpid())}

    def reap(self) -> None:
        roots = self.roots()
        if self.leader is not None and self.ended is None and self.leader not in roots:
            roots.append(self.leader)  # gone without our waiting for it
        for pid in roots:
            self._wait(pid)

    def roots(self) -> list[int]:
        """Our children that are the command's: its leader and its orphans."""
        return [pid for pid in children(os.getpid()) if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        try:
            return os.getsid(pid) != self._session and (
                not self._before or (pid, _started(pid)) not in self._before
            )
        except ProcessLookupError:
            return False

    def members(self) -> list[int]:
        found = self.roots()
        for pid in found:  # grows under way
            found += children(pid)
        return found


def unkillable(pids: Iterable[int]) -> MachineError:
    """Processes that SIGKILL does not end: another user's, or ones stuck in the kernel."""
    return MachineError(
        f"The experiment's processes {sorted(pids)} cannot be killed.",
        remedy="End them as the user they belong to, or restart the machine; then start again.",
    )


def send(pids: Iterable[int], number: int) -> None:
    """Signal whole groups first, which no fork can slip out of, then each process."""
    pids = list(pids)
    groups = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            groups.add(os.getpgid(pid))
    for group in groups - {os.getpgrp()}:
        with contextlib.suppress(OSError):
            os.killpg(group, number)
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def children(pid: int) -> list[int]:
    """The children of a process, those of all its threads; none of one that is gone."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - in the path of every run
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/task/{task}/children").read_bytes()
                found += [int(child) for child in text.split()]
    return found


def _started(pid: int) -> bytes:
    """The start of a process, in the kernel's words: tells a reused id apart."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19]
    except (OSError, IndexError):
        return b""


class SearchedTree(Tree):
    """Anywhere: what has been seen as a descendant, its sessions, and the marker."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self._seen: dict[int, psutil.Process] = {}

    def reap(self) -> None:
        if self.leader is not None and self.ended is None:
            self._wait(self.leader)

    def members(self) -> list[int]:
        found = _look(RUN_ID, self.run_id)
        seeds = {
            pid for pid, one in found.items() if one.marked or self._seen.get(pid) == one.process
        }
        if self.leader in found and self.ended is None:
            seeds.add(self.leader)
        family = _family(found, seeds)
        self._seen |= {pid: found[pid].process for pid in family}
        return sorted(family)


def sweep(name: str, value: str) -> list[int]:
    """One sweep of SIGKILL over what has NAME=value in its variables, and its kin; their ids.

    These are every such process of this user, everything below it, and everything in a session
    that one of them leads. Never this process or its ancestors. What dropped its variables,
    its session and its parents cannot be told from any other.
    """
    found = _look(name, value)
    pids = sorted(_family(found, {pid for pid, one in found.items() if one.marked}))
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return pids


@dataclass(frozen=True, slots=True)
class _Found:
    process: psutil.Process
    parent: int
    session: int
    marked: bool


def _look(name: str, value: str) -> dict[int, _Found]:
    """Every living process but ourselves, our ancestors and what shares their sessions."""
    me = psutil.Process()
    spared = set()
    for relative in (me, *me.parents()):
        with contextlib.suppress(OSError):
            spared.add(os.getsid(relative.pid))
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            session = os.getsid(process.pid)
            if session in spared or process.status() == psutil.STATUS_ZOMBIE:
                continue
            marked = _is_marked(process, name, value)
            found[process.pid] = _Found(process, process.ppid(), session, marked)
    return found


def _is_marked(process: psutil.Process, name: str, value: str) -> bool:
    try:
        return process.uids().real == os.getuid() and process.environ().get(name) == value
    except (psutil.Error, OSError):  # not ours to read
        return False


def _family(found: dict[int, _Found], seeds: set[int]) -> set[int]:
    """The seeds, all below them, and the sessions that they lead or whose leader is gone."""
    family = set(seeds)
    while True:
        sessions = {found[pid].session for pid in family}
        sessions = {session for session in sessions if session in family or session not in found}
        more = {
            pid for pid, one in found.items() if one.parent in family or one.session in sessions
        }
        if more <= family:
            return family
        family |= more
