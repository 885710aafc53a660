"""The judge of two versions that no campaign made: whether one is better, and by how much.

Pairs of runs that take turns, looked at a few times. Each look spends a part of the one percent
of cases in which two equal versions may be called different, so that a large difference is told
after few pairs and a small one is not invented by looking often.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, median, stdev

from autoresearch_ci.core.model import Reason, Side, Status, Verdict
from autoresearch_ci.judge.comparison import Comparison, Judge
from autoresearch_ci.judge.paired import Interval, complete, gains_of, repeats, signed_ranks

MOST = 20
"""Pairs of runs after which a difference that was not found is called too small to tell."""

_EXACT, _FIRST = 3, 5

_FIRST_T = 8.610
"""Student's t for 4 degrees of freedom and an error of 0.001, both ways."""

_LOOKS = {10: 0.998, 14: 0.997, 20: 0.996}
"""Confidence of the intervals by signed ranks, by the pairs at which they are looked at.

What they leave out, 0.002, 0.003 and 0.004, makes one percent with the first look's.
"""


def difference() -> Judge:
    """A judge that keeps the candidate where it is shown to be better by more than `min_delta`.

    The verdict is `improved`, `worse`, `equal` (the metric repeats exactly and the two are the
    same), or `within_noise`: no difference was shown in `MOST` pairs.
    """

    def judge(comparison: Comparison) -> Verdict | Side:
        samples = comparison.samples
        if len(samples) % 2:
            last = samples[-1].side
            return Side.CANDIDATE if last is Side.INCUMBENT else Side.INCUMBENT
        pairs = len(samples) // 2
        found = found_in(comparison) if pairs else None
        least = comparison.min_delta.at(median(comparison.values(Side.INCUMBENT) or [0.0]))
        if found is not None:
            if found.low > least:
                return Verdict(Status.KEEP, Reason.IMPROVED, found.gain)
            if found.high < -least:
                return Verdict(Status.DISCARD, Reason.WORSE, found.gain)
            if found.exact:
                return Verdict(Status.DISCARD, Reason.EQUAL, found.gain)
            if pairs >= MOST:
                return Verdict(Status.DISCARD, Reason.WITHIN_NOISE, found.gain)
        return Side.CANDIDATE if pairs % 2 else Side.INCUMBENT

    return judge


def found_in(comparison: Comparison) -> Interval | None:
    """By how much the candidate is better, with its interval; None between two looks."""
    gains = [-gain for gain in gains_of(comparison)]
    pairs = len(gains)
    if pairs >= _EXACT and repeats(complete(comparison.samples)):
        return signed_ranks(gains, exact=True)
    if pairs == _FIRST:
        return _by_scatter(gains)
    confidence = _LOOKS.get(pairs)
    return signed_ranks(gains, confidence=confidence) if confidence else None


def _by_scatter(gains: Sequence[float]) -> Interval:
    """Student's interval, which says nothing where the gains are all the same: a coarse clock."""
    middle, spread = mean(gains), stdev(gains)
    reach = _FIRST_T * spread / math.sqrt(len(gains)) if spread else math.inf
    return Interval(middle, middle - reach, middle + reach, len(gains))
