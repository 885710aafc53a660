"""The share of the experiments that each proposer gets, by what its experiments have paid."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, median

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, Status

WINDOW = 60
"""Experiments that are looked at: what paid long ago may not pay now."""

PLATEAU = 10
"""Experiments without a keep after which the past is no guide to what pays."""

LEAST = 0.1
"""Share that neither falls below: who is never asked cannot show that it pays again."""

# Before anything is known: one typical gain in four experiments.
_GAIN, _COST = 0.25, 1.0
_MOST = 3.0


def share(name: str, other: str, history: History) -> float:
    """The part of the next experiments that are for `name`, the rest for `other`.

    In proportion to the improvement a unit of cost, which is an average experiment's seconds
    and an average paid idea's dollars. On a plateau both get the same: the mix changes.
    """
    if history.since_keep >= PLATEAU:
        return 0.5
    recent = [each for each in history.experiments[-WINDOW:] if not each.is_baseline]
    ours, theirs = _rate(name, recent, history), _rate(other, recent, history)
    return min(max(ours / (ours + theirs), LEAST), 1 - LEAST)


def _rate(name: str, recent: Sequence[Experiment], history: History) -> float:
    own = [each for each in recent if each.proposer == name]
    gains = [_gain(each, history) for each in recent]
    usual = median(positive) if (positive := [gain for gain in gains if gain > 0]) else 1.0
    gained = sum(min(_gain(each, history) / usual, _MOST) for each in own)
    seconds = mean(each.seconds for each in recent) if recent else 0.0
    first = recent[0].experiment if recent else 0
    wasted = [each for each in history.rejected if each.experiment >= first]
    paid = [each.cost_usd for each in recent if each.cost_usd > 0]
    cost = sum(each.seconds for each in own) / seconds if seconds else float(len(own))
    if paid:
        spent = sum(each.cost_usd for each in own)
        spent += sum(each.cost_usd for each in wasted if each.proposer == name)
        cost += spent / mean(paid)
    return (gained + _GAIN) / (cost + _COST)


def _gain(experiment: Experiment, history: History) -> float:
    """The improvement of a keep in the metric's unit, else 0."""
    if experiment.status is not Status.KEEP or experiment.value is None or experiment.prev is None:
        return 0.0
    return max(history.direction.gain(experiment.value, experiment.prev), 0.0)
