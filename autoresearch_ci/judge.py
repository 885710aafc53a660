"""Samples in, decision out. Pure: no clock, no I/O, no model.

A judge is a function from a contest to a verdict, or to the side that it wants
run next. The loop asks again after every run, so a judge decides how many runs
an experiment is worth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from autoresearch_ci.model import Direction, MinDelta, Reason, Sample, Side, Status, Verdict


@dataclass(frozen=True, slots=True)
class Contest:
    """What a judge may know of an experiment.

    `samples` are the values measured so far, of both sides, in the order of the
    runs; those of the incumbent may be from earlier experiments. `simpler` tells
    whether the candidate has fewer lines of code, blank and comment lines not
    counted; it reads both files, so it is asked only where that decides.
    """

    direction: Direction
    min_delta: MinDelta
    samples: tuple[Sample, ...]
    simpler: Callable[[], bool]

    def values(self, side: Side) -> list[float]:
        """The values of one side, oldest first."""
        return [sample.value for sample in self.samples if sample.side is side]

    def plus(self, sample: Sample) -> Contest:
        """The same contest with one more sample."""
        return replace(self, samples=(*self.samples, sample))


Judge = Callable[[Contest], Verdict | Side]


def single_run(contest: Contest) -> Verdict | Side:
    """One run each: strictly better by more than `min_delta`, or equal with fewer lines."""
    incumbent = contest.values(Side.INCUMBENT)
    candidate = contest.values(Side.CANDIDATE)
    if not incumbent:
        return Side.INCUMBENT
    if not candidate:
        return Side.CANDIDATE
    bar = incumbent[-1]
    gain = contest.direction.gain(candidate[-1], bar)
    if gain > contest.min_delta.at(bar):
        return Verdict(Status.KEEP, Reason.IMPROVED)
    if gain == 0 and contest.simpler():
        return Verdict(Status.KEEP, Reason.SIMPLER)
    if gain > 0:
        return Verdict(Status.DISCARD, Reason.WITHIN_NOISE)
    return Verdict(Status.DISCARD, Reason.EQUAL if gain == 0 else Reason.WORSE)
