"""A campaign without git and processes: the judge, the records, and a program to measure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    MinDelta,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.judge import Comparison, Judge, NoiseModel, sequential


@dataclass
class Campaign:
    """Asks the judge as the loop does; `measure(side, effect)` is one run."""

    measure: object
    judge: Judge = field(default_factory=lambda: sequential(6))
    direction: Direction = Direction.LOWER
    min_delta: MinDelta = field(default_factory=MinDelta)
    simpler: bool = False
    session: str = "s"

    def __post_init__(self):
        self.remember(History(self.direction))
        self.samples = ()
        self.open()

    def remember(self, history):
        """A session that begins: all that it knows is from these records."""
        self.history, self._known, self._seen = history, NoiseModel(), 0

    def open(self):
        """A session begins: the incumbent is measured until the judge is ready."""
        self.samples = ()
        while self.judge(self.comparison()) is Side.INCUMBENT:
            self.samples += (Sample(Side.INCUMBENT, self.measure(Side.INCUMBENT, 0.0)),)
        if self.history.baseline is None:
            runs = tuple(Sample(Side.CANDIDATE, sample.value) for sample in self.samples)
            self.write(Verdict(Status.KEEP, None), runs[0].value, None, runs)
        return len(self.samples)

    @property
    def noise_model(self):
        self._known = self._known.plus(self.history.experiments[self._seen :], self.direction)
        self._seen = self.history.next_number
        return self._known.within(self.session)

    def comparison(self):
        return Comparison(
            self.direction, self.min_delta, self.samples, lambda: self.simpler, self.noise_model
        )

    def try_one(self, effect: float = 0.0) -> Experiment:
        """One experiment; `effect` is added to the candidate's values."""
        now = self.comparison()
        while isinstance(answer := self.judge(now), Side):
            value = self.measure(answer, effect if answer is Side.CANDIDATE else 0.0)
            now = now.plus(Sample(answer, value))
        last = self.history.incumbent.value
        value = now.values(Side.CANDIDATE)[-1]
        if answer.gain is not None:
            value = answer.value(last, self.direction)
        done = self.write(answer, value, last, now.samples)
        if answer.status is Status.KEEP:
            values = now.values(Side.CANDIDATE)
            self.samples = tuple(Sample(Side.INCUMBENT, value) for value in values)
        return done

    def write(self, verdict, value, prev, samples) -> Experiment:
        number = self.history.next_number
        record = Experiment(
            tag="t", session=self.session, timestamp="2026-01-01T00:00:00Z", experiment=number,
            status=verdict.status, reason=verdict.reason, metric="m", value=value, prev=prev,
            description="", commit="", parent="", candidate=f"{number:040x}", proposer="",
            samples=samples,
        )  # fmt: skip
        self.history.add(record)
        return record


class Program:
    """What is measured: a level, Gaussian noise, and what was kept so far.

    The next run alone takes `cold` more.
    """

    def __init__(self, level=100.0, noise=1.0, seed=0, scale=1.0, shift=0.0, digits=None):
        self.rng = random.Random(seed)
        self.level, self.noise, self.scale, self.shift = level, noise, scale, shift
        self.digits, self.runs, self.cold = digits, [], 0.0

    def __call__(self, side, effect):
        value = (self.level + effect + self.rng.gauss(0, 1) * self.noise) * self.scale + self.shift
        value, self.cold = value + self.cold, 0.0
        self.runs.append(side)
        return value if self.digits is None else round(value, self.digits)


def fresh(record: Experiment) -> tuple[int, int]:
    """Runs of the incumbent and of the candidate in this experiment alone."""
    sides = [sample.side for sample in record.samples]
    sides = sides[sides.index(Side.CANDIDATE) :]
    return sides.count(Side.INCUMBENT), sides.count(Side.CANDIDATE)
