"""The doctor at the beginning of a campaign in the Action, from a dispatch to its pages."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from tests import racing_sessions
from tests.action_jobs import INPUTS, SIGNS, TOKEN, checkout
from tests.projects import git

QUICK = "time_budget: 1s\nkill_after: 2s\n"
AGENT = f"{QUICK}proposer_command: touch asked\n"
"""Somebody who could write a lie; this one writes nothing."""

WRONG = "1 verdict of 12 wrong"
SPY = r"""
exec 2>> {loot}/refused
pwd >> {loot}/places; id -u >> {loot}/ids
env > {loot}/environment
cat .git/config {work}/.git/config {files}/event.json > {loot}/read
ls .git {work}/.git {files} >> {loot}/read
ls .. > {loot}/neighbours
for process in /proc/[0-9]*; do cat $process/environ; done > {loot}/processes
git log -1 >> {loot}/read
echo x > .git/hooks/pre-push
"""


@pytest.fixture
def loot():
    """A folder that experiments can write to, wherever they run."""
    folder = SIGNS / uuid.uuid4().hex
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.mark.job
def test_a_campaign_begins_with_it(tmp_path):
    """Its first session looks, and shows what it found; the second does not, and shows it too."""
    with checkout(tmp_path, AGENT) as job:
        assert job.run(proposer="command", max_experiments="1") == 0, job.log
        assert "WRONG  a lie instead of work" in job.log
        assert f"**{WRONG}: the loop cannot be trusted here yet.**" in job.summary
        assert job.summary.count("Set measure\\_command") == 1
        assert "There is no guard\\_command" in job.summary
        shown = job.checks["autoresearch"]
        assert WRONG in shown["output"]["summary"]
        assert shown["conclusion"] != "failure", "what can be cheated need not have been"
        assert WRONG in git(job.lab.bare, "show", "autoresearch-logs/t:README.md")
        records = racing_sessions.records(job.lab.bare, "t")
        assert [each["action"] for each in records[:2]] == ["examined", "session_start"]
        assert sum(each["action"] == "experiment_done" for each in records) <= 2
        assert job.run(proposer="command", max_experiments="1") == 0, job.log
        assert "The doctor looks" not in job.log
        assert WRONG in job.summary
        assert WRONG in git(job.lab.bare, "show", "autoresearch-logs/t:README.md")


@pytest.mark.job
def test_required(tmp_path):
    """Where the doctor is required and lies are kept, the step fails before anybody is asked."""
    with checkout(tmp_path, f"{AGENT}doctor: require\n") as job:
        assert job.run(proposer="command") == 1
        for said in (job.log, job.summary):
            assert "The loop cannot be trusted with this project: 1 verdict wrong" in said
            assert "measure_command" in said
        assert not (job.workspace / "asked").exists()
        assert job.checks["autoresearch"]["conclusion"] == "failure"
        assert "autoresearch" not in git(job.lab.bare, "for-each-ref")


@pytest.mark.job
def test_a_spy_in_the_doctors_trees(tmp_path, loot):
    """What the doctor runs gets at no more than in a session: no token, no `.git`, nobody's files."""
    with checkout(tmp_path, QUICK) as job:
        places = {"loot": loot, "work": job.workspace, "files": job.files}
        spy = SPY.format(**places)
        script = loot / "spy.sh"
        script.write_text(spy)
        script.chmod(0o644)
        run = f"sh {script}; {INPUTS['run_command']}"
        assert job.run(run_command=run, max_experiments="1") == 0, job.log
    found = {path.name: path.read_text() for path in loot.iterdir()}
    assert set(found["places"].split()) == {str(job.workspace)}
    assert TOKEN not in "".join(found.values())
    assert not re.search("GITHUB|INPUT_|GIT_", found["environment"])
    assert found["read"] == ""
    for place in (".git/config", ".git/hooks/pre-push", "event.json"):
        assert any(
            place in line and ("o such" in line or "enied" in line or "onexistent" in line)
            for line in found["refused"].splitlines()
        ), place


HANGS = """
if grep -q planted solve.py; then
    setsid sleep {seconds} & touch {loot}/here; sleep {seconds}
fi; """


@pytest.fixture
def hanging(tmp_path, loot):
    """A job whose doctor hangs in the second change that it plants, for so many seconds."""
    seconds = f"300.{os.getpid()}{time.monotonic_ns()}"
    with checkout(tmp_path, "kill_after: 5m\ntime_budget: 1s\n") as job:
        run = HANGS.format(loot=loot, seconds=seconds) + INPUTS["run_command"]
        yield job, {"run_command": run}, loot, seconds


def ends(seconds):
    """Whether nothing sleeps for so many any more, in some time."""
    give_up = time.monotonic() + 30
    while any(f"sleep\0{seconds}" in read(path) for path in Path("/proc").glob("[0-9]*/cmdline")):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


def read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


@pytest.mark.job
def test_cancelled(hanging):
    """A cancel during it ends within the runner's patience, with nothing left that runs."""
    job, inputs, loot, seconds = hanging
    assert job.run(until=loot / "here", time_limit="5h", **inputs) == 130
    assert time.time() - (loot / "here").stat().st_mtime < 7.5
    assert ends(seconds)
    assert job.checks["autoresearch"]["conclusion"] == "neutral"
    assert "result<<" in (job.files / "output").read_text()
    assert "\nstopped\n" in (job.files / "output").read_text()


@pytest.mark.job
@pytest.mark.parametrize("who", ["the post step", "the next session"])
def test_killed(hanging, who):
    """After SIGKILL nothing runs on, and the step that follows or the next session clears up."""
    job, inputs, loot, seconds = hanging
    code = job.run(until=loot / "here", how=signal.SIGKILL, time_limit="5h", **inputs)
    assert code == -signal.SIGKILL
    if who == "the post step":
        job.post()
    else:
        job.run(run_command="false")
    assert not dead()
    assert ends(seconds)


def dead() -> list[Path]:
    """The folders of trees whose session holds its lock no more."""
    found = []
    for path in Path("/var/tmp").glob("autoresearch-*/*.lock"):
        with suppress(OSError), path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            found.append(path)
    return found
