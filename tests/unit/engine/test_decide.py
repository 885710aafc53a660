"""The one place where an outcome becomes keep, discard or crash."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from autoresearch_ci.core.model import Direction, MinDelta, Reason, Sample, Side, Status, Verdict
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.experiment import INTERRUPTED, Outcome, decide, figures
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.judge import Comparison
from tests.projects import SETTINGS, make_project

BETTER = Outcome(9.0, judged=Verdict(Status.KEEP, Reason.IMPROVED, gain=1.0))


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.DUPLICATE, Status.DISCARD),
        (Reason.RULE_VIOLATION, Status.DISCARD),
        (Reason.GUARD_FAILED, Status.DISCARD),
        (Reason.NONZERO_EXIT, Status.CRASH),
        (Reason.TIMEOUT, Status.CRASH),
        (Reason.OUT_OF_MEMORY, Status.CRASH),
        (Reason.NO_METRIC, Status.CRASH),
        (Reason.IMPLAUSIBLE, Status.CRASH),
        (Reason.INTERRUPTED, Status.CRASH),
    ],
)
def test_an_objection_stands_above_the_judge(reason, status):
    """However much better the numbers are, what stands against a candidate decides."""
    assert decide(replace(BETTER, objection=reason)) == Verdict(status, reason)


def test_what_is_written_of_a_discard_lies_within_what_was_measured(make_history):
    """Also where the noise is as large as the value: a time below zero means nothing to anybody."""
    history = make_history()  # its baseline is 1.0
    samples = [Sample(Side.INCUMBENT, 40.0), Sample(Side.CANDIDATE, 19.0)]
    comparison = Comparison(Direction.LOWER, MinDelta(), tuple(samples), lambda: False)
    verdict = Verdict(Status.DISCARD, Reason.WITHIN_NOISE, gain=21.0)
    assert figures(comparison, verdict, history) == (1.0, 1.0)


@pytest.mark.parametrize("status", [Status.KEEP, Status.DISCARD])
def test_without_one_the_judge_decides(status):
    """The verdict on the numbers is passed on as it is, with its gain."""
    verdict = Verdict(status, Reason.SIMPLER, gain=0.5, beside=10.0)
    assert decide(replace(BETTER, judged=verdict)) is verdict


def test_the_baseline_is_kept_for_no_reason():
    """The project as it is was neither judged nor objected to."""
    assert decide(Outcome(10.0)) == Verdict(Status.KEEP, None)
    assert decide(INTERRUPTED).reason is Reason.INTERRUPTED


def test_a_session_is_complete_when_it_is_opened(tmp_path):
    """Nothing of it can be changed afterwards; an idea that nobody takes up is said at its top."""
    project = make_project(tmp_path / "p")
    settings = {**SETTINGS, "tag": "t", "proposer": "search"}
    with open_session(SessionRequest(project, settings, idea="warm up", idea_by="ada")) as session:
        with pytest.raises(FrozenInstanceError):
            session.notes = ()
        session.stops.receive()
        (queued,) = session.history.ideas
    assert (queued.text, queued.by) == ("warm up", "ada")
    assert "The idea waits for a model" in session.notes[-1]
