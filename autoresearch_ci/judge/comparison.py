"""The question that a judge is asked, and the form of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autoresearch_ci.core.model import Direction, MinDelta, Sample, Side, Status, Verdict
from autoresearch_ci.judge.noise_model import NoiseModel


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a judge may know of an experiment.

    `samples` are the values measured so far, of both sides, in the order of the
    runs; the incumbent's before the candidate's first are from earlier in the
    session. `simpler` tells whether the candidate has fewer lines of code, blank
    and comment lines not counted; it reads both versions, so it is asked only where
    that decides. `noise_model` is what the campaign's records say about its noise.
    """

    direction: Direction
    min_delta: MinDelta
    samples: tuple[Sample, ...]
    simpler: Callable[[], bool]
    noise_model: NoiseModel = field(default_factory=NoiseModel)

    def values(self, side: Side) -> list[float]:
        """The values of one side, oldest first."""
        return [sample.value for sample in self.samples if sample.side is side]

    def plus(self, sample: Sample) -> Comparison:
        """The same comparison with one more sample."""
        return replace(self, samples=(*self.samples, sample))


Judge = Callable[[Comparison], Verdict | Side]
"""Answers with a verdict, or with the side to run next.

It is asked again after every run. Before a session's first candidate it is asked
too: as long as it answers `incumbent`, the incumbent is measured once more.
"""


def ending_on_candidate(judge: Judge) -> Judge:
    """The same judge, but the last run before a keep is the candidate's.

    Each run overwrites what the one before left, and whatever looks at a keep has to find what
    a run of the candidate did.
    """

    def ending(comparison: Comparison) -> Verdict | Side:
        decision = judge(comparison)
        if isinstance(decision, Side) or decision.status is not Status.KEEP:
            return decision
        return decision if comparison.samples[-1].side is Side.CANDIDATE else Side.CANDIDATE

    return ending
