"""Who may command by a comment, and what everybody else gets."""

from __future__ import annotations

import signal
import time

import pytest

from tests.action_jobs import TOKEN
from tests.github.state import next_id

HELP = "/autoresearch help"


@pytest.mark.job
def test_who_may_write_is_answered(job, lab, issue, mona):
    """A writer's command gets eyes at once, an answer, and a rocket when it is done."""
    comment = job.say(issue, mona, HELP)
    assert (job.code, comment.faces) == (0, ["eyes", "rocket"]), job.log
    [_, reply] = lab.thread(issue)
    assert "| `/autoresearch stop [now]` |" in reply.body
    assert not any(line.startswith("/autoresearch") for line in reply.body.splitlines())
    first, second, *_ = job.hub.calls()
    assert "reactions" in first
    assert second == "GET /repos/octo/lab/collaborators/mona/permission"
    assert "/autoresearch help" in job.summary


@pytest.mark.parametrize("role", ["read", "triage", "none"])
def test_who_may_not_write_gets_a_face_and_no_word(job, lab, issue, hub, role):
    """The step succeeds, since it is not the job's failure; nothing else is asked or said."""
    lab.roles["eve"] = role
    comment = job.say(issue, hub.user("eve"), "/autoresearch nonsense")
    assert (job.code, comment.faces) == (0, ["eyes", "-1"]), job.log
    assert lab.thread(issue) == [comment]
    assert len(hub.calls()) == 3
    assert "eve may not command here" in job.summary


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (HELP, {"action": "edited"}),
        (f"Please:\n{HELP}", {}),
        (f" {HELP}", {}),
        (HELP, {"comment": {"user": {"login": "robot[bot]", "type": "Bot"}}}),
        (HELP, {"comment": {"performed_via_github_app": {"id": 1}}}),
        (f"{HELP}\n<!-- autoresearch-ci:reply -->", {}),
    ],
    ids=["edited", "second line", "indented", "bot", "app", "ours"],
)
def test_what_is_no_command(job, lab, issue, mona, body, change):
    """GitHub is not even asked, and the summary says why nothing was done."""
    job.say(issue, mona, body, change=change)
    assert job.code == 0, job.log
    assert job.hub.calls() == []
    assert job.summary.strip()


def test_what_is_not_understood(job, lab, issue, mona):
    """A writer gets a confused face and one line that says what to write instead."""
    comment = job.say(issue, mona, "/autoresearch hlep")
    assert (job.code, comment.faces) == (0, ["eyes", "confused"]), job.log
    [_, reply] = lab.thread(issue)
    assert reply.body.splitlines()[1] == "`hlep` is no command. Did you mean `/autoresearch help`?"


def test_without_an_answer_nobody_is_let_in(job, lab, issue, mona, hub):
    """GitHub down: the step fails and says so, and nothing is said to whom nobody knows."""
    hub.fault("collaborators", status=500, times=None)
    comment = job.say(issue, mona, "/autoresearch run")
    assert (job.code, comment.faces) == (1, ["eyes"])
    assert lab.thread(issue) == [comment]
    assert "GitHub does not say whether the author may write" in job.summary
    assert job.outputs["result"] == "error"


@pytest.mark.job
def test_a_refusal_that_is_cancelled(job, hub, lab, issue):
    """A job that is cancelled while it says no has outputs and a summary like any other."""
    asked = hub.fault("POST .*/reactions", after=1, delay=3, cut=True)
    job.begin(issue, hub.user("eve"), "/autoresearch run")
    while not asked.met:
        time.sleep(0.02)
    job._step.send_signal(signal.SIGINT)
    assert job.end() == 130, job.log
    assert job.outputs["result"] == "stopped"
    assert "Traceback" not in job.log


def test_without_a_token_nobody_is_let_in(job, lab, issue, mona):
    """Commands need a token, and the error says which input gives it."""
    job.token = ""
    job.say(issue, mona, HELP)
    assert job.code == 1
    assert "github\\_token" in job.summary or "github_token" in job.summary
    assert job.hub.calls() == []


def test_a_fork_is_refused_by_its_id(job, lab, hub, mona):
    """Also one that has this repository's name; the writer is told, and nothing is run."""
    fork = hub.create("eve/lab", branches={"topic": "c" * 40})
    for head in (fork, None):
        pull = lab.pull(hub.user("eve"), "topic", head=fork)
        pull.head = head
        comment = job.say(pull, mona, "/autoresearch run")
        assert (job.code, comment.faces) == (0, ["eyes", "-1"]), job.log
        assert "from a fork" in lab.thread(pull)[1].body
    assert not lab.checks


def test_a_closed_pull_request_is_refused(job, lab, mona, push):
    """No session begins for what nobody will merge; its results can still be asked for."""
    push("topic", {"notes.md": "x\n"})
    pull = lab.pull(mona, "topic", state="closed")
    comment = job.say(pull, mona, "/autoresearch run")
    assert (job.code, comment.faces) == (0, ["eyes", "-1"]), job.log
    assert "is closed" in lab.thread(pull)[1].body
    job.say(pull, mona, "/autoresearch results")
    assert "There is no campaign pr-1 yet" in lab.thread(pull)[-1].body.replace("\\", "")


def test_a_number_that_is_no_pull_request(job, lab, mona, issue):
    """What the payload calls a pull request and GitHub does not is an error, told in the thread."""
    comment = job.say(issue, mona, "/autoresearch run", change={"issue": {"pull_request": {}}})
    assert (job.code, comment.faces) == (1, ["eyes"])
    assert "no pull request" in lab.thread(issue)[1].body


def test_an_error_before_the_session_is_told(job, lab, issue, mona):
    """A setting that is wrong fails the step, and whoever commanded reads why."""
    comment = job.say(issue, mona, "/autoresearch nothere.py")
    assert (job.code, comment.faces) == (1, ["eyes"])
    assert "nothere.py does not exist" in lab.thread(issue)[1].body.replace("\\", "")
    assert job.checks["autoresearch"]["conclusion"] == "failure"


def test_permissions_that_are_missing(job, lab, hub, issue, mona):
    """The session is held without the comment, and the summary names the line for it."""
    job.token = f"{TOKEN}{next_id()}"
    scopes = {"contents": "write", "checks": "write", "metadata": "read", "issues": "read"}
    hub.tokens.add(job.token, permissions=scopes)
    comment = job.say(issue, mona, "/autoresearch run n=1")
    assert (job.code, comment.faces) == (0, []), job.log
    assert lab.thread(issue) == [comment]
    assert "  issues: write" in job.summary
    assert job.checks["autoresearch"]["status"] == "completed"
    assert job.outputs["comment_url"] == ""
