"""Four kinds of outcome that every picture and page tells apart, and the noise of the values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum
from statistics import fmean, median

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, Reason, Side, Status

_REFUSED = {Reason.GUARD_FAILED, Reason.RULE_VIOLATION, Reason.CONSTRAINT, Reason.UNTESTED}
_NORMAL = 1.4826
"""Standard deviation of a normal distribution by the median distance from its middle."""

_SURE = 1.96
"""Standard errors on either side that hold 95 %."""


class Kind(StrEnum):
    """An outcome in the words of a legend."""

    KEPT = "kept"
    DISCARDED = "not better"
    REFUSED = "broke a rule"
    CRASHED = "crashed"


def kind(experiment: Experiment) -> Kind:
    """The kind of a finished experiment; the baseline is kept."""
    if experiment.status is Status.KEEP:
        return Kind.KEPT
    if experiment.status is Status.CRASH:
        return Kind.CRASHED
    return Kind.REFUSED if experiment.reason in _REFUSED else Kind.DISCARDED


def noise(history: History) -> float:
    """The standard deviation of one run, in the metric's unit; 0 where runs repeat.

    By the runs of the same side of one experiment; a few that are far off change nothing.
    """
    apart = [abs(each) for experiment in history.experiments for each in _residuals(experiment)]
    return _NORMAL * median(apart) if apart else 0.0


def _residuals(experiment: Experiment) -> Iterator[float]:
    for side in Side:
        values = [sample.value for sample in experiment.samples if sample.side is side]
        if len(values) > 1:
            middle, scale = fmean(values), math.sqrt(len(values) / (len(values) - 1))
            yield from ((value - middle) * scale for value in values)


def margin(experiment: Experiment, deviation: float) -> float:
    """Half of the interval that holds an experiment's true value with 95 %: a runs' mean."""
    runs = sum(sample.side is Side.CANDIDATE for sample in experiment.samples)
    return _SURE * deviation / math.sqrt(max(runs, 1))
