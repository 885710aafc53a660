"""What a session says at its beginning and at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Reason, SessionEnd, StopReason
from autoresearch_ci.reports.session import closing, opening, outcome
from autoresearch_ci.reports.terminal import Paint

PLAIN = Paint(colour=False)


def ended(reason):
    return SessionEnd("mar17", "s1", "2026-03-17T14:35:00Z", reason, 2, 1, 0.98)


def test_the_opening_says_what_is_about_to_happen(session_start):
    """Campaign, branch, target, metric and direction, when it stops, and every note."""
    text = opening(
        session_start, History(Direction.LOWER), ["after 10 experiments"], ["no guard"], PLAIN
    )
    assert "mar17 on branch autoresearch/mar17" in text
    assert "train.py" in text
    assert "val_bpb, lower is better" in text
    assert "the baseline is measured first" in text
    assert "after 10 experiments or at Ctrl-C" in text
    assert "note      no guard" in text


def test_an_old_campaign_opens_with_where_it_stands(session_start, make_history):
    """Going on begins from the incumbent."""
    history = make_history((0.98, Reason.IMPROVED), (1.2, Reason.WORSE))
    assert "0.980000 after 2 experiments" in opening(session_start, history, [], [], PLAIN)


def test_setting_up_twice_promises_no_measurement(session_start, make_history):
    """A session that only sets up has nothing to do where there is a baseline."""
    history = make_history((0.98, Reason.IMPROVED))
    assert "set up already" in opening(session_start, history, None, [], PLAIN)
    assert "measured again" not in opening(session_start, history, None, [], PLAIN)


def test_the_closing_ends_in_what_to_do_next(session_start, make_history):
    """Why it stopped, what came of it, and how to look at it, take it and go on."""
    history = make_history((0.98, Reason.IMPROVED), (1.2, Reason.WORSE))
    text = closing(session_start, ended(StopReason.MAX_EXPERIMENTS), history, PLAIN)
    for part in (
        "max_experiments reached",
        "1.000000 -> 0.980000 (-2.00%)",
        "1 kept, 1 discarded, 0 crashed",
        "autoresearch-ci results --tag mar17",
        "git log --oneline aaaaaaa..autoresearch/mar17",
        "git diff aaaaaaa autoresearch/mar17",
        "git merge --ff-only autoresearch/mar17",
        "autoresearch-ci run --tag mar17",
    ):
        assert part in text


def test_with_nothing_kept_there_is_nothing_to_take(session_start, make_history):
    """No merge is offered where there is nothing to merge."""
    history = make_history((1.2, Reason.WORSE))
    text = closing(session_start, ended(StopReason.PATIENCE), history, PLAIN)
    assert "merge" not in text
    assert "autoresearch-ci run --tag mar17" in text


@pytest.mark.parametrize("reason", [StopReason.EXHAUSTED, StopReason.TARGET_VALUE])
def test_a_finished_campaign_is_not_gone_on_with(session_start, make_history, reason):
    """Where nothing is left to try, the next step is a new campaign."""
    text = closing(session_start, ended(reason), make_history(), PLAIN)
    assert "autoresearch-ci run --new" in text
    assert "go on" not in text


@pytest.mark.parametrize("reason", list(StopReason))
def test_every_reason_has_words(session_start, make_history, reason):
    """Whatever stopped it is said in words."""
    assert "stopped: " in closing(session_start, ended(reason), make_history(), PLAIN)


def test_from_elsewhere_the_way_there_comes_first(session_start, make_history):
    """Commands are for the repository; who stands elsewhere is told to go there, quoted."""
    end = ended(StopReason.MAX_EXPERIMENTS)
    text = closing(session_start, end, make_history(), PLAIN, Path("/a place"))
    assert text.index("cd '/a place'") < text.index("autoresearch-ci results")
    assert "cd " not in closing(session_start, end, make_history(), PLAIN)


def test_the_outcome_is_one_line(session_start, make_history):
    """What --quiet prints."""
    history = make_history((0.98, Reason.IMPROVED))
    assert outcome(session_start, history) == (
        "mar17: val_bpb 1.000000 -> 0.980000 (-2.00%), experiment 1"
    )
