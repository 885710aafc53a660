"""The prior: what ideas are worth before anything is known about one of them.

The effects are gains in units of the noise. Most ideas change nothing or make it
worse; how many improve is estimated from the campaign itself, so that a campaign
in which nothing works asks ever more of a candidate. That is what bounds false
keeps over a campaign and not only for one experiment.
"""

from __future__ import annotations

from collections.abc import Iterable

BETTER, WORSE = 1.5, 3.0
"""Typical size of an improvement and of a damage, in units of the noise."""

NULL_SHARE = 0.6
"""Of the ideas that do not improve, those that change nothing."""

STRAY = 0.01
"""Density of candidates that are like no idea known, where the incumbent's level is learned."""

_GUESS, _WEIGHT = 0.2, 60.0
"""Share of improvements believed at first, and how many experiments that belief is worth."""

_SEEN = 0.5
"""Share of the real improvements that is recognised: the rest is too small to be told."""


def improving(experiments: int, improved: int) -> float:
    """The share of ideas that improve, after so many experiments of which so many did."""
    return min(0.3, (_WEIGHT * _GUESS + improved / _SEEN) / (_WEIGHT + experiments))


def probabilities(steps: Iterable[int], width: float, improving: float) -> list[float]:
    """The probability of gains of so many steps of this width; long tails, and a lump at none."""
    still, harm = (1 - improving) * NULL_SHARE, (1 - improving) * (1 - NULL_SHARE)
    up, down = improving * BETTER * width, harm * WORSE * width
    return [
        up / (BETTER + step * width) ** 2
        if step > 0
        else down / (WORSE - step * width) ** 2
        if step
        else still
        for step in steps
    ]
