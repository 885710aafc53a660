"""Bounds on numbers beside the metric, by the runs of both sides: met, broken or not known yet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from autoresearch_ci.core.model import same
from autoresearch_ci.judge.scale import scatter

SURE = 1.0
"""Standard errors from the bound that are enough: about five in six, as for a simplification."""

_OF_MEDIANS = math.pi / 2
"""The variance of a median of normal values, times their number, in units of one value's."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The number as it was measured, `value`, and how far it is on the right side of its `bound`.

    `error` is the standard error of that: 0 for a number that repeats exactly.
    """

    value: float
    bound: float
    margin: float
    error: float

    @property
    def met(self) -> bool:
        """Tell whether it is on the right side, as far as it was measured."""
        return self.margin >= 0 or same(self.value, self.bound)

    @property
    def sure(self) -> bool:
        """Tell whether no other run is needed to say so."""
        return abs(self.margin) >= SURE * self.error


def standing(
    candidate: Sequence[float],
    bound: float,
    *,
    at_least: bool,
    noise: float,
    beside: int = 0,
) -> Standing:
    """Compare the runs of a candidate with a bound.

    `noise` is the scale of one run, `beside` the number of runs of the incumbent that the bound was
    worked out from, 0 for one that is given.
    """
    value = median(candidate)
    shares = 1 / len(candidate) + (1 / beside if beside else 0.0)
    margin = value - bound if at_least else bound - value
    return Standing(value, bound, margin, noise * math.sqrt(_OF_MEDIANS * shares))


def noise_of(groups: Iterable[Sequence[float]]) -> float:
    """The scale of one run, from groups of runs of the same content; 0 where they repeat."""
    steps = (after - before for group in groups for before, after in pairwise(group))
    return scatter(tuple(steps)) or 0.0
