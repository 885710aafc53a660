"""How much better a candidate really is, given its values and where the incumbent stands.

Bayes' rule over the ideas of `ideas`, with Student's t for the noise: an outlier is
more likely noise than an effect. In gains and units of the noise. Effects have long
tails, so one far beyond the noise is recognised as well as one of its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from autoresearch_ci.judge import ideas
from autoresearch_ci.judge.level import Belief, moments
from autoresearch_ci.judge.noise import TAILS

_STEP, _REACH = 0.5, 6.0
"""Width of a step and how far to integrate, in standard errors."""

_NODES = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
"""Gauss-Hermite: stands for a normal exactly up to its fifth moment."""

_NEGLIGIBLE = 1e-3


@dataclass(frozen=True, slots=True)
class Effect:
    """What is believed of a candidate's gain.

    `better` is the probability that it exceeds the bar, `not_worse` that it is no
    loss beyond it; `prospect` is the gain expected of it where it is better, times
    that probability. `mean` and `variance` are of the gain itself.
    """

    better: float
    not_worse: float
    prospect: float
    mean: float
    variance: float


def estimate(values: Sequence[float], belief: Belief, improving: float, bar: float = 0.0) -> Effect:
    """The effect of a candidate with these values; `bar` is the smallest gain that counts."""
    level, blur = moments(belief)
    likelihood = _Likelihood(values, belief)
    middle = median(values) - level
    error = math.sqrt(1.4 / len(values) + min(blur, 4.0))
    low, high = middle - _REACH * error, middle + _REACH * error
    if abs(middle) < 2 * _REACH * error:  # far from it, no effect at all is out of the question
        low, high = min(low, -error), max(high, bar + error)
    still, damaging = (1 - improving) * ideas.NULL_SHARE, (1 - improving) * (1 - ideas.NULL_SHARE)
    null = still * likelihood(0.0)
    total = null
    first = second = better = prospect = loss = 0.0
    for edge, end in _pieces(low, high, bar):
        steps = max(1, math.ceil((end - edge) / (_STEP * error)))
        width = (end - edge) / steps
        for step in range(steps):
            gain = edge + (step + 0.5) * width
            prior = (
                improving * ideas.BETTER / (ideas.BETTER + gain) ** 2
                if gain > 0
                else damaging * ideas.WORSE / (ideas.WORSE - gain) ** 2
            )
            here = prior * likelihood(gain) * width
            total += here
            first += here * gain
            second += here * gain * gain
            if gain > bar:
                better += here
                prospect += here * gain
            elif gain < -bar:
                loss += here
    if total <= 0:  # no idea explains it
        return Effect(0.0, 0.0, 0.0, middle, error * error)
    mean = first / total
    return Effect(
        better / total,
        1 - loss / total,
        prospect / total,
        mean,
        max(0.0, second / total - mean * mean),
    )


def _pieces(low: float, high: float, bar: float) -> list[tuple[float, float]]:
    """The range, cut where what is counted changes."""
    cuts = sorted({low, high, *(cut for cut in (-bar, 0.0, bar) if low < cut < high)})
    return list(pairwise(cuts))


class _Likelihood:
    """Of a gain, up to a factor; the incumbent's level is integrated out."""

    def __init__(self, values: Sequence[float], belief: Belief) -> None:
        self._values = values
        self._levels = [
            (part.mean + node * math.sqrt(part.variance), part.weight * weight)
            for part in belief
            if part.weight > _NEGLIGIBLE
            for node, weight in _NODES
        ]

    def __call__(self, gain: float) -> float:
        total = 0.0
        for level, weight in self._levels:
            at, product = level + gain, 1.0
            for value in self._values:
                product *= 1 + (value - at) ** 2 / TAILS
            total += weight * product ** (-(TAILS + 1) / 2)
        return total
