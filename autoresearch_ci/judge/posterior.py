"""The gain of a candidate, given its values and the level of the incumbent.

Bayes' rule over the ideas of the prior and the levels of the belief, on a grid, for every
shape that the noise may have: an outlier is more likely noise than an effect. In gains
and units of the noise. Effects have long tails, so one far beyond the noise is
recognised as well as one of its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import mul
from statistics import median

from autoresearch_ci.judge.incumbent_level import KINDS, PLACES, STEP, Belief, centred, moments
from autoresearch_ci.judge.prior import STRAY, probabilities
from autoresearch_ci.judge.scale import Shape

_NEGLIGIBLE = 1e-3
"""Probability below which a shape of the noise is not weighed in an estimate."""

_REACH = 5.0
"""Extent of the grid, in standard errors."""


@dataclass(frozen=True, slots=True)
class GainEstimate:
    """A candidate's gain, as far as it can be known.

    `better` is the probability that it exceeds the bar, `not_worse` that it is no
    loss beyond it; `prospect` is the gain expected of it where it is better, times
    that probability. `mean` is of the gain itself.
    """

    better: float
    not_worse: float
    prospect: float
    mean: float


def estimate(
    values: Sequence[float], belief: Belief, improving: float, bar: float = 0.0
) -> GainEstimate:
    """The gain of a candidate with these values; `bar` is the smallest gain that counts."""
    total = first = better = prospect = loss = 0.0
    for weights, (shape, _) in zip(belief, KINDS, strict=True):
        if sum(weights) < _NEGLIGIBLE:
            continue
        for gains, priors, likelihood in _table(values, belief, improving, shape):
            for index, (step, prior) in enumerate(zip(gains, priors, strict=True)):
                here = prior * sum(map(mul, weights, likelihood[index : index + len(weights)]))
                gain = step * STEP
                total += here
                first += here * gain
                if gain > bar:
                    better += here
                    prospect += here * gain
                elif gain < -bar:
                    loss += here
    if total <= 0:  # no idea explains it
        return GainEstimate(0.0, 0.0, 0.0, 0.0)
    return GainEstimate(better / total, 1 - loss / total, prospect / total, first / total)


def after(
    values: Sequence[float], belief: Belief, improving: float, *, kept: bool
) -> tuple[Belief, int]:
    """The level of the next incumbent: of the candidate if it was kept, else of the incumbent.

    The belief is around a place of its own, given in steps of the grid.
    """
    stray = 0.0 if kept else STRAY * STEP  # what is like no idea known teaches nothing
    masses: list[dict[int, float]] = []
    for weights, (shape, _) in zip(belief, KINDS, strict=True):
        mass: dict[int, float] = {}
        for gains, priors, likelihood in _table(values, belief, improving, shape):
            odds = [prior + stray for prior in priors]
            for index, (place, weight) in enumerate(zip(PLACES, weights, strict=True)):
                fits = map(mul, odds, likelihood[index : index + len(gains)])
                if kept:
                    for gain, fit in zip(gains, fits, strict=True):
                        mass[place + gain] = mass.get(place + gain, 0.0) + weight * fit
                else:
                    mass[place] = mass.get(place, 0.0) + weight * sum(fits)
        masses.append(mass)
    return centred(masses) if any(any(mass.values()) for mass in masses) else (belief, 0)


def _table(
    values: Sequence[float], belief: Belief, improving: float, shape: Shape
) -> Iterator[tuple[range, list[float], list[float]]]:
    """Ranges of gains with their priors, and the likelihood of every level plus gain."""
    for gains in _ranges(values, belief):
        places = range(gains.start + PLACES.start, gains.stop + PLACES.stop - 1)
        at = [place * STEP for place in places]
        likelihood = [1.0] * len(at)
        for value in values:
            likelihood = list(map(mul, likelihood, shape.densities(value, at)))
        yield gains, probabilities(gains, STEP, improving), likelihood


def _ranges(values: Sequence[float], belief: Belief) -> list[range]:
    """Gains around what the values say, and around no effect, which is never out of the question.

    Around each of the values too: they may be far apart.
    """
    level, blur = moments(belief)
    error = math.sqrt(1.4 / len(values) + min(blur, 4.0))
    reach, near = math.ceil(_REACH * error / STEP), math.ceil(error / STEP)
    spans = [(0, near), (round((median(values) - level) / STEP), reach)]
    spans += [(round((value - level) / STEP), near) for value in values]
    found: list[range] = []
    for first, last in sorted((at - wide, at + wide) for at, wide in spans):
        if found and first - found[-1].stop <= reach - near:  # too little apart to be worth it
            found[-1] = range(found[-1].start, max(found[-1].stop, last + 1))
        else:
            found.append(range(first, last + 1))
    return found
