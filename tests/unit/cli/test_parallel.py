"""`run --parallel`: several lanes on one machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from autoresearch_ci.core.model import SessionStart
from tests.projects import SETTINGS, git, look, make_project

pytestmark = pytest.mark.git

TARGET = "A=10\nB=20\nC=30\necho metric: $((A * A + B * B + C * C))\n"
SLOW = {"experiment.sh": ". ./target.txt\n[ $A$B$C = 102030 ] || sleep 60\n"}


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", **{"target.txt": TARGET})


def start(project, *flags, verb="run", first=()):
    """The program at work on the project."""
    settings = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    words = ["--repo", project, *first, verb, "--tag=t", *(settings if verb == "run" else ())]
    return subprocess.Popen(
        [sys.executable, "-m", "autoresearch_ci", *map(str, words), *flags],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(project, *flags, **what):
    """What it printed, and its exit code."""
    with start(project, *flags, **what) as process:
        out, errors = process.communicate(timeout=120)
    return out, errors, process.returncode


def wait_for(condition, process):
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def under_way(project):
    """How many lanes have an experiment under way."""
    logs = project.glob(".git/autoresearch/lanes/t/*/.claude/logs/autoresearch.jsonl")
    return sum("experiment_start" in log.read_text() for log in logs)


def left_behind(project):
    """Refs of lanes, and processes that work on the project."""
    refs = [ref for ref in git(project, "for-each-ref").splitlines() if "lanes" in ref]
    found = subprocess.run(
        ["pgrep", "-f", str(project)], capture_output=True, text=True, check=False
    )
    return refs + found.stdout.split()


def test_lanes_and_what_they_found(project):
    """Two lanes are one stream of lines, keep to one limit, and end as one campaign."""
    out, errors, code = run(project, "--parallel=2", "--max-experiments=5")
    assert (code, errors) == (0, ""), errors
    assert "2 lanes at work" in out
    assert "lane 1: " in out
    assert "lane 2: " in out
    assert "all lanes     " in out
    found = look(project, "t")
    starts = [each for each in found.sessions if isinstance(each, SessionStart)]
    assert [(each.lane, each.lanes) for each in starts if not each.lane] == [(0, 0), (0, 2)]
    assert sorted(each.lane for each in starts) == [0, 0, 1, 2]
    lanes = {each.session for each in starts if each.lane}
    assert sum(each.session in lanes for each in found.history.experiments) == 5
    assert found.history.incumbent.value < 1400
    assert left_behind(project) == []


def test_one_lane_is_a_session(project):
    """With one there is no process but this one, and nothing is combined."""
    out, _, code = run(project, "--parallel=1", "--max-experiments=1")
    assert code == 0
    assert "at work" not in out


def test_json_is_one_stream(project):
    """Every line of standard output is a record; those of all lanes are there, each once."""
    out, _, code = run(project, "--parallel=2", "--max-experiments=4", first=["--json"])
    assert code == 0
    records = [json.loads(line) for line in out.splitlines()]
    made = [
        (r["details"]["session"], r["details"]["experiment"])
        for r in records
        if r["action"] == "experiment_done"
    ]
    assert len(made) == len(set(made)) == look(project, "t").history.next_number


def test_an_interrupt(tmp_path):
    """Ctrl-C reaches every lane; what is under way is undone, what was found is brought together."""
    project = make_project(tmp_path / "project", **{"target.txt": TARGET, **SLOW})
    with start(project, "--parallel=2") as process:
        wait_for(lambda: under_way(project) == 2, process)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    reasons = [each.reason for each in look(project, "t").history.experiments[1:]]
    assert reasons == ["interrupted", "interrupted"]
    assert "stopped" in out
    assert left_behind(project) == []


@pytest.mark.parametrize("flags", [(), ("--now",)])
def test_a_stop(tmp_path, flags):
    """`stop` ends every lane, after its experiment or at once."""
    quick = SLOW["experiment.sh"].replace("60", "2" if not flags else "60")
    project = make_project(tmp_path / "project", **{"target.txt": TARGET, "experiment.sh": quick})
    with start(project, "--parallel=2") as process:
        wait_for(lambda: under_way(project) == 2, process)
        _, errors, code = run(project, *flags, verb="stop")
        assert code == 0, errors
        process.communicate(timeout=60)
    ends = [
        each.reason for each in look(project, "t").sessions if not isinstance(each, SessionStart)
    ]
    assert ends.count("interrupted" if flags else "stopped") >= 2
    assert left_behind(project) == []


def test_pushes_are_the_parents(project, tmp_path):
    """With --push the remote has the campaign's two branches in the end, and no ref of a lane."""
    bare = tmp_path / "bare.git"
    git(project, "init", "-q", "--bare", str(bare))
    git(project, "remote", "add", "origin", str(bare))
    _, errors, code = run(project, "--parallel=2", "--max-experiments=4", "--push")
    assert code == 0, errors
    refs = git(bare, "for-each-ref", "--format=%(refname)").split()
    assert refs == ["refs/heads/autoresearch-logs/t", "refs/heads/autoresearch/t"]
    assert git(bare, "rev-parse", "autoresearch/t") == git(project, "rev-parse", "autoresearch/t")


def test_lanes_that_cannot_work(project):
    """Where no lane comes to its end, that is the error, with what they said."""
    lock = project / ".git/autoresearch/lanes/t"
    lock.mkdir(parents=True)
    for number in ("1", "2"):
        (lock / number).write_text("in the way")
    _, errors, code = run(project, "--parallel=2", "--max-experiments=2")
    assert code == 1
    assert "No lane came to its end" in errors


def test_more_lanes_than_cores(project):
    """What lanes share is told, with the number that would fit."""
    count = len(os.sched_getaffinity(0)) + 1
    out, _, code = run(project, f"--parallel={count}", "--max-experiments=1")
    assert code == 0
    assert f"{count} lanes share" in out
    assert f"set parallel to {count - 1}" in out
