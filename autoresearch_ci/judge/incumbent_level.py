"""The incumbent's level right now, as a belief that runs sharpen and time blurs.

In gains (higher is better) and units of the noise, on a grid around where it was thought to
stand. The belief says for every shape that the noise may have, and every law by which the machine
may move, how probable each level is. So these are learned by the way: what runs come as it says
gains weight.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, product
from operator import mul
from typing import NamedTuple

from autoresearch_ci.judge.scale import SHAPES

STEP = 1 / 3
"""Levels and gains are weighed on a grid of this width."""

PLACES = range(-18, 19)
LEVELS = [place * STEP for place in PLACES]


class Drift(NamedTuple):
    """A law of a machine's moves from one experiment to the next.

    `share` is how probable the law is, `down` and `up` are the probabilities of a step to either
    side, and the machine takes `steps` of them.
    """

    share: float
    down: float
    up: float
    steps: int


DRIFTS = (Drift(0.76, 0.0135, 0.0135, 1), Drift(0.1, 0.25, 0.25, 5))
"""Steady and restless machines."""

TRENDS = (Drift(0.105, 0.05, 0.45, 3), Drift(0.105, 0.45, 0.05, 3))
"""Machines that go on warming up or cooling down; `share` is of those with symmetric noise."""

JUMP, REACH = 0.01, 8.0
"""Probability that the machine jumped since the last experiment; variance if it did."""

ASTRAY, OFF_LEVEL = 2.5, 5.0
"""Distance from the believed level at which runs make it doubtful: the incumbent's own,
and several candidates', of which one may be as far off by itself."""

KNOWN = 0.9
"""Trust that another session's machine has the same shape of noise."""

FAR = 1e15
"""The largest values at which floats tell levels apart."""

KINDS = (*product(SHAPES, DRIFTS), *product(SHAPES[:1], TRENDS))
"""Hypotheses: every shape of the noise without a trend, the symmetric one with each trend."""

Belief = tuple[tuple[float, ...], ...]
"""For each of the hypotheses, the probability of each of the levels; all together add up to 1."""


def _bell() -> list[float]:
    heights = [math.exp(-level * level / REACH / 2) for level in LEVELS]
    return [height / sum(heights) for height in heights]


_ANYWHERE = _bell()


def unknown() -> Belief:
    """Before any run."""
    return tuple(
        tuple(shape.share * drift.share * here for here in _ANYWHERE) for shape, drift in KINDS
    )


def anew(belief: Belief) -> Belief:
    """The belief where the level is not known, but the shape of the noise is, mostly."""
    return tuple(
        tuple(
            (KNOWN * sum(row) + (1 - KNOWN) * shape.share * drift.share) * here
            for here in _ANYWHERE
        )
        for row, (shape, drift) in zip(belief, KINDS, strict=True)
    )


def at_start(belief: Belief) -> Belief:
    """The belief when an experiment begins, from the one when the last one ended."""
    found = []
    for row, (_, (_, down, up, steps)) in zip(belief, KINDS, strict=True):
        jump, moved = JUMP * sum(row), row
        for _ in range(steps):
            sides = zip((0.0, *moved[:-1]), moved, (*moved[1:], 0.0), strict=True)
            moved = tuple(
                (1 - down - up) * here + up * below + down * above for below, here, above in sides
            )
        found.append(
            tuple(
                (1 - JUMP) * here + jump * anywhere
                for here, anywhere in zip(moved, _ANYWHERE, strict=True)
            )
        )
    return normed(found)


def see_incumbent(belief: Belief, value: float) -> Belief:
    """After a run of the incumbent; an outlier moves it little."""
    return normed(
        tuple(map(mul, row, shape.densities(value, LEVELS)))
        for row, (shape, _) in zip(belief, KINDS, strict=True)
    )


def moments(belief: Belief) -> tuple[float, float]:
    """Mean and variance of the level."""
    whole = [sum(column) for column in zip(*belief, strict=True)]
    mean = sum(map(mul, whole, LEVELS))
    return mean, sum(here * (at - mean) ** 2 for here, at in zip(whole, LEVELS, strict=True))


def side(belief: Belief, value: float, far: float = ASTRAY) -> int:
    """1 or -1 where a value is farther than that above or below the level believed in, else 0."""
    off = value - moments(belief)[0]
    return (off > far) - (off < -far)


def centred(masses: Sequence[Mapping[int, float]]) -> tuple[Belief, int]:
    """A belief around the mean of what is at these places for each shape, and where that is.

    Of heaps too far apart for the grid it is the one with the median: between them is nothing.
    """
    heap = sorted(item for each in masses for item in each.items())
    sums = list(accumulate(mass for _, mass in heap))
    median = heap[bisect(sums, sums[-1] / 2)][0]
    heap = [(place, mass) for place, mass in heap if place - median in PLACES]
    middle = round(sum(place * mass for place, mass in heap) / sum(mass for _, mass in heap))
    return normed(
        tuple(each.get(middle + place, 0.0) for place in PLACES) for each in masses
    ), middle


def normed(rows: Iterable[tuple[float, ...]]) -> Belief:
    """The same with weights that add up to 1."""
    rows = tuple(rows)
    total = sum(map(sum, rows))
    return tuple(tuple(here / total for here in row) for row in rows)


def clamp(value: float) -> float:
    """Within `FAR`; beyond it every value means the same."""
    return max(-FAR, min(FAR, value))
