"""The rules that are compared. Each spends a world's runs and says what it kept."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from worlds import RUNS, World

from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    MinDelta,
    Reason,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.judge import Comparison, Judge, NoiseModel, sequential

Keep = tuple[float, float]
"""True effect, claimed effect."""

Rule = Callable[[World], list[Keep]]


def oracle(world: World) -> list[Keep]:
    """Knows the truth after one run."""
    keeps = []
    for _ in range(OPENING):
        world.run()
    while world.open:
        effect = world.propose()
        world.run(effect)
        if effect > 0:
            keeps.append((effect, effect))
            world.true += effect
    return keeps


OPENING = 2
"""Runs of the baseline that every rule spends: what the sequential judge asks for at least."""


def best_of(repeats: int) -> Rule:
    """A candidate's median over so many runs against that of the last keep."""

    def rule(world: World) -> list[Keep]:
        keeps = []
        bar = median(world.run() for _ in range(max(OPENING, repeats)))
        while world.runs <= RUNS - repeats:
            effect = world.propose()
            value = median(world.run(effect) for _ in range(repeats))
            if value > bar:
                keeps.append((effect, value - bar))
                world.true, bar = world.true + effect, value
        return keeps

    return rule


def deviations(least: float) -> Rule:
    """pi-autoresearch's score: the improvement over the median absolute deviation of all values."""

    def rule(world: World) -> list[Keep]:
        keeps = []
        values = [world.run() for _ in range(OPENING)]
        bar = values[-1]
        while world.open:
            effect = world.propose()
            value = world.run(effect)
            values.append(value)
            middle = median(values)
            deviation = median(abs(each - middle) for each in values)
            if value > bar and value - bar > least * deviation:
                keeps.append((effect, value - bar))
                world.true, bar = world.true + effect, value
        return keeps

    return rule


class Asking:
    """The real judge, asked as the loop asks it, learning from the records the loop writes."""

    def __init__(self, world: World, judge: Judge) -> None:
        self.world, self._judge = world, judge
        self._experience = NoiseModel().within("s")
        self._samples: tuple[Sample, ...] = ()
        while judge(self._comparison) is Side.INCUMBENT:
            self._samples += (Sample(Side.INCUMBENT, world.run()),)
        self.level = median(sample.value for sample in self._samples)
        baseline = tuple(Sample(Side.CANDIDATE, sample.value) for sample in self._samples)
        self._learn(record(Verdict(Status.KEEP, Reason.IMPROVED), self.level, None, baseline))

    @property
    def _comparison(self) -> Comparison:
        noise_model = self._experience
        return Comparison(Direction.HIGHER, MinDelta(), self._samples, lambda: False, noise_model)

    def _learn(self, done: Experiment) -> None:
        self._experience = self._experience.after(done, Direction.HIGHER)

    def try_one(self, effect: float) -> Keep | None:
        """An idea with this effect: what was kept, if it was."""
        now = self._comparison
        while isinstance(answer := self._judge(now), Side):
            if not self.world.open:
                return None
            value = self.world.run(effect if answer is Side.CANDIDATE else 0.0)
            now = now.plus(Sample(answer, value))
        values, level = now.values(Side.CANDIDATE), self.level
        value = values[-1] if answer.gain is None else answer.value(level, Direction.HIGHER)
        self._learn(record(answer, value, level, now.samples))
        if answer.status is not Status.KEEP:
            return None
        self.world.true, self.level = self.world.true + effect, value
        self._samples = tuple(Sample(Side.INCUMBENT, value) for value in values)
        return effect, value - level


def judged(judge: Judge) -> Rule:
    """Asks the judge until the runs are used up."""

    def rule(world: World) -> list[Keep]:
        asking, keeps = Asking(world, judge), []
        while world.open:
            if kept := asking.try_one(world.propose()):
                keeps.append(kept)
        return keeps

    return rule


def record(
    verdict: Verdict, value: float, prev: float | None, samples: tuple[Sample, ...]
) -> Experiment:
    """As the session writes it; the baseline has no `prev` and no reason."""
    return Experiment(
        tag="t",
        session="s",
        timestamp="",
        experiment=0,
        status=verdict.status,
        reason=None if prev is None else verdict.reason,
        metric="m",
        value=value,
        prev=prev,
        description="",
        commit="",
        parent="",
        candidate="",
        proposer="",
        samples=samples,
    )


RULES: dict[str, Rule] = {
    "one run": best_of(1),
    "median of three": best_of(3),
    "deviation, 1": deviations(1),
    "deviation, 2": deviations(2),
    "sequential": judged(sequential(6)),
    "oracle": oracle,
}
