"""How much is measured again after a session depends on the time that is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.action.confirm import RUNS, confirmed, is_due, seconds_of_a_run
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Confirmation, Finding, Note, StopRequest
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from tests.projects import SETTINGS, make_project

SLOW = "sleep 0.05; test ! -e slow || sleep $(cat slow); . ./target.txt; test ! -e broken\n"
APART = "a={}\n\n\n\nb={}\n\n\n\necho metric: $((a + b))\n"
IDEAS = [("nine", APART.format(4, 5)), ("eight", APART.format(4, 4))]


@pytest.fixture
def lab(tmp_path):
    """A session that has kept two changes and is over; its lab is open still."""
    project = make_project(
        tmp_path / "p",
        **{
            "target.txt": APART.format(5, 5),
            "experiment.sh": SLOW,
            ".gitignore": "broken\nslow\n",
        },
    )
    with open_session(
        SessionRequest(project, {**SETTINGS, "tag": "t"}, proposer=ScriptedProposer(IDEAS))
    ) as session:
        list(research(session))
        assert len(session.history.kept_changes) == 2
        yield session


def leave(lab, questions: float):
    """The session with a time limit that leaves room for so many questions, and those seconds."""
    room = questions * RUNS * seconds_of_a_run(lab.history)
    limit = lab.progress.seconds + room
    return replace(lab, settings=lab.settings.model_copy(update={"time_limit": limit})), room


@pytest.mark.parametrize(
    ("questions", "kinds"), [(4, [Finding, Finding, Confirmation]), (2, [Confirmation]), (0.5, [])]
)
def test_as_much_as_there_is_time_for(lab, questions, kinds):
    """Every kept change and the branch; else the branch; else nothing, and then it is said."""
    lab, _ = leave(lab, questions)
    found = []
    record, why = confirmed(lab, found.append)
    assert [type(each) for each in found] == kinds
    assert (record is None) == ("was left" in why) == (not kinds)
    assert lab.history.confirmed == record


@pytest.mark.parametrize("questions", [4, 2])
def test_the_time_ends_it(lab, tmp_path, questions):
    """Runs that take longer than any before do not go on for ever; what they gave counts later."""
    lab, room = leave(lab, questions)
    (tmp_path / "p" / "slow").write_text(f"{room / 3}")  # for a pair, and half of the next one
    record, why = confirmed(lab, lambda _event: None)
    assert record is None
    assert "the time was up" in why
    assert len(lab.history.pairs) == 1
    (tmp_path / "p" / "slow").unlink()
    lab, _ = leave(lab, 4)
    record, why = confirmed(lab, lambda _event: None)
    assert (record.verdict, why) == ("confirmed", "")


def test_a_slow_baseline_counts(lab):
    """A question takes as long as the slower side, of which there is one run in the campaign."""
    baseline, *rest = lab.history.experiments
    history = History(lab.history.direction)
    for each in (replace(baseline, seconds=100 * len(baseline.samples)), *rest):
        history.add(each)
    assert seconds_of_a_run(history) == 100


def test_without_a_limit(lab):
    """A session that may take for ever confirms all of it."""
    record, why = confirmed(lab, lambda _event: None)
    assert (record.verdict, len(record.findings), why) == ("confirmed", 2, "")


def test_what_can_no_longer_be_measured(lab, tmp_path):
    """A branch that runs no more is not confirmed; the session's result stands, and it is said."""
    (tmp_path / "p" / "broken").touch()
    record, why = confirmed(lab, lambda _event: None)
    assert record is None
    assert why.startswith("Not confirmed by fresh runs: ")
    assert lab.history.confirmed is None


def test_one_that_was_cancelled_is_gone_on_with(lab):
    """Pairs of runs that a cancelled job measured count in the next one, which says so."""

    def cancel(_event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        confirmed(lab, cancel)
    assert len(lab.history.pairs) == 3
    lab, _ = leave(lab, 2)
    found = []
    record, _ = confirmed(lab, found.append)
    assert [type(each) for each in found] == [Note, Confirmation]
    assert "goes on" in found[0].text
    assert (lab.history.confirmed, lab.history.pairs) == (record, [])


@pytest.mark.parametrize("chained", [False, True])
def test_a_run_that_a_stop_ends_at_once_confirms_nothing(tmp_path, chained):
    """What a cancelled job began is for a run that sets the project up, and not for this one."""
    project = make_project(tmp_path / "p", **{"experiment.sh": SLOW})
    given = {**SETTINGS, "tag": "t", "max_experiments": 1}

    def cancel(_event):
        raise KeyboardInterrupt

    request = SessionRequest(project, given, proposer=ScriptedProposer(IDEAS), goes_on=True)
    with open_session(request) as lab:
        list(research(lab))
        with pytest.raises(KeyboardInterrupt):
            confirmed(lab, cancel)
        lab.ledger.append(StopRequest("t", "later", lab.start.timestamp))
    with open_session(SessionRequest(project, given, chained=lambda: chained)) as lab:
        assert lab.history.pairs
        assert is_due(lab, "stopped") != chained
