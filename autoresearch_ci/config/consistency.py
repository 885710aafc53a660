"""Settings that only make sense together: BadValue for what does not agree, with what to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autoresearch_ci.config.values import BadValue
from autoresearch_ci.core.model import HOLDOUT


def times(time_budget: float, kill_after: float) -> None:
    """Refuse to kill experiments that only use their time, in seconds."""
    if kill_after < time_budget:
        raise BadValue(
            f"kill_after ({kill_after:g} s) is less than time_budget ({time_budget:g} s): every "
            "experiment that uses its time would be killed.",
            "Raise kill_after or lower time_budget.",
            ("kill_after", "time_budget"),
        )


def bounds(low: float | None, high: float | None) -> None:
    """Refuse bounds of the metric between which there is no value."""
    if low is not None and high is not None and low >= high:
        raise BadValue(
            f"metric_min ({low:g}) is not less than metric_max ({high:g}): every value would be "
            "implausible.",
            "Swap the two or remove one.",
            ("metric_min", "metric_max"),
        )


def constraints(names: Sequence[str], metric: str, holdout_command: str | None) -> None:
    """Refuse a constraint on the metric itself, or on a number that no command gives."""
    if metric in names:
        raise BadValue(
            f"{metric} is the metric itself: what is worse is never kept.",
            "Take that constraint out; metric_min and metric_max say which values can be true.",
            ("constraints", "metric_name"),
        )
    if HOLDOUT in names and holdout_command is None:
        raise BadValue(
            "A constraint is on holdout, and there is no holdout_command.",
            "Set holdout_command, or take that constraint out.",
            ("constraints",),
        )


def prices(limits: Mapping[str, float | None], given: Mapping[str, float | None]) -> None:
    """Refuse a limit in dollars without the prices that it needs."""
    limit = next((name for name, value in limits.items() if value is not None), None)
    missing = [name for name, value in given.items() if value is None]
    if limit and missing:
        raise BadValue(
            f"{limit} is a limit in dollars and needs prices; not set: {', '.join(missing)}.",
            "Set price_in and price_out to what your provider charges for a million tokens, "
            f"or use max_tokens instead of {limit}.",
            (limit, *missing),
        )
