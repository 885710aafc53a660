"""A campaign's noise, as its records tell it.

So a session that goes on after a restart decides as the one before would have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from autoresearch_ci.core.model import Direction, Experiment, Reason, Sample, Side, Status, same
from autoresearch_ci.judge import incumbent_level as level
from autoresearch_ci.judge import posterior, prior
from autoresearch_ci.judge.incumbent_level import Belief
from autoresearch_ci.judge.repeating import Repeating, repeating
from autoresearch_ci.judge.scale import scatter, substantial

_REMEMBERED = 60
"""Differences of two runs of the same content that are remembered: machines change."""

_AGREE = 2
"""Runs of the incumbent that make a new level: one may be an outlier."""

_WARM, _COLD = 3, 3.0
"""Of so many others or more, the first run is cold if it is that many times their spread away."""

RECENT = 300
"""Experiments that teach the shape of the noise; older ones only count."""


_FAR = 4.0
"""Distance from the incumbent, in units of the noise, from which a candidate is another number."""

_ROUNDING = 1e-9
"""The same as a part of the value, for a metric without noise."""


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """The campaign so far, as the judge sees it.

    `level` is where the incumbent stands in `session`, as a gain in the metric's
    unit, None before it was measured there; `before` is where it stood in the session
    that `differences` are of, if that is another one. `belief` is how far off the level
    may be, in units of the noise, empty before anything was measured; `last` is the
    incumbent's last measured value. `differences` are of two runs of the same content, one soon
    after the other. `experiments` and `improved` count what was decided, `off_level`
    the candidates in a row that were far off, with no run of the incumbent beside them,
    or worse, where the metric repeats. `repeats` are the candidates in a row that gave
    the incumbent's very value, since runs of the same content differed.
    """

    session: str = ""
    level: float | None = None
    before: float | None = None
    last: float | None = None
    belief: Belief = ()
    differences: tuple[float, ...] = ()
    experiments: int = 0
    improved: int = 0
    off_level: int = 0
    repeats: int = 0

    def within(self, session: str) -> NoiseModel:
        """The part that holds in this session: the machine may be another one."""
        if session == self.session:
            return self
        before = self.before if self.level is None else self.level
        return replace(self, session=session, level=None, before=before, off_level=0)

    def carried_to(self, opening: Sequence[float]) -> NoiseModel:
        """With the noise that a session has whose first runs of the incumbent are these.

        A machine of another speed changes noise as it changes values. Of the runs the one
        that is most like those before counts: others may have found nothing cached.
        """
        scale = scatter(self.differences)
        if self.level is not None or self.before is None or not opening or not scale:
            return self
        if substantial(self.before, scale) is None:
            return self
        speeds = [value / self.before for value in opening]
        speed = min(speeds, key=lambda each: abs(math.log(each)) if each > 0 else math.inf)
        if not 0 < speed < math.inf:
            return self
        carried = tuple(each * speed for each in self.differences)
        return replace(self, before=None, differences=carried)

    def plus(self, records: Sequence[Experiment], direction: Direction) -> NoiseModel:
        """With these finished experiments."""
        found, old = self, max(0, len(records) - RECENT)
        for record in records[:old]:
            found = found._counting(record, direction)
        for record in records[old:]:
            found = found.after(record, direction)
        return found

    def after(self, record: Experiment, direction: Direction) -> NoiseModel:
        """With one more finished experiment."""
        before, here = self.within(record.session), self._counting(record, direction)
        samples = informative_samples(record)
        if not samples:
            return here
        if seen := before.repeating(samples, direction):
            return here.counted(seen, kept=record.status is Status.KEEP)
        estimate = Posterior.of(before, samples, direction)
        kept = record.status is Status.KEEP and bool(estimate.candidate)
        belief, moved = estimate.belief, 0
        if estimate.candidate:
            belief, moved = posterior.after(
                estimate.candidate, belief, estimate.improving, kept=kept
            )
        return replace(
            here,
            level=estimate.origin + moved * level.STEP * estimate.scale,
            belief=belief,
            off_level=0 if estimate.fresh else estimate.counted(here.off_level),
            repeats=0,
        )

    def repeating(self, samples: tuple[Sample, ...], direction: Direction) -> Repeating | None:
        """These samples, where the metric mostly repeats."""
        runs = _Runs.of(samples, direction, opens=self.level is None)
        known = self.carried_to(runs.opening).differences + runs.differences
        before = runs.opening if self.level is None else [self.level]
        if not before and not runs.incumbent:
            before = runs.candidate  # a record that another session's went before
        return repeating(before, runs.incumbent, runs.candidate, known, self.repeats)

    def counted(self, seen: Repeating, *, kept: bool) -> NoiseModel:
        """With an experiment whose runs were counted."""
        if not seen.candidate:
            return replace(self, level=seen.bar, belief=(), repeats=0)
        worse = seen.usual < seen.bar and not same(seen.usual, seen.bar)
        stands = seen.incumbent[0] == seen.bar
        return replace(
            self,
            level=seen.usual if kept else seen.bar,
            belief=(),
            differences=(self.differences + seen.again)[-_REMEMBERED:],
            off_level=self.off_level + 1 if worse and stands else 0,
            repeats=self.repeats + same(seen.candidate[0], seen.bar) if seen.exact else 0,
        )

    def _counting(self, record: Experiment, direction: Direction) -> NoiseModel:
        """With what one more experiment says of ideas and of the scale of the noise."""
        here = self.within(record.session)
        baseline = record.reason is None and record.status is Status.KEEP
        if (
            not baseline
            and record.status is not Status.CRASH
            and record.reason is not Reason.DUPLICATE
        ):
            here = replace(
                here,
                experiments=here.experiments + 1,
                improved=here.improved + (record.reason is Reason.IMPROVED),
            )
        samples = informative_samples(record)
        if not samples:
            return here
        runs = _Runs.of(samples, direction, opens=here.level is None)
        here = here.carried_to(runs.opening)
        kept = record.status is Status.KEEP and bool(runs.candidate)
        next_one = Side.CANDIDATE if kept else Side.INCUMBENT
        last = [sample.value for sample in samples if sample.side is next_one][-1:]
        return replace(
            here,
            differences=(here.differences + runs.differences)[-_REMEMBERED:],
            last=last[0] if last else here.last,
        )


def informative_samples(record: Experiment) -> tuple[Sample, ...]:
    """The samples, where they say something of the noise; a baseline's are the incumbent's."""
    if record.reason is Reason.IMPLAUSIBLE:
        return ()  # a number that nobody believes says nothing about the noise either
    if record.reason is None and record.status is Status.KEEP:
        return tuple(Sample(Side.INCUMBENT, sample.value) for sample in record.samples)
    return record.samples


@dataclass(frozen=True, slots=True)
class _Runs:
    """An experiment's values as gains, by what they are of."""

    opening: list[float]
    incumbent: list[float]
    candidate: list[float]

    @classmethod
    def of(cls, samples: tuple[Sample, ...], direction: Direction, *, opens: bool) -> _Runs:
        """`opens` says that the runs before the candidate's first are not known yet."""
        values = [(sample.side, direction.gain(sample.value, 0.0)) for sample in samples]
        sides = [side for side, _ in values]
        first = sides.index(Side.CANDIDATE) if Side.CANDIDATE in sides else len(sides)
        return cls(
            _warm([value for _, value in values[:first]]) if opens else [],
            [value for side, value in values[first:] if side is Side.INCUMBENT],
            [value for side, value in values[first:] if side is Side.CANDIDATE],
        )

    @property
    def differences(self) -> tuple[float, ...]:
        """Of two runs of the same content, one soon after the other."""
        return tuple(
            0.0 if same(before, after) else after - before
            for run in (self.opening, self.incumbent, self.candidate)
            for before, after in pairwise(run)
        )


def _warm(opening: list[float]) -> list[float]:
    """Without a first run that is nothing like several others: it found nothing cached."""
    first, rest = opening[:1], opening[1:]
    if len(rest) < _WARM:
        return opening
    spread = max(rest) - min(rest)
    return rest if spread and abs(first[0] - median(rest)) > _COLD * spread else opening


@dataclass(frozen=True, slots=True)
class Posterior:
    """An experiment's samples in units of the noise, as gains over `origin`.

    `fresh` are the runs of the incumbent since the candidate's first, `belief` is
    where the incumbent stands after them. Where two or more of them, and most, are
    far off on one side, they alone say where that is. They have `level_confirmed` whether it
    is the candidate that is far off: one that is so too has not, two have.
    """

    origin: float
    scale: float
    candidate: list[float]
    fresh: list[float]
    level_confirmed: bool
    belief: Belief
    improving: float

    @property
    def incumbent(self) -> float:
        """The mean of that belief, as a gain in the metric's unit."""
        return self.origin + level.moments(self.belief)[0] * self.scale

    @property
    def off_level(self) -> bool:
        """Return whether the candidate is so far off that the incumbent may have moved."""
        if not self.candidate:
            return False
        return level.side(self.belief, median(self.candidate), level.OFF_LEVEL) != 0

    def counted(self, off_level: int) -> int:
        """Count the candidates in a row that were off level, so many before this one; no crash."""
        if not self.candidate:
            return off_level
        return off_level + 1 if self.off_level else 0

    @classmethod
    def of(
        cls, noise_model: NoiseModel, samples: tuple[Sample, ...], direction: Direction
    ) -> Posterior:
        """The view that this noise model has of these samples."""
        runs = _Runs.of(samples, direction, opens=noise_model.level is None)
        differences = noise_model.carried_to(runs.opening).differences + runs.differences
        scale = scatter(differences) or 1.0
        known = noise_model.level
        origin = median(runs.opening or runs.candidate) if known is None else known

        def units(run: list[float]) -> list[float]:
            return [level.clamp((value - origin) / scale) for value in run]

        belief = noise_model.belief or level.unknown()
        if known is None:
            belief = level.anew(belief)
            for value in units(runs.opening):
                belief = level.see_incumbent(belief, value)
        belief = level.at_start(belief)
        fresh = units(runs.incumbent)
        far = [level.side(belief, value) for value in fresh]
        alone = len(far) == 1 and far[0] == level.side(belief, median(units(runs.candidate))) != 0
        if abs(sum(far)) >= max(_AGREE, (len(far) + 1) / 2):
            origin, belief = median(runs.incumbent), level.anew(belief)
            fresh = units(runs.incumbent)
        for value in fresh:
            belief = level.see_incumbent(belief, value)
        return cls(
            origin=origin,
            scale=scale,
            candidate=units(runs.candidate),
            fresh=fresh,
            level_confirmed=bool(fresh) and not alone,
            belief=belief,
            improving=prior.improving(noise_model.experiments, noise_model.improved),
        )


def responds(experiments: Sequence[Experiment], differences: tuple[float, ...]) -> bool:
    """Return whether a candidate has had another number than the incumbent, beyond noise.

    `differences` are of runs of the same content. A number that never moves says of no change
    that it does no harm.
    """
    noise = scatter(differences) or 0.0
    return any(_moved(experiment, noise) for experiment in experiments)


def _moved(experiment: Experiment, noise: float) -> bool:
    if experiment.is_baseline or experiment.status is Status.CRASH:
        return False
    if experiment.reason is Reason.IMPROVED:
        return True
    sides = [[s.value for s in experiment.samples if s.side is side] for side in Side]
    if not all(sides):
        return False
    one, other = map(median, sides)
    return abs(one - other) > max(_FAR * noise, _ROUNDING * max(abs(one), abs(other)))
