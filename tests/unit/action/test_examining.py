"""The doctor at the beginning of a campaign in the Action, from a dispatch to its pages."""

from __future__ import annotations

import re
import signal
import time
import uuid
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
        assert shown["conclusion"] == "neutral", "what can be cheated need not have been"
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
def test_a_spy_in_the_copy(tmp_path, loot):
    """What runs in the copy gets at no more than in a session: no token, no `.git`, nobody's files."""
    with checkout(tmp_path, QUICK) as job:
        places = {"loot": loot, "work": job.workspace, "files": job.files}
        spy = SPY.format(**places)
        script = loot / "spy.sh"
        script.write_text(spy)
        script.chmod(0o644)
        run = f"sh {script}; {INPUTS['run_command']}"
        assert job.run(run_command=run, max_experiments="1") == 0, job.log
    found = {path.name: path.read_text() for path in loot.iterdir()}
    copy, *others = dict.fromkeys(found["places"].split())
    assert others == [str(job.workspace)], "the copy first, then the workspace"
    assert not Path(copy).parent.exists()
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
    setsid sleep 300 & echo $! > {loot}/pid
    pwd > {loot}/here; sleep 300
fi; """


@pytest.fixture
def hanging(tmp_path, loot):
    """A job whose doctor hangs in the second change that it plants."""
    with checkout(tmp_path, "kill_after: 5m\ntime_budget: 1s\n") as job:
        inputs = {"run_command": HANGS.format(loot=loot) + INPUTS["run_command"]}
        yield job, inputs, loot


def is_dead(pid):
    give_up = time.monotonic() + 30
    while (status := Path(f"/proc/{pid}/status")).exists() and "State:\tZ" not in read(status):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.01)
    return True


def read(path):
    try:
        return path.read_text()
    except OSError:
        return "State:\tZ"


@pytest.mark.job
def test_cancelled(hanging):
    """A cancel during it ends within the runner's patience, with nothing left of the copy."""
    job, inputs, loot = hanging
    assert job.run(until=loot / "here", time_limit="5h", **inputs) == 130
    assert time.time() - (loot / "here").stat().st_mtime < 7.5
    assert not Path((loot / "here").read_text().strip()).parent.exists()
    assert is_dead((loot / "pid").read_text().strip())
    assert job.checks["autoresearch"]["conclusion"] == "neutral"
    assert "result<<" in (job.files / "output").read_text()
    assert "\nstopped\n" in (job.files / "output").read_text()


@pytest.mark.job
@pytest.mark.parametrize("who", ["the post step", "the next session"])
def test_killed(hanging, who):
    """After SIGKILL the step that always follows, or else the next session, clears the copy away."""
    job, inputs, loot = hanging
    code = job.run(until=loot / "here", how=signal.SIGKILL, time_limit="5h", **inputs)
    assert code == -signal.SIGKILL
    copy = Path((loot / "here").read_text().strip())
    assert copy.is_dir()
    if who == "the post step":
        job.post()
    else:
        job.run(run_command="false")
    assert not copy.parent.exists()
    assert is_dead((loot / "pid").read_text().strip())
    assert not list((job.workspace / ".git" / "autoresearch" / "copies").iterdir())
