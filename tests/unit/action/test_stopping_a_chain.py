"""A stop between two runs of which the first has started the second."""

from __future__ import annotations

import pytest

from tests import racing_sessions
from tests.action_jobs import ARCHIVED_AT_ONCE, wait_for
from tests.unit.action.test_comment_commands import held_up

BOT = {"GITHUB_TRIGGERING_ACTOR": "github-actions[bot]"}
ONE = {"max_experiments": "1", "continue_mode": "dispatch"}


def details(lab, action):
    return [r["details"] for r in racing_sessions.records(lab.bare, "t") if r["action"] == action]


def tried(lab):
    return len(details(lab, "experiment_done")) - 1


@pytest.fixture
def say(make_job, lab, issue, mona):
    """Somebody commands, in a job of its own; what was answered."""
    jobs = iter(range(9))

    def say(command):
        make_job(f"desk{next(jobs)}").say(issue, mona, f"/autoresearch {command}")
        return lab.thread(issue)[-1].body

    return say


@pytest.fixture
def started(earlier_run, take_up, lab):
    """A run that has started the next one, which has not begun yet."""
    lab.workflows.add("autoresearch.yml")
    job = take_up(earlier_run(**ONE))
    assert len(lab.dispatches) == 1
    return job


@pytest.mark.parametrize("event", ["workflow_dispatch", "repository_dispatch"])
def test_the_next_run_ends_at_once(started, make_job, lab, say, event):
    """It says why, sets nothing up, makes no experiment and starts no other run."""
    assert "has started the next, that one ends before its first experiment" in say("stop")
    job = make_job("second", variables=BOT)
    job.start(event, {}, setup_command="touch set-up", **ONE)
    assert job.end() == 0, job.log
    assert "somebody asked for it" in job.summary
    assert "A stop came after the session that started this one" in job.summary
    assert "No next run was started" in job.summary
    assert job.checks["autoresearch"]["conclusion"] == "neutral"
    assert (tried(lab), len(lab.dispatches)) == (1, 1)
    assert not (job.workspace / "set-up").exists()
    assert [end["reason"] for end in details(lab, "session_end")] == ["max_experiments", "stopped"]


def test_a_person_may_start_again(started, make_job, lab, say):
    """A session that somebody starts after the stop works, and what it starts does too."""
    say("stop now")
    third = {"GITHUB_TRIGGERING_ACTOR": "mona"}
    for number, variables in enumerate([third, BOT]):
        job = make_job(f"later{number}", variables=variables)
        assert job.run(**ONE) == 0, job.log
    assert (tried(lab), len(lab.dispatches)) == (3, 3)


def test_a_stop_ends_one_chain(started, make_job, lab, say):
    """Whoever's own token starts the runs may start another one when the stop was obeyed."""
    say("stop")
    for number in range(2):
        job = make_job(f"later{number}", variables=BOT)
        assert job.run(**ONE) == 0, job.log
    assert tried(lab) == 2


def test_whose_token_it_is(started, make_job, lab, hub, say):
    """With a token of one's own the runs are by that account, and a stop ends them all the same."""
    hub.tokens.add("ghp_own", login="hubot")
    say("stop")
    job = make_job("second", variables={"GITHUB_TRIGGERING_ACTOR": "Hubot"}, token="ghp_own")
    assert job.run(**ONE) == 0, job.log
    assert tried(lab) == 1


def test_nobody_says_whose_run_it_is(started, make_job, lab, hub, say):
    """Without an answer from GitHub a stop counts."""
    say("stop")
    hub.fault("POST /api/graphql", status=502, times=None)
    job = make_job("second", variables={"GITHUB_TRIGGERING_ACTOR": "mona"})
    assert job.run(**ONE) == 0, job.log
    assert tried(lab) == 1


def test_github_is_asked_only_where_it_matters(started, make_job, hub):
    """A run that no stop waits for asks nobody who started it."""
    job = make_job("second", variables=BOT)
    assert job.run(**ONE) == 0, job.log
    assert not hub.calls("graphql")


def test_a_stop_while_the_next_run_is_set_up(started, make_job, lab, say):
    """It has not shown itself yet, and obeys what comes from its first moment on."""
    job = make_job("second", variables=BOT)
    wait = job.waits
    job.start("workflow_dispatch", {"inputs": {}}, setup_command=wait, **ONE)
    wait_for(job.signs / "here")
    say("stop")
    (job.signs / "go").touch()
    assert job.end() == 0, job.log
    assert (tried(lab), len(lab.dispatches)) == (1, 1)


def test_a_stop_that_was_obeyed_is_over(make_job, lab, say):
    """It ends the session that was at work, and no later one, whoever starts that."""
    job = make_job("first", first=ARCHIVED_AT_ONCE)
    run, here, go = held_up(job)
    job.start("workflow_dispatch", {"inputs": {}}, run_command=run, continue_mode="dispatch")
    wait_for(here)
    say("stop")
    go.touch()
    assert job.end() == 0, job.log
    assert "somebody asked for it" in job.summary
    again = make_job("again", variables=BOT)
    assert again.run(max_experiments="1") == 0, again.log
    assert tried(lab) == 2
