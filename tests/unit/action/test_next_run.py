"""What starts the next run, and when it is not started."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from autoresearch_ci.action.next_run import Cause, cause_of, why_not
from autoresearch_ci.campaign.sync import NoRemote
from autoresearch_ci.core.model import ProposalRejected, Reason, SessionEnd, StopReason
from autoresearch_ci.proposers.llm.budget import Allowance, Prices
from tests.unit.conftest import BASELINE

WORKFLOW = "octo/lab/.github/workflows/research.yml@refs/heads/main"
SCHEDULE = {"GITHUB_EVENT_NAME": "schedule", "GITHUB_WORKFLOW_REF": WORKFLOW}
END = SessionEnd("mar17", "s1", "2026-03-17T15:00:00Z", StopReason.TIME_LIMIT, 2, 0, 1.0)


class Forge:
    """Notes what it is asked to start."""

    def __init__(self):
        self.started = []

    def dispatch(self, event, payload):
        self.started.append((event, payload))
        return True

    def dispatch_workflow(self, workflow, ref, inputs):
        self.started.append((workflow, ref, inputs))
        return True


def started(event, payload, ref=WORKFLOW):
    """What starts a run like the one of this event."""
    forge = Forge()
    variables = {"GITHUB_EVENT_NAME": event, "GITHUB_WORKFLOW_REF": ref}
    found = cause_of(variables, payload)
    assert found.again
    assert found.start(forge)
    return forge.started[0]


def test_a_dispatched_workflow_is_dispatched_again():
    """The next run has the inputs of this one, except that it goes on with what this one began."""
    inputs = {"max_experiments": "20", "new_campaign": "true", "gpu": True, "note": None}
    assert started("workflow_dispatch", {"inputs": inputs}) == (
        "research.yml",
        "main",
        {"max_experiments": "20", "new_campaign": "false", "gpu": "true"},
    )
    assert started(
        "workflow_dispatch", {"inputs": None}, WORKFLOW.replace("heads/main", "tags/v1")
    )[1:] == ("v1", {})


def test_a_repository_dispatch_is_sent_again():
    """Its type and its payload are the same, nested values too."""
    payload = {"action": "nightly", "client_payload": {"new_campaign": True, "of": {"a": [1]}}}
    assert started("repository_dispatch", payload) == (
        "nightly",
        {"new_campaign": False, "of": {"a": [1]}},
    )


@pytest.mark.parametrize("event", ["schedule", "push", "workflow_dispatch"])
def test_whatever_has_no_inputs(event):
    """A schedule or a push cannot be repeated: the next run is a repository_dispatch."""
    payload = {"ref": "refs/heads/main", "inputs": {}}
    assert started(event, payload, ref="") == ("autoresearch", {})


def test_a_comment_asks_for_one_session():
    """What somebody commanded is not gone on with."""
    assert not cause_of({"GITHUB_EVENT_NAME": "issue_comment"}, {"action": "created"}).again


@pytest.fixture
def lab(make_history):
    """What is asked of a session."""
    history = make_history((1.2, Reason.WORSE), (1.3, Reason.WORSE))
    return SimpleNamespace(
        history=history,
        settings=SimpleNamespace(patience=None),
        remote_sync=SimpleNamespace(trouble=""),
        start=SimpleNamespace(session="s1", lane=0, lanes=0),
        ledger=SimpleNamespace(campaign=SimpleNamespace(sessions=[])),
        stops=SimpleNamespace(requested=False),
    )


def why(lab, reason=StopReason.TIME_LIMIT, *, cause=None, new=False):
    return why_not(lab, replace(END, reason=reason), cause or cause_of(SCHEDULE, {}), new=new)


def test_a_limit_of_time_or_of_experiments_is_gone_on_from(lab):
    """Then there is more to try, and only the job had to end."""
    assert why(lab, StopReason.TIME_LIMIT) == ""
    assert why(lab, StopReason.MAX_EXPERIMENTS) == ""


@pytest.mark.parametrize("reason", sorted(set(StopReason) - {"time_limit", "max_experiments"}))
def test_any_other_end_is_one(lab, reason):
    """A target that was reached, patience, a stop, nothing left to try, an error: no next run."""
    assert why(lab, reason).startswith("no limit of time")


def test_a_session_without_an_end(lab):
    """Where the end was not written nobody knows why it came."""
    assert "how this one ended" in why_not(lab, None, cause_of(SCHEDULE, {}), new=False)


def test_no_endless_row_of_runs_that_do_nothing(lab, make_history):
    """A session that ended no experiment is not gone on with, nor one that nobody will hear of."""
    done = lab.history
    lab.history = make_history()
    assert "no experiment" in why(lab)
    lab.history.add(
        replace(BASELINE, experiment=1, reason=Reason.INTERRUPTED, status="crash", value=None)
    )
    assert "no experiment" in why(lab)
    lab.history, lab.remote_sync = done, SimpleNamespace(trouble="no")
    assert "not pushed" in why(lab)
    lab.remote_sync = NoRemote()
    assert "not pushed" in why(lab)


def test_patience_is_that_of_all_runs(lab):
    """A run is shorter than patience may be; over all of them it runs out."""
    lab.settings.patience = 3
    assert why(lab) == ""
    lab.settings.patience = 2
    assert "2 experiments over all runs (patience)" in why(lab)


def test_a_stop_that_came_late(lab):
    """Somebody who asks for a stop while an improvement is confirmed is heard."""
    lab.stops.requested = True
    assert "stop" in why(lab)


def test_a_spend_limit_is_one_for_the_next_run_too(lab):
    """Where the model was not asked for want of money no other run spends more; else it does."""
    usage = SimpleNamespace(tokens=10, billed_input=10, output=0)
    said = [
        Allowance(Prices(), max_tokens=5).refuses(usage, ""),
        Allowance(Prices(1.0, 1.0), max_cost_usd=0).refuses(usage, ""),
    ]
    other = ProposalRejected("mar17", "s1", "", 1, "", "The server is down.", "openai")
    lab.history.rejected = [other, replace(other, session="s0", error=said[0])]
    assert why(lab) == ""
    for error in said:
        lab.history.rejected = [replace(other, error=error)]
        assert why(lab) == "a spend limit was reached"


def test_a_new_campaign_each_time_is_no_going_on(lab):
    """Where the workflow always begins a campaign the next run would not go on with this one."""
    assert "another campaign" in why(lab, new=True)
    dispatch = {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_WORKFLOW_REF": WORKFLOW}
    told = cause_of(dispatch, {"inputs": {"new_campaign": "true"}})
    assert why(lab, cause=told, new=True) == ""


def test_what_a_comment_began(lab):
    """A session on somebody's command is a single one, and the summary says so."""
    assert "by a comment" in why(lab, cause=Cause())
