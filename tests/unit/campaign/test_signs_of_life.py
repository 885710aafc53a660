"""Lanes that are silent for too long are avoided no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.campaign.lanes.signs_of_life import TIMES, SignsOfLife
from autoresearch_ci.core.history import History
from autoresearch_ci.core.lane_group import takes
from autoresearch_ci.core.model import Direction, ExperimentStart, IdeaRequest
from tests.unit.campaign.ledger.test_merge import START
from tests.unit.conftest import BASELINE

NOW = "2026-03-17T14:35:00Z"


def begun(session: str, number: int) -> ExperimentStart:
    return ExperimentStart("t", session, NOW, number, "an idea", "p", "c", "search")


def test_a_lane_is_taken_for_dead_once_its_experiment_takes_longer_than_any_can():
    """Going by our own clock: a later experiment of it, or its end, is a sign of life."""
    now, history = [1000.0], History(Direction.LOWER)
    history.add(replace(BASELINE, seconds=100.0))
    signs = SignsOfLife(lambda: now[0], late=20.0)
    assert signs.gone([begun("a", 1), begun("b", 1)], history) == set()
    now[0] += TIMES * 100.0 + 10.0
    assert signs.gone([begun("a", 1), begun("b", 2)], history) == set()
    now[0] += 11.0
    assert signs.gone([begun("a", 1), begun("b", 2)], history) == {"a"}
    assert signs.gone([begun("a", 2), begun("b", 2)], history) == set()


@pytest.mark.parametrize("gone", [1, 3, 8])
def test_a_queued_idea_is_for_one_of_the_lanes_at_work(gone):
    """Every lane finds the same one; where that is gone it is another's, and no other idea is."""
    starts = [replace(START, session=f"s{n}", lane=n, lanes=8, group="g") for n in range(1, 9)]
    before, after = {each.session for each in starts}, {f"s{n}" for n in range(1, 9) if n != gone}
    for number in range(50):
        idea = IdeaRequest("t", f"idea-{number}", NOW, "an idea")
        first = [each.lane for each in starts if takes(idea, each, starts, before)]
        alive = [each for each in starts if each.session in after]
        then = [each.lane for each in alive if takes(idea, each, starts, after)]
        assert len(first) == len(then) == 1
        assert first in (then, [gone])
