"""No cache that goes by size and time takes one content of the target for another."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from autoresearch_ci.workspace.times import Times

from autoresearch_ci.core.model import Side, Status
from tests.projects import experiments, hold, make_repository

SECOND = 1_000_000_000


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "t.py"
    path.write_text("x = 10\n")
    return path


def test_contents_of_one_size_are_seconds_apart(file):
    """Whatever takes turns within a second, size and whole second name one content only."""
    times, seen = Times(str(file)), {}
    for content in ("x = 10\n", "x = 20\n", "x = 300\n", "x = 10\n", "x = 20\n", "x = 400\n") * 3:
        file.write_text(content)
        times.stamp()
        st = file.stat()
        assert seen.setdefault((st.st_size, st.st_mtime_ns // SECOND), content) == content


def test_what_is_shown_is_always_newer(file):
    """A build that goes by what is newer is made again for each content."""
    times, shown = Times(str(file)), []
    for content in ("x = 20\n", "x = 300\n", "x = 10\n", "x = 10\n") * 3:
        file.write_text(content)
        now = file.stat().st_mtime_ns
        times.stamp()
        shown.append(file.stat().st_mtime_ns)
        assert shown[-1] >= now - SECOND // 100
    assert all(before < after for before, after in pairwise(shown))


def test_the_time_that_a_session_finds_is_taken(file):
    """What an earlier session, or the user, ran at that time may be in a cache still."""
    ahead = file.stat().st_mtime_ns + 5 * SECOND
    os.utime(file, ns=(ahead, ahead))
    times = Times(str(file))
    assert not times.settle()
    assert file.stat().st_mtime_ns == ahead
    file.write_text("x = 20\n")
    assert times.settle()
    assert file.stat().st_mtime_ns // SECOND == ahead // SECOND + 1


TARGET = "WIDTH = 30\nprint('score:', WIDTH)\n"
RUN = f"PYTHONPYCACHEPREFIX=.git/cache {sys.executable} -c 'import train'"


def test_a_change_that_a_cache_would_hide_is_judged_by_what_it_does(tmp_path):
    """With Python's compiled files kept elsewhere, a worse change of equal length is no keep."""
    project = make_repository(tmp_path / "p", {"train.py": TARGET, ".gitignore": "__pycache__/\n"})
    settings = {
        "target_file": "train.py",
        "run_command": RUN,
        "metric_name": "score",
        "metric_parse": "awk '{ print $2 }' run.log",
    }
    ideas = [(str(n), TARGET.replace("30", str(n))) for n in (10, 90, 20, 30, 70, 11)]
    _, *tried = experiments(hold(project, ideas, **settings))
    assert [e.value for e in tried] == [10, 90, 20, 30, 70, 11]
    kept = [e.value for e in tried if e.status is Status.KEEP]
    assert kept == [10]
    assert all(s.value == 10 for e in tried[1:] for s in e.samples if s.side is Side.INCUMBENT)
    # Back on the user's branch their program is theirs.
    done = subprocess.run(
        ["sh", "-c", RUN], cwd=project, capture_output=True, check=True, text=True
    )
    assert done.stdout == "score: 30\n"
