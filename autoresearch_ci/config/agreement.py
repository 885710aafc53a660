"""Settings that only make sense together: what does not agree is told with what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autoresearch_ci.config.values import BadValue
from autoresearch_ci.core.model import HOLDOUT

if TYPE_CHECKING:
    from autoresearch_ci.config.settings import Settings

_COSTS = ("max_cost_usd", "max_cost_usd_per_day")
_PRICES = ("price_in", "price_out")


def check(settings: Settings) -> None:
    """Raise BadValue for the first settings that contradict each other."""
    _bounds(settings)
    _constraints(settings)
    _prices(settings)


def _bounds(settings: Settings) -> None:
    if settings.kill_after < settings.time_budget:
        raise BadValue(
            f"kill_after ({settings.kill_after:g} s) is less than time_budget "
            f"({settings.time_budget:g} s): every experiment that uses its time would be killed.",
            "Raise kill_after or lower time_budget.",
            ("kill_after", "time_budget"),
        )
    if (
        settings.metric_min is not None
        and settings.metric_max is not None
        and settings.metric_min >= settings.metric_max
    ):
        raise BadValue(
            f"metric_min ({settings.metric_min:g}) is not less than metric_max "
            f"({settings.metric_max:g}): every value would be implausible.",
            "Swap the two or remove one.",
            ("metric_min", "metric_max"),
        )


def _constraints(settings: Settings) -> None:
    names = [each.name for each in settings.constraints]
    if settings.metric_name in names:
        raise BadValue(
            f"{settings.metric_name} is the metric itself: what is worse is never kept.",
            "Take that constraint out; metric_min and metric_max say which values can be true.",
            ("constraints", "metric_name"),
        )
    if HOLDOUT in names and settings.holdout_command is None:
        raise BadValue(
            "A constraint is on holdout, and there is no holdout_command.",
            "Set holdout_command, or take that constraint out.",
            ("constraints",),
        )


def _prices(settings: Settings) -> None:
    limit = next((name for name in _COSTS if getattr(settings, name) is not None), None)
    missing = [name for name in _PRICES if getattr(settings, name) is None]
    if limit and missing:
        raise BadValue(
            f"{limit} is a limit in dollars and needs prices; not set: {', '.join(missing)}.",
            "Set price_in and price_out to what your provider charges for a million tokens, "
            f"or use max_tokens instead of {limit}.",
            (limit, *missing),
        )
