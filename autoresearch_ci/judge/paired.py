"""The paired judge: two versions on fresh runs that take turns, and nothing believed beforehand.

Only the difference within a pair counts, so that a machine that drifts changes both sides alike.
What holds of the differences is told by Wilcoxon's signed ranks, which need no law of the noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from statistics import median

from autoresearch_ci.core.model import Reason, Sample, Side, Status, Verdict, same
from autoresearch_ci.judge.comparison import Comparison, Judge
from autoresearch_ci.judge.scale import scatter, substantial

PAIRS = 8
"""Pairs of runs for a question, and as many again where they leave it open."""

CONFIDENCE = 0.95

FEWEST = 6
"""Pairs below which no interval can have that confidence."""

_SAME = 3
"""Runs of a side that must be the same before the metric counts as exact."""


@dataclass(frozen=True, slots=True)
class Interval:
    """By how much the incumbent is better, in the metric's unit, and its confidence interval.

    With too few pairs the interval is infinite. `exact` is a metric that repeats.
    """

    gain: float
    low: float
    high: float
    pairs: int
    exact: bool = False

    def better(self, by: float = 0.0) -> bool:
        """Return whether the incumbent is shown to be better by more than `by`."""
        return self.low > by

    @property
    def worse(self) -> bool:
        """Return whether the incumbent is shown to be worse."""
        return self.high < 0


def paired(pairs: int = PAIRS, *, must_improve: bool = False) -> Judge:
    """A judge that compares `pairs` pairs of runs, whose order alternates.

    A metric that repeats exactly is known by three. Where `pairs` of them leave open what looks
    like a gain of the incumbent, as many again are run. The candidate takes something out that
    was kept: it is kept where the incumbent is not shown to be better, or, with `must_improve`,
    where it is shown to be worse.
    """

    def judge(comparison: Comparison) -> Verdict | Side:
        samples = comparison.samples
        if len(samples) % 2:
            last = samples[-1].side
            return Side.CANDIDATE if last is Side.INCUMBENT else Side.INCUMBENT
        if not (repeats(samples) or _answered(gains_of(comparison), pairs)):
            return Side.CANDIDATE if len(samples) // 2 % 2 else Side.INCUMBENT
        found = interval(comparison)
        reason, status = Reason.WITHIN_NOISE, Status.DISCARD
        if math.isfinite(found.low):
            helps = not found.worse if must_improve else found.better()
            reason = Reason.WORSE if helps else Reason.SIMPLER
            status = Status.DISCARD if helps else Status.KEEP
        if found.exact:
            return Verdict(status, reason)
        return Verdict(status, reason, -found.gain, level(comparison))

    return judge


def interval(comparison: Comparison) -> Interval:
    """The interval that the complete pairs of a comparison give.

    Raises ValueError without any.
    """
    return signed_ranks(gains_of(comparison), exact=repeats(complete(comparison.samples)))


def level(comparison: Comparison) -> float | None:
    """The incumbent's median, None where noise may be most of it."""
    values = [s.value for s in complete(comparison.samples) if s.side is Side.INCUMBENT]
    differences = tuple(after - before for before, after in pairwise(values))
    return substantial(median(values), scatter(differences) or 0.0)


def complete(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The samples without the first of a pair whose second is missing."""
    return tuple(samples[: len(samples) // 2 * 2])


def signed_ranks(
    gains: Sequence[float], *, exact: bool = False, confidence: float = CONFIDENCE
) -> Interval:
    """The median of the means of all two gains (Hodges and Lehmann), with its interval.

    `exact` says that both sides repeat exactly. Raises ValueError without any gains.
    """
    if not gains:
        raise ValueError("no pair was measured")
    means = sorted((a + b) / 2 for i, a in enumerate(gains) for b in gains[i:])
    middle = median(means)
    if exact:
        return Interval(middle, middle, middle, len(gains), exact=True)
    cut = _cut(len(gains), confidence)
    if cut == 0:
        return Interval(middle, -math.inf, math.inf, len(gains))
    return Interval(middle, means[cut - 1], means[-cut], len(gains))


def gains_of(comparison: Comparison) -> list[float]:
    """The gain of the incumbent over the candidate in each complete pair."""
    gains = []
    for pair in zip(comparison.samples[::2], comparison.samples[1::2], strict=False):
        values = {sample.side: sample.value for sample in pair}
        gain = comparison.direction.gain(values[Side.INCUMBENT], values[Side.CANDIDATE])
        gains.append(gain)
    return gains


def repeats(samples: Sequence[Sample]) -> bool:
    """Return whether both sides were run three times and always gave the same number."""
    values = [[sample.value for sample in samples if sample.side is side] for side in Side]
    return all(
        len(side) >= _SAME and all(same(value, side[0]) for value in side) for side in values
    )


def _answered(gains: Sequence[float], pairs: int) -> bool:
    """Return whether these gains answer the question, of which `pairs` were to be measured."""
    if len(gains) < pairs:
        return False
    found = signed_ranks(gains)
    return len(gains) >= 2 * pairs or found.better() or found.gain <= 0


def _cut(pairs: int, confidence: float) -> int:
    """The rank, from 1, of the interval's end among the means of two; 0 where there is none."""
    tail = (1 - confidence) / 2 * 2**pairs
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
    """The number of the 2**pairs ways to give signs in which positive ranks sum to 0, 1, 2, ..."""
    ways = [1]
    for rank in range(1, pairs + 1):
        longer = [*ways, *([0] * rank)]
        for total, count in enumerate(ways):
            longer[total + rank] += count
        ways = longer
    return tuple(ways)
