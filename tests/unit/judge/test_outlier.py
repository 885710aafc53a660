"""Which values get a second look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import Direction, Reason
from autoresearch_ci.judge.outlier import is_outlier, repeats

SMALL = [(1 - n / 1000, Reason.IMPROVED if n % 3 == 0 else Reason.WORSE) for n in range(1, 9)]


@pytest.mark.parametrize(
    ("direction", "value", "is_one"),
    [
        (Direction.LOWER, 0.11, False),
        (Direction.LOWER, 0.09, True),
        (Direction.LOWER, 0, True),
        (Direction.LOWER, -3, True),
        (Direction.LOWER, 50, False),
        (Direction.HIGHER, 9, False),
        (Direction.HIGHER, 11, True),
        (Direction.HIGHER, 0.01, False),
    ],
)
def test_ten_times_better_is_a_jump_from_the_first_experiment_on(
    make_history, direction, value, is_one
):
    """A metric that is always positive does not become ten times better unseen; worse it may."""
    assert is_outlier(make_history(direction=direction), value) == is_one


def test_what_goes_through_zero_anyway_has_no_tenfold(make_history):
    """Where the campaign has seen both signs, a ratio says nothing."""
    history = make_history((-0.5, Reason.WORSE), (0.5, Reason.IMPROVED))
    assert not is_outlier(history, -0.2)


def test_out_of_line_needs_experience(make_history):
    """Against small steps a leap stands out, once five of them were seen."""
    assert is_outlier(make_history(*SMALL), 0.9)
    assert not is_outlier(make_history(*SMALL), 0.985)
    assert not is_outlier(make_history(*SMALL[:4]), 0.9)


def test_leaps_are_nothing_new_where_there_were_some(make_history):
    """After a keep that gained as much, as much again is no surprise."""
    history = make_history(*SMALL, (0.8, Reason.IMPROVED))
    assert not is_outlier(history, 0.6)


def test_lies_teach_nothing(make_history):
    """What was thrown out for a violation does not make the next one look usual."""
    history = make_history(*SMALL, (0.5, Reason.RULE_VIOLATION), (0.4, Reason.GUARD_FAILED))
    assert is_outlier(history, 0.8)


def test_a_deterministic_plateau_is_no_reason(make_history):
    """Where nothing ever moved, the first small gain is not held."""
    history = make_history(*[(1.0, Reason.EQUAL)] * 9)
    assert not is_outlier(history, 0.97)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.sampled_from(Direction))
def test_a_value_repeats_itself(old, gain, direction):
    """The claimed value repeats, the old one does not, and half of the gain is enough."""
    sign = -1 if direction is Direction.LOWER else 1
    new = old + sign * gain
    assert repeats(direction, old, new, [new, old + sign * gain * 0.6])
    assert not repeats(direction, old, new, [new, old + sign * gain * 0.4])
