"""How much better one version is than another, from pairs of runs beside each other.

Each pair is a run of either side, one right after the other, so what both suffer
from, a slow hour of the machine, is not in their difference. A difference of two
runs of the same thing is as often positive as negative whatever the noise looks
like, and that is all that Wilcoxon's signed ranks ask for: no bell curve, and one
wild run moves the result by one rank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

CONFIDENCE = 0.95
FEWEST = 6
"""Pairs below which no interval can have that confidence."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A gain in the metric's unit, positive where it is better, and its confidence interval.

    With too few pairs the interval is infinite. `exact` is a metric that repeats.
    """

    gain: float
    low: float
    high: float
    pairs: int
    exact: bool = False

    def better(self, by: float = 0.0) -> bool:
        """Whether it is shown to be better by more than `by`."""
        return self.low > by

    @property
    def worse(self) -> bool:
        """Whether it is shown to be worse."""
        return self.high < 0


def effect(gains: Sequence[float], *, exact: bool = False) -> Effect:
    """The effect that these gains, one a pair, show.

    The median of the means of all two of them (Hodges and Lehmann), with the
    interval that belongs to it. `exact` says that both sides repeat exactly.
    Raises ValueError without any gains.
    """
    if not gains:
        raise ValueError("no pair was measured")
    means = sorted((a + b) / 2 for i, a in enumerate(gains) for b in gains[i:])
    middle = median(means)
    if exact:
        return Effect(middle, middle, middle, len(gains), exact=True)
    cut = _cut(len(gains))
    if cut == 0:
        return Effect(middle, -math.inf, math.inf, len(gains))
    return Effect(middle, means[cut - 1], means[-cut], len(gains))


def settled(gains: Sequence[float], pairs: int) -> bool:
    """Whether these gains answer the question, of which `pairs` were to be measured.

    Where they leave open what looks like a gain, as many again are worth it.
    """
    if len(gains) < pairs:
        return False
    found = effect(gains)
    return len(gains) >= 2 * pairs or found.better() or found.gain <= 0


def _cut(pairs: int) -> int:
    """The rank, from 1, of the interval's end among the means of two; 0 where there is none."""
    tail = (1 - CONFIDENCE) / 2 * 2**pairs
    ways = _ways(pairs)
    total, cut = 0, 0
    for count in ways:
        total += count
        if total > tail:
            return cut
        cut += 1
    return cut


@cache
def _ways(pairs: int) -> tuple[int, ...]:
    """In how many of the 2**pairs ways to give signs the positive ranks sum to 0, 1, 2, ..."""
    ways = [1]
    for rank in range(1, pairs + 1):
        longer = [*ways, *([0] * rank)]
        for total, count in enumerate(ways):
            longer[total + rank] += count
        ways = longer
    return tuple(ways)
