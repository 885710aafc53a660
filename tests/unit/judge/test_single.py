"""The plain rule: one run each."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import (
    Direction,
    MinDelta,
    Reason,
    Sample,
    Side,
    Status,
    Verdict,
    same,
)
from autoresearch_ci.judge import Comparison, single_run

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)


def comparison(
    incumbent, candidate, *, direction=Direction.LOWER, min_delta=MinDelta(), lines=(10, 10)
):
    samples = (Sample(Side.INCUMBENT, incumbent), Sample(Side.CANDIDATE, candidate))
    return Comparison(direction, min_delta, samples, simpler=lambda: lines[1] < lines[0])


def test_it_asks_for_each_side_once_before_it_decides():
    """No verdict is given before both sides were measured."""
    empty = Comparison(Direction.LOWER, MinDelta(), (), simpler=lambda: False)
    assert single_run(empty) is Side.INCUMBENT
    half = empty.plus(Sample(Side.INCUMBENT, 1.0))
    assert single_run(half) is Side.CANDIDATE
    assert isinstance(single_run(half.plus(Sample(Side.CANDIDATE, 1.0))), Verdict)


@given(incumbent=finite, candidate=finite)
def test_what_is_better_depends_on_the_direction_alone(incumbent, candidate):
    """The mirrored question has the same verdict, for zero and negative values too."""
    lower = single_run(comparison(incumbent, candidate))
    mirrored = single_run(comparison(-incumbent, -candidate, direction=Direction.HIGHER))
    assert lower == mirrored
    better = candidate < incumbent and not same(candidate, incumbent)
    assert (lower.status is Status.KEEP) == better


def test_equal_with_fewer_lines_is_kept_and_with_more_is_not():
    """Simpler wins a tie; nothing else does."""
    assert single_run(comparison(1.0, 1.0, lines=(10, 9))) == Verdict(Status.KEEP, Reason.SIMPLER)
    assert single_run(comparison(1.0, 1.0, lines=(10, 10))).reason is Reason.EQUAL
    assert single_run(comparison(1.0, 1.0, lines=(10, 11))).reason is Reason.EQUAL
    assert single_run(comparison(1.0, 1.0001, lines=(10, 1))).reason is Reason.WORSE


def test_min_delta_is_what_an_improvement_must_exceed():
    """Better by exactly `min_delta`, absolute or relative, is not enough."""
    absolute = MinDelta(0.25)
    assert single_run(comparison(1.0, 0.75, min_delta=absolute)).reason is Reason.WITHIN_NOISE
    assert single_run(comparison(1.0, 0.74, min_delta=absolute)).reason is Reason.IMPROVED
    relative = MinDelta(0.5, relative=True)
    assert single_run(comparison(-2.0, -3.0, min_delta=relative)).reason is Reason.WITHIN_NOISE
    assert single_run(comparison(-2.0, -3.1, min_delta=relative)).reason is Reason.IMPROVED


@given(incumbent=finite)
def test_what_is_not_a_number_is_never_kept(incumbent):
    """A nan that slipped through compares as no improvement."""
    assert single_run(comparison(incumbent, math.nan)).status is not Status.KEEP
