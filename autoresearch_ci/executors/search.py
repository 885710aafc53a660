"""Find processes by looking at all of them: by descent, session and marker.

For systems that do not hand orphans back, for what is left of a dead session,
and as a second net. The marker is an environment variable, which is inherited.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass

import psutil

from autoresearch_ci.executors.processes import LONGEST_SWEEP, RUN_ID, Tree, unkillable

SESSION = "AUTORESEARCH_SESSION"


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


def kill_marked(session: str) -> int:
    """Kill what a dead session's experiment left running; how many processes that were.

    For the recovery after a kill -9 of the harness: every process of this user
    whose environment has AUTORESEARCH_SESSION=`session`, everything below it, and
    everything in a session that one of them leads. Never this process or its
    ancestors. A process that dropped its environment, its session and its
    parents before the harness died cannot be told from any other.
    """
    killed: set[int] = set()
    give_up = time.monotonic() + LONGEST_SWEEP
    while pids := sweep(SESSION, session):
        killed.update(pids)
        if time.monotonic() > give_up:
            raise unkillable(pids)
        time.sleep(0.005)
    return len(killed)


def sweep(name: str, value: str) -> list[int]:
    """One sweep of SIGKILL over the processes with NAME=value and their kin; their ids."""
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
