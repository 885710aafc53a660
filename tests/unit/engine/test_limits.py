"""When a session stops."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.history import Progress
from autoresearch_ci.core.model import Direction, Reason, StopReason
from autoresearch_ci.engine.limits import Limits

WORSE = (2.0, Reason.WORSE)
BETTER = (0.5, Reason.IMPROVED)


def test_without_limits_a_session_never_stops(make_history):
    """At a terminal the loop goes on until Ctrl-C."""
    assert Limits().reached(Progress(make_history(*[WORSE] * 50), 50, 1e9)) is None


def test_max_experiments_counts_this_session_only(make_history):
    """A campaign of 30 experiments can be continued by 10 more."""
    history = make_history(*[WORSE] * 30)
    assert Limits(max_experiments=10).reached(Progress(history, 9, 0)) is None
    reached = Limits(max_experiments=10).reached(Progress(history, 10, 0))
    assert reached is StopReason.MAX_EXPERIMENTS


def test_patience_runs_out_after_so_many_experiments_without_a_keep(make_history):
    """A keep, and a new session, both give new patience."""
    limits = Limits(patience=3)
    assert limits.reached(Progress(make_history(*[WORSE] * 3), 3, 0)) is StopReason.PATIENCE
    assert limits.reached(Progress(make_history(*[WORSE] * 3), 2, 0)) is None
    assert limits.reached(Progress(make_history(WORSE, WORSE, BETTER, WORSE), 4, 0)) is None


@pytest.mark.parametrize(
    ("direction", "target", "stops"),
    [
        (Direction.LOWER, 1.0, True),
        (Direction.LOWER, 0.9, False),
        (Direction.HIGHER, 1.0, True),
        (Direction.HIGHER, 1.1, False),
        (Direction.LOWER, 0.0, False),
        (Direction.HIGHER, -5.0, True),
    ],
)
def test_target_value_is_reached_from_the_right_side(make_history, direction, target, stops):
    """As good as the target is enough, in either direction, also at zero and below."""
    history = make_history(direction=direction)
    reached = Limits(target_value=target).reached(Progress(history, 0, 0))
    assert reached is (StopReason.TARGET_VALUE if stops else None)


def test_no_experiment_is_begun_that_would_not_end_in_time(make_history, baseline):
    """The next experiment is expected to take as long as the last one did."""
    history = make_history()
    limits = Limits(time_limit=100)
    assert limits.reached(Progress(history, 0, 99)) is None
    assert limits.reached(Progress(history, 0, 100)) is StopReason.TIME_LIMIT
