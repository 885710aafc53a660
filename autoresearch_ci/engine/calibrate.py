"""The noise of a metric, and its price in runs: asked before a campaign, not after it.

The unchanged target is run a few times. What the judge would make of such noise is
not worked out by a formula but tried: the judge itself decides made-up comparisons
whose runs are drawn from the ones that were measured.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

from autoresearch_ci.core.model import Experiment, Sample, Side, Status, same
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.experiment import open_comparison
from autoresearch_ci.engine.session import Session
from autoresearch_ci.judge import Comparison, Judge, NoiseModel

RUNS = 10
POWER = 0.8
"""The share of keeps from which on an improvement counts as one that can be told."""

_COMPARISONS = 300
_SIZES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)
"""Improvements that are tried, in units of the noise."""

_EXACT_KEEP = 3.0
"""Runs a keep where the metric repeats: two of the candidate and one of the incumbent."""

_CONSISTENT = 1.4826  # of a normal distribution: standard deviation over median deviation


@dataclass(frozen=True, slots=True)
class Calibration:
    """The noise of some runs. Values are in the metric's unit, `seconds` is of one run.

    `noise` is the usual deviation of one run, robust against single wild ones;
    `drift` how far the second half lies from the first, in units of it. `smallest`
    is the improvement that `max_repeats` can tell, None where eight times the noise is
    too little; `runs_a_keep` and `runs_a_discard` are what verdicts cost.
    """

    values: tuple[float, ...]
    seconds: float
    noise: float
    drift: float
    smallest: float | None
    runs_a_keep: float
    runs_a_discard: float

    @property
    def middle(self) -> float:
        return median(self.values)

    @property
    def exact(self) -> bool:
        """Return whether every run gave the same number, but for rounding."""
        return all(same(value, self.values[0]) for value in self.values)


def measured(session: Session, runs: int) -> Iterator[tuple[float, float]]:
    """Run the unchanged target: the value and the seconds of each run."""
    trial = session.campaign.trial(session.campaign.source())
    for _ in range(runs):
        trial.show(Side.INCUMBENT)
        measurement = session.evaluator.measure(trial)
        yield session.evaluator.require(measurement), measurement.run.seconds


def calibration(session: Session, values: list[float], seconds: list[float]) -> Calibration:
    """The noise of these runs, and its price with the judge of this session."""
    noise = deviation(values)
    found = Calibration(
        values=tuple(values),
        seconds=median(seconds),
        noise=noise,
        drift=_drift(values, noise),
        smallest=0.0,
        runs_a_keep=1.0,
        runs_a_discard=1.0,
    )
    if found.exact:
        smallest = session.settings.min_delta.at(found.middle)
        return replace(found, smallest=smallest, runs_a_keep=_EXACT_KEEP)
    rehearsal = Rehearsal.of(session, values)
    discard = rehearsal.hold(0.0)
    for size in _SIZES:
        kept = rehearsal.hold(size * (noise or max(values) - min(values)))
        if kept.share >= POWER:
            break
    return replace(
        found,
        smallest=kept.gain if kept.share >= POWER else None,
        runs_a_keep=kept.runs,
        runs_a_discard=discard.runs,
    )


def deviation(values: list[float]) -> float:
    """The standard deviation, from the differences of neighbours: drift is not noise."""
    steps = [abs(after - before) for before, after in itertools.pairwise(values)]
    return _CONSISTENT * median(steps) / 2**0.5 if steps else 0.0


def _drift(values: list[float], noise: float) -> float:
    half = len(values) // 2
    if not half or not noise:
        return 0.0
    return (median(values[-half:]) - median(values[:half])) / noise


@dataclass(frozen=True, slots=True)
class Held:
    """The result of comparisons with one gain: the share of keeps, and the mean number of runs."""

    gain: float
    share: float
    runs: float


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Comparisons that nobody has to run: the same judge, and noise that was measured."""

    judge: Judge
    comparison: Comparison
    middle: float
    residuals: tuple[float, ...]

    @classmethod
    def of(cls, session: Session, values: list[float]) -> Rehearsal:
        """The judge of a campaign whose baseline had these values."""
        samples = tuple(Sample(Side.CANDIDATE, value) for value in values)
        middle = median(values)
        noise_model = NoiseModel().after(
            _baseline(session, samples, middle), session.history.direction
        )
        comparison = replace(
            open_comparison(session.conditions()),
            samples=(),
            simpler=lambda: False,
            noise_model=noise_model,
        )
        return cls(session.judge, comparison, middle, tuple(value - middle for value in values))

    def hold(self, gain: float) -> Held:
        """Comparisons in which the candidate is truly better by `gain`."""
        rng = random.Random(0)
        kept = runs = 0
        for _ in range(_COMPARISONS):
            comparison = self.comparison
            while isinstance(decision := self.judge(comparison), Side):
                level = self.middle
                if decision is Side.CANDIDATE:
                    level = comparison.direction.better(level, gain)
                value = level + rng.choice(self.residuals)
                comparison = comparison.plus(Sample(decision, value))
            kept += decision.status is Status.KEEP
            runs += len(comparison.samples)
        return Held(gain, kept / _COMPARISONS, runs / _COMPARISONS)


def _baseline(session: Session, samples: tuple[Sample, ...], value: float) -> Experiment:
    """The record that a campaign with such a baseline would begin with."""
    start = session.start
    return Experiment(
        tag=start.tag, session=start.session, timestamp=timestamp(), experiment=0,
        status=Status.KEEP, reason=None, metric=start.metric, value=value, prev=None,
        description="baseline", commit="", parent="", candidate="", proposer="baseline",
        samples=samples,
    )  # fmt: skip
