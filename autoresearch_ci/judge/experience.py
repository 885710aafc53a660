"""What a campaign has learned about its noise, from its records alone.

So a session that goes on after a restart decides as the one before would have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from autoresearch_ci.judge import ideas, level
from autoresearch_ci.judge.effect import estimate
from autoresearch_ci.judge.level import Belief
from autoresearch_ci.judge.noise import scatter
from autoresearch_ci.model import Direction, Experiment, Reason, Sample, Side, Status

_REMEMBERED = 60
"""Differences of two runs of the same content that are remembered: machines change."""


@dataclass(frozen=True, slots=True)
class Experience:
    """The campaign so far, as the judge sees it.

    `level` is where the incumbent stands in `session`, as a gain in the metric's
    unit, None before it was measured there; `blur` is the variance of that in
    units of the noise, `last` its last measured value. `differences` are of two
    runs of the same content, one soon after the other. `experiments` and `improved`
    count what was decided.
    """

    session: str = ""
    level: float | None = None
    last: float | None = None
    blur: float = 1.0
    differences: tuple[float, ...] = ()
    experiments: int = 0
    improved: int = 0

    def within(self, session: str) -> Experience:
        """What of it holds in this session: the machine may be another one."""
        return self if session == self.session else replace(self, session=session, level=None)

    def after(self, record: Experiment, direction: Direction) -> Experience:
        """With one more finished experiment."""
        here = self.within(record.session)
        samples = record.samples
        if record.reason is None and record.status is Status.KEEP:
            samples = tuple(Sample(Side.INCUMBENT, sample.value) for sample in samples)
        elif record.status is not Status.CRASH and record.reason is not Reason.DUPLICATE:
            here = replace(
                here,
                experiments=here.experiments + 1,
                improved=here.improved + (record.reason is Reason.IMPROVED),
            )
        if not samples or record.reason is Reason.IMPLAUSIBLE:
            return here  # a number that nobody believes says nothing about the noise either
        view = View.of(self.within(record.session), samples, direction)
        kept = record.status is Status.KEEP and bool(view.candidate)
        incumbent = Side.CANDIDATE if kept else Side.INCUMBENT  # which side is the next one's
        last = [sample.value for sample in samples if sample.side is incumbent][-1:]
        here = replace(
            here,
            differences=view.differences[-_REMEMBERED:],
            last=last[0] if last else here.last,
        )
        if view.exact:
            return replace(here, level=view.origin + (view.candidate[-1] if kept else 0.0))
        belief, moved = view.belief, 0.0
        if kept:
            effect = estimate(view.candidate, belief, view.improving)
            mean, blur = level.moments(belief)
            blur = min(effect.variance + blur, 1.4 / len(view.candidate))
            if record.value is not None and record.prev is not None:
                moved = direction.gain(record.value, record.prev)
        else:
            if view.candidate:
                belief = level.see_candidate(belief, view.candidate, view.improving)
            mean, blur = level.moments(belief)
        return replace(here, level=view.origin + mean * view.scale + moved, blur=blur)


@dataclass(frozen=True, slots=True)
class View:
    """An experiment's samples in units of the noise, as gains over `origin`.

    `fresh` are the runs of the incumbent since the candidate's first, `belief` is
    where the incumbent stands after them. For a metric that repeats exactly the
    unit is the metric's own.
    """

    origin: float
    scale: float
    exact: bool
    candidate: list[float]
    fresh: list[float]
    belief: Belief
    improving: float
    differences: tuple[float, ...]

    @classmethod
    def of(cls, experience: Experience, samples: tuple[Sample, ...], direction: Direction) -> View:
        """What these samples look like to somebody with this experience."""
        values = [(sample.side, direction.gain(sample.value, 0.0)) for sample in samples]
        first = next(
            (i for i, (side, _) in enumerate(values) if side is Side.CANDIDATE), len(values)
        )
        opening = [value for _, value in values[:first]] if experience.level is None else []
        sides = {side: [value for each, value in values[first:] if each is side] for side in Side}
        differences = experience.differences + tuple(
            after - before
            for run in (opening, sides[Side.INCUMBENT], sides[Side.CANDIDATE])
            for before, after in pairwise(run)
        )
        spread = scatter(differences)
        scale = spread or 1.0
        origin = experience.level
        if origin is None:
            origin = opening[0] if opening else values[0][1]

        def units(run: list[float]) -> list[float]:
            return [level.clamp((value - origin) / scale) for value in run]

        belief: Belief
        if experience.level is None:
            belief = level.measured(0.0)
            for value in units(opening[1:]):
                belief = level.see_incumbent(belief, value)
            belief = level.at_start(*level.moments(belief))
        else:
            belief = level.at_start(0.0, experience.blur)
        fresh = units(sides[Side.INCUMBENT])
        for value in fresh:
            belief = level.see_incumbent(belief, value)
        return cls(
            origin=origin,
            scale=scale,
            exact=spread == 0,
            candidate=units(sides[Side.CANDIDATE]),
            fresh=fresh,
            belief=belief,
            improving=ideas.improving(experience.experiments, experience.improved),
            differences=differences,
        )
