"""What a session shows while it runs, how much it asks of GitHub, and its last words."""

from __future__ import annotations

import threading
import time

import pytest

from tests import racing_sessions
from tests.action_jobs import ARCHIVED_AT_ONCE, IN_NO_HURRY, wait_for
from tests.projects import git

CHANGED = "! { grep -q 'RATE = 0.02$' solve.py && grep -q 'STEPS = 8$' solve.py; }"


def test_a_session_at_work_is_seen(make_job, lab, issue, mona):
    """The commit has a check run in progress and the thread its comment before anything is done."""
    job = make_job()
    here = job.signs / "here"
    slow = f"{job.waits}; python3 -I solve.py"
    job.begin(issue, mona, "/autoresearch n=2", run_command=slow)
    wait_for(here)
    assert job.checks["autoresearch"]["status"] == "in_progress"
    [_, ours] = lab.thread(issue)
    assert "The session is running." in ours.body
    (job.signs / "go").touch()
    assert job.end() == 0, job.log
    assert len(lab.thread(issue)) == 2
    assert "The session is running." not in ours.body
    assert ours.edits == 1, "a session of less than a minute has nothing to say in between"
    [check] = [check for check in lab.checks.values() if check.name == "autoresearch"]
    assert check.status == "completed"


def test_the_comment_follows_the_session(make_job, lab, issue, mona):
    """Each experiment that is a minute after the last is in it; a later session edits the same."""
    job = make_job(first=IN_NO_HURRY)
    job.say(issue, mona, "/autoresearch n=3")
    assert job.code == 0, job.log
    [_, ours] = lab.thread(issue)
    assert ours.edits == 5, "the baseline, three experiments, the end"
    job.say(issue, mona, "/autoresearch n=1")
    assert job.code == 0, job.log
    assert [each.author.type for each in lab.thread(issue)] == ["User", "Bot", "User"]
    assert ours.edits > 5


def test_a_dispatch_is_seen_too(make_job, lab):
    """It has no thread, and a check run in progress while it runs."""
    job = make_job()
    here = job.signs / "here"
    slow = f"{job.waits}; python3 -I solve.py"
    job.start("workflow_dispatch", {"inputs": {}}, run_command=slow, max_experiments="1")
    wait_for(here)
    assert job.checks["autoresearch"]["status"] == "in_progress"
    (job.signs / "go").touch()
    assert job.end() == 0, job.log
    assert job.checks["autoresearch"]["status"] == "completed"


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 422}, {"cut": True}])
def test_a_server_in_trouble_ends_no_session(make_job, lab, issue, mona, hub, fault):
    """What could not be shown in between is shown at the end."""
    job = make_job(first=IN_NO_HURRY)
    hub.fault("POST .*/issues/1/comments", times=2, **fault)
    hub.fault("POST .*/check-runs", times=1, **fault)
    # Whoever was refused waits a little before the next try, however fast the session is.
    slow = "sleep 0.5; python3 -I solve.py"
    comment = job.say(issue, mona, "/autoresearch n=3", run_command=slow)
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    assert len(lab.thread(issue)) == 2
    assert job.checks["autoresearch"]["conclusion"] == "success"
    assert "was not shown" not in job.summary


def test_an_error_is_told_where_it_was_asked_for(make_job, lab, issue, mona):
    """A project that gives no number fails the step, and the comment says so; no rocket."""
    job = make_job()
    comment = job.say(issue, mona, "/autoresearch", run_command="false")
    assert (job.code, comment.faces) == (1, ["eyes"])
    [_, ours] = lab.thread(issue)
    assert "gives no metric" in ours.body
    assert job.outputs["comment_url"].endswith(f"#issuecomment-{ours.id}")
    assert job.checks["autoresearch"]["conclusion"] == "failure"


@pytest.mark.job
def test_a_cancelled_job_has_last_words(make_job, lab, issue, mona):
    """Check run and comment say how it ended before the runner loses its patience."""
    job = make_job()
    here = job.signs / "here"
    slow = f"if {CHANGED}; then touch {job.signs}/here; sleep 60; fi; python3 -I solve.py"
    comment = job.say(issue, mona, "/autoresearch", until=here, run_command=slow)
    assert (job.code, comment.faces) == (130, ["eyes"]), job.log
    assert time.time() - here.stat().st_mtime < 7.5
    assert job.checks["autoresearch"]["conclusion"] == "neutral"
    [_, ours] = lab.thread(issue)
    assert "Stopped: interrupted" in ours.body
    assert racing_sessions.records(lab.bare, "t")[-1]["action"] == "session_end"


@pytest.mark.job
def test_a_job_cancelled_while_github_is_silent(make_job, lab, issue, mona, hub):
    """A request that nobody answers does not keep the session from ending in order."""
    job, asked = make_job(first=IN_NO_HURRY), threading.Event()
    hub.fault("PATCH .*/issues/comments", delay=9, before=None, cut=True, times=1)
    comment = job.begin(issue, mona, "/autoresearch n=30")
    while not hub.calls("PATCH .*/issues/comments"):
        asked.wait(0.02)
    begun = time.monotonic()
    job._step.send_signal(2)
    job.end()
    assert time.monotonic() - begun < 7.5
    assert (job.code, comment.faces) == (130, ["eyes"]), job.log
    assert racing_sessions.records(lab.bare, "t")[-1]["details"]["reason"] == "interrupted"
    assert job.checks["autoresearch"]["status"] == "completed"


def test_how_much_is_asked_of_github(make_job, lab, hub, push, mona, monkeypatch):
    """40 experiments, each over a minute, on a pull request: a write and a push each at most."""
    monkeypatch.setattr("tests.github.hub.WRITES_A_MINUTE", 1000)
    push("topic", {"notes.md": "x\n"})
    pull = lab.pull(mona, "topic", base="main")
    job = make_job(first=IN_NO_HURRY + ARCHIVED_AT_ONCE)
    lines = "".join(f"A{n} = {n}.5\n" for n in range(40))
    push("topic", {"solve.py": f'{lines}print("score:", A1 + 1)\n'})
    comment = job.say(pull, mona, "/autoresearch n=40 time=5m", patience="")
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log[-3000:]
    done = [
        r for r in racing_sessions.records(lab.bare, "pr-1") if r["action"] == "experiment_done"
    ]
    assert len(done) == 41

    assert len(hub.calls()) < 140, len(hub.calls())
    between = [call for call in hub.writes() if call.startswith("PATCH") and "comments" in call]
    assert len(between) <= 42
    pushes = hub.site.lines("POST .*git-receive-pack")
    assert len(pushes) <= 41 + 3, "the start, the end and the confirmation are pushed too"
    assert git(lab.bare, "rev-parse", "autoresearch/pr-1")
