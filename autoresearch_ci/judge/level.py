"""Where the incumbent stands right now, as a belief that runs sharpen and time blurs.

All in gains (higher is better) and units of the noise. The belief is a mixture of
normals: the machine is as it was, or it jumped. Every run teaches something, a
candidate's too: most ideas change nothing or are somewhat worse, so a candidate's
value is a blurred look at the incumbent. So the bar follows a drifting machine
without a run of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from autoresearch_ci.judge import ideas
from autoresearch_ci.judge.noise import TAILS

DRIFT = 0.005
"""Variance that drift adds from one experiment to the next."""

JUMP, REACH = 0.005, 9.0
"""How probable it is that the machine jumped since the last experiment; variance if it did."""

STRAY = 0.003
"""Density of candidates that are like no idea known: they teach nothing."""

FAR = 1e6
_ROOT = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Normal:
    """One part of a belief; a belief's weights add up to 1."""

    weight: float
    mean: float
    variance: float


Belief = tuple[Normal, ...]


def at_start(mean: float, variance: float) -> Belief:
    """What is believed when an experiment begins, from what was when the last one ended."""
    variance += DRIFT
    return Normal(1 - JUMP, mean, variance), Normal(JUMP, mean, variance + REACH)


def measured(value: float) -> Belief:
    """What one run alone tells."""
    return (Normal(1.0, value, 1.0),)


def moments(belief: Belief) -> tuple[float, float]:
    """Mean and variance of the whole mixture."""
    mean = sum(part.weight * part.mean for part in belief)
    return mean, sum(p.weight * (p.variance + (p.mean - mean) ** 2) for p in belief)


def see_incumbent(belief: Belief, value: float) -> Belief:
    """After a run of the incumbent; an outlier moves it little."""
    seen = []
    for part in belief:
        total = part.variance + 1
        surprise = (value - part.mean) ** 2 / total
        likelihood = (1 + surprise / TAILS) ** (-(TAILS + 1) / 2) / math.sqrt(total)
        trust = min(1.0, (TAILS + 1) / (TAILS + surprise))
        pull = part.variance / (part.variance + 1 / trust)
        mean = part.mean + pull * (value - part.mean)
        seen.append(Normal(part.weight * likelihood, mean, (1 - pull) * part.variance))
    return _normed(seen)


def see_candidate(belief: Belief, values: list[float], improving: float) -> Belief:
    """After a candidate was not kept: what its values say of the incumbent.

    `improving` is the share of ideas that improve.
    """
    value, noise = median(values), 1 / len(values)
    seen = []
    for part in belief:
        gap = value - part.mean
        spread = math.sqrt(part.variance + noise)
        cases = [
            (STRAY, 0.0, spread * spread),
            ((1 - improving) * ideas.NULL_SHARE * _bell(gap / spread) / spread, gap, 0.0),
            _one_sided(gap, spread, ideas.WORSE, (1 - improving) * (1 - ideas.NULL_SHARE)),
            _mirrored(_one_sided(-gap, spread, ideas.BETTER, improving)),
        ]
        total = sum(share for share, _, _ in cases)
        mean = sum(share * mean for share, mean, _ in cases) / total
        square = sum(share * (variance + mean * mean) for share, mean, variance in cases) / total
        pull = part.variance / (part.variance + noise)
        variance = (1 - pull) * part.variance + pull * pull * max(0.0, square - mean * mean)
        seen.append(Normal(part.weight * total, part.mean + pull * mean, variance))
    return _normed(seen)


def _one_sided(gap: float, spread: float, size: float, share: float) -> tuple[float, float, float]:
    """For `gap` = error - effect with an exponential effect of mean `size`.

    Density of the gap times `share`, and the error's mean and variance given the gap.
    """
    least = (gap + spread * spread / size) / spread  # the error is a normal cut off at the gap
    if least > 6:  # noqa: PLR2004 -- beyond what erfc can divide by; the tail is exponential
        rest = spread / least
        return share * _bell(gap / spread) / (least * size), gap + rest, rest * rest
    above = math.erfc(least / math.sqrt(2)) / 2
    hazard = _bell(least) / above
    density = above / size * math.exp(spread * spread / size**2 / 2 + gap / size)
    mean = spread * hazard - spread * spread / size
    variance = spread * spread * max(1 + least * hazard - hazard * hazard, 1e-6)
    return share * density, mean, variance


def _mirrored(case: tuple[float, float, float]) -> tuple[float, float, float]:
    return case[0], -case[1], case[2]


def _bell(value: float) -> float:
    return math.exp(-value * value / 2) / _ROOT


def _normed(parts: Iterable[Normal]) -> Belief:
    parts = tuple(parts)
    total = sum(part.weight for part in parts)
    return tuple(Normal(part.weight / total, part.mean, part.variance) for part in parts)


def clamp(value: float) -> float:
    """Far is far: keeps squares within what a float can hold."""
    return max(-FAR, min(FAR, value))
