"""Runs of a metric that mostly repeats, as they are counted.

Not only one that always repeats: a coarse clock, a cache or a flaky test gives another
value now and then. How often, no campaign knows at first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb

from autoresearch_ci.core.model import same

MOSTLY = 0.5
"""Share of repeated runs that agree from which the metric mostly repeats."""


@dataclass(frozen=True, slots=True)
class Repeating:
    """An experiment's values as gains; `incumbent` begins with what was known before it.

    `odd` is how probable it is that a run is not what the others are, `fresh` how many of the
    incumbent's runs are since the candidate's first, `again` the difference of the first of them
    from the run before. `exact` says that no run ever was odd.
    """

    incumbent: tuple[float, ...]
    candidate: tuple[float, ...]
    fresh: int
    again: tuple[float, ...]
    odd: float
    exact: bool

    @property
    def bar(self) -> float:
        """The incumbent's usual value; the best where several are as usual."""
        return max(self.incumbent, key=lambda value: (self._alike(value), value))

    @property
    def level_confirmed(self) -> bool:
        """Return whether its runs agree, or are enough for most of them to."""
        first, *others = self.incumbent
        return len(others) != 1 or same(first, others[0])

    @property
    def usual(self) -> float:
        """The candidate's usual value; the worst where several are as usual."""
        alike = [sum(same(value, each) for each in self.candidate) for value in self.candidate]
        return min(v for v, count in zip(self.candidate, alike, strict=True) if count == max(alike))

    def luck(self, better: int, runs: int) -> float:
        """The probability that so many of so many runs are odd."""
        return sum(
            comb(runs, count) * self.odd**count * (1 - self.odd) ** (runs - count)
            for count in range(better, runs + 1)
        )

    def _alike(self, value: float) -> int:
        return sum(same(value, each) for each in self.incumbent)


def repeating(
    incumbent: Sequence[float],
    fresh: Sequence[float],
    candidate: Sequence[float],
    differences: Sequence[float],
    repeats: int,
) -> Repeating | None:
    """The runs as they are to be counted; None where the metric has noise, or is unknown."""
    known = (*incumbent, *fresh)[-len(fresh) - 1 :] if fresh else ()
    again = tuple(0.0 if same(*pair) else pair[1] - pair[0] for pair in pairwise(known[:2]))
    differences = (*differences, *again)
    unequal = sum(difference != 0 for difference in differences)
    if not differences or unequal > (1 - MOSTLY) * len(differences):
        return None
    seen = len(differences) + (0 if unequal else repeats)
    return Repeating(
        incumbent=(*incumbent, *fresh),
        candidate=tuple(candidate),
        fresh=len(fresh),
        again=again,
        odd=(unequal + 1) / (2 * seen + 2),
        exact=not unequal,
    )
