from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid

import psutil
import pytest

from autoresearch_ci.executors.process_tree import sweep
from benchmarks.containment.attacks import left_in

SESSION = "MARKED"


def kill_marked(session):
    """Sweep until nothing is left; how many processes that were."""
    killed = set()
    while pids := sweep(SESSION, session):
        killed.update(pids)
        time.sleep(0.005)
    return len(killed)


@pytest.fixture
def session():
    return uuid.uuid4().hex


def started(shell, session, folder):
    """A command as a dead harness leaves it: in its own session, marked."""
    process = subprocess.Popen(
        ["sh", "-c", shell],
        cwd=folder,
        env={**os.environ, SESSION: session},
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    return process


def test_what_a_dead_session_left_is_killed(session, tmp_path):
    """Recovery kills what an experiment left: marked, below a marked one, or in its session."""
    folder = tmp_path.resolve()
    shell = (
        "env -i sleep 1000 & setsid sleep 1000 & env -i setsid sleep 1000 &"
        "trap '' TERM; sleep 0.2; echo on; wait"
    )
    process = started(shell, session, folder)
    assert len(left_in(folder)) == 4
    assert kill_marked(session) == 4
    process.wait()
    process.stdout.close()
    assert not left_in(folder)


def test_an_orphan_without_its_environment_is_found_by_its_session(session, tmp_path):
    """What dropped marker and parents, but not its session, is killed with what is still marked."""
    folder = tmp_path.resolve()
    process = started("(env -i sleep 1000 & sleep 1000 &); sleep 0.1; echo on", session, folder)
    process.wait()
    process.stdout.close()
    assert len(left_in(folder)) == 2
    assert kill_marked(session) == 2
    assert not left_in(folder)


def test_others_live(session, tmp_path):
    """Recovery kills nothing of other sessions, and says so."""
    process = started("echo on; exec sleep 1000", session, tmp_path)
    assert kill_marked(session[:-1]) == 0
    assert kill_marked(uuid.uuid4().hex) == 0
    assert process.poll() is None
    assert kill_marked(session) == 1
    process.wait()
    process.stdout.close()


def test_recovery_never_kills_itself(session, tmp_path):
    """A recovery that is itself marked, and what started it, live."""
    source = (
        f"from autoresearch_ci.executors.process_tree import sweep; sweep({SESSION!r}, {session!r})"
    )
    shell = f"{sys.executable} -c '{source}'; echo alive"
    done = subprocess.run(
        ["sh", "-c", shell],
        env={**os.environ, SESSION: session},
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "alive\n"


def test_a_zombie_is_not_alive(session, tmp_path):
    """A process that is dead and not yet collected does not hold recovery up."""
    process = started("echo on", session, tmp_path)
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert kill_marked(session) == 0
    process.wait()
    process.stdout.close()
