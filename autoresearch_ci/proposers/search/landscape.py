"""Experiments of a campaign as points: where all parameters stood, and what came of it.

The ledger says of each experiment which parameters it moved and from where. With the settings
of today's source that tells where all of them stood in each experiment since the first, also
in those that were discarded. A kept change of somebody else (a model, a deletion) is a shift:
it moved the value by its gain and, as far as is known, no parameter.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoresearch_ci.proposers.search.observations import Moves, Observation, Observations, Setting
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.steps import setting_of
from autoresearch_ci.proposers.search.surrogate import Array, Evidence

MOST = 60
"""Points that are weighed at once: the best ones, and the last ones."""

GOOD = 5
"""Earlier versions, and near misses, that a candidate may go back to."""

# Moves of about a unit tell what a parameter does, lesser ones do not.
_BOLD = 0.9
# So many experiments something that changed nothing rests at first.
_REST = 8
_LEAST_SPREAD = 0.3
# The unit of values is a change of which this part are smaller: near the best they are told apart.
_SMALL = 0.25
# Below this, about seventeen units, all values are alike: one that exploded tells no more.
_WORST = -3.5
# So many units worse than what it was tried on is awful.
_AWFUL = -16.0
# So many units are squared without leaving the range of numbers.
_EXPLODED = 1e100
# In units: what a crash is worth at most, and the doubt for each change of others since.
_CRASH = -1.0
_STALE = 0.02
_TINY = 1e-12


Stands = dict[int, tuple[Array, float, int]]
"""By a version's age: its point, its gain over today's incumbent, others' changes in between."""


class Space:
    """Coordinates of settings: a number's place on its scale, an option's number."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters
        self.index = {parameter.id: at for at, parameter in enumerate(parameters)}
        self.categories = np.array([p.scale is None and not p.ordered for p in parameters])
        self._options = [
            {option: float(at) for at, option in enumerate(parameter.options)}
            for parameter in parameters
        ]
        # Ways to go: up and down, or to each option, from another.
        self._count = [
            len(each.options) if category else len((-1, 1))
            for each, category in zip(parameters, self.categories, strict=True)
        ]
        here = [self.place(at, setting_of(each)) for at, each in enumerate(parameters)]
        self.here: Array = np.array([0.0 if place is None else place for place in here])
        inside = [each.scale.inside(each.value) if each.scale else None for each in parameters]
        self.starts: Array = np.array([self.here, self.here])
        self.starts[1] = [
            at if place is None else place for at, place in zip(self.here, inside, strict=True)
        ]

    def place(self, at: int, setting: Setting) -> float | None:
        """The coordinate of a setting; None for one that the parameter cannot have."""
        scale = self.parameters[at].scale
        if scale is None:
            options = self._options[at]
            return options.setdefault(str(setting), float(len(options)))
        return scale.place(setting) if isinstance(setting, float) else None

    def way(self, at: int, before: float, after: float) -> float | None:
        """The way of a bold move of one parameter: an option, or up or down; None for a lesser."""
        if self.categories[at]:
            return after if after != before else None
        far = after - before
        return math.copysign(1.0, far) if abs(far) >= _BOLD else None

    def ways(self, observations: Observations) -> list[set[float]]:
        """The ways that each parameter was ever moved boldly."""
        tried: list[set[float]] = [set() for _ in self.parameters]
        for each in observations.lessons:
            for at, way in self._gone(each, tried):
                tried[at].add(way)
        return tried

    def resting(
        self, observations: Observations, ways: Sequence[Collection[float]]
    ) -> NDArray[np.bool_]:
        """Tell the parameters whose bold moves have lately changed not a digit of the value.

        They rest for some experiments, for twice as many each time, until another option is kept.
        One with an option that was never tried does not: that may be another matter.
        """
        times, until = [0] * len(self.parameters), [0] * len(self.parameters)
        for number, each in enumerate(observations.lessons, 1):
            if each.kept and any(isinstance(new, str) for _, new in each.moves.values()):
                times, until = [0] * len(times), [0] * len(until)
            for at, _ in self._gone(each) if each.gain == 0 else ():
                if not self.categories[at] or len(ways[at]) >= self._count[at] - 1:
                    until[at] = number + (_REST << times[at])
                    times[at] += 1
        return np.array(until) > len(observations.lessons)

    def _gone(
        self, observation: Observation, known: Sequence[Collection[float]] = ()
    ) -> Iterator[tuple[int, float]]:
        """The parameters that were moved boldly, and the ways; not where all ways are known."""
        for name, (old, new) in observation.moves.items():
            at = self.index.get(name)
            if at is None or (known and len(known[at]) >= self._count[at]):
                continue
            here = float(self.here[at])
            before, after = self.place(at, old), self.place(at, new)
            before, after = (here if place is None else place for place in (before, after))
            if (way := self.way(at, before, after)) is not None:
                yield at, way

    def moved(self, point: Array, moves: Moves, *, back: bool = False) -> Array:
        """The point after these moves, or before them."""
        point = point.copy()
        for name, (old, new) in moves.items():
            if (at := self.index.get(name)) is not None:
                place = self.place(at, old if back else new)
                point[at] = point[at] if place is None else place
        return point


@dataclass(frozen=True, slots=True)
class Landscape:
    """Measurements of some parameters; `good` are the settings of the best other versions.

    Of those the settings that are not today's. `awful` are moves that made it much worse, without
    those to where there had been a value before. `under_way` has a row an experiment that moves
    any of these parameters and is not measured yet.
    """

    evidence: Evidence
    good: list[Mapping[str, Setting]]
    awful: list[Moves]
    under_way: Array


def landscape(space: Space, observations: Observations) -> Landscape:
    """The points that count most."""
    stands = _stands(space, observations)
    told = [each for each in observations.lessons if not space.index.keys().isdisjoint(each.moves)]
    levels = [stands[each.age][1] for each in told]
    gains = np.array(
        [
            stands[0][1],
            *(
                math.nan if each.gain is None else level + each.gain
                for each, level in zip(told, levels, strict=True)
            ),
        ]
    )
    runs = np.array([1, *(max(each.runs, 1) for each in told)])
    seconds = np.array([observations.seconds, *(each.seconds for each in told)])
    stale = np.array([stands[0][2], *(stands[each.age][2] for each in told)])

    worked = ~np.isnan(gains)
    known = np.where(worked, gains, 0.0)
    sizes = np.abs(known[known != 0])
    least = max(_TINY, math.sqrt(observations.noise))
    unit = max(float(np.quantile(sizes, _SMALL)), least) if len(sizes) else 1.0
    with np.errstate(over="ignore"):
        times = np.clip(known / unit, -_EXPLODED, _EXPLODED)
    values = np.maximum(np.arcsinh(times), _WORST)
    began = np.clip(np.array(levels) / unit, -_EXPLODED, _EXPLODED)
    changes = (values[1:] - np.maximum(np.arcsinh(began), _WORST))[worked[1:]]
    typical = float(changes.sum()) / (len(changes) + 1)
    far_worse = np.append(False, worked[1:] & (times[1:] - began < _AWFUL))
    values[~worked] = min(values.min(), _CRASH)
    # The squeezing of large values squeezes their noise as well.
    noise = observations.noise / unit**2 / runs / (1 + times**2) + _STALE * stale
    kept = _weightiest(values)
    spread = max(float(values[kept].std()), _LEAST_SPREAD) if len(kept) > 1 else 1.0
    evidence = Evidence(
        points=np.array([_point(space, stands, told, at - 1) for at in kept]),
        categories=space.categories,
        values=values[kept] / spread,
        typical=typical / spread,
        noise=noise[kept] / spread**2,
        worked=worked[kept].astype(float),
        seconds=np.log(np.maximum(seconds[kept], _TINY)),
    )
    coming = [
        space.moved(stands[age][0], moves)
        for age, moves in observations.under_way
        if not space.index.keys().isdisjoint(moves)
    ]
    awful = [told[at - 1].first or told[at - 1].moves for at in kept if far_worse[at]]
    under_way = np.array(coming).reshape(len(coming), len(space.parameters))
    return Landscape(evidence, _good(told, values[1:], observations), awful, under_way)


def _point(space: Space, stands: Stands, told: Sequence[Observation], at: int) -> Array:
    """The point of an experiment; below 0, of the beginning."""
    return stands[0][0] if at < 0 else space.moved(stands[told[at].age][0], told[at].moves)


def _good(
    told: Sequence[Observation], values: Array, observations: Observations
) -> list[Mapping[str, Setting]]:
    """The settings of the best versions, where they are not those of today."""
    now = len(observations.keeps)
    at_age: dict[int, dict[str, Setting]] = {now: {}}
    for at, keep in reversed(list(enumerate(observations.keeps))):
        at_age[at] = at_age[at + 1] | {name: old for name, (old, _) in keep.moves.items()}
    for at, fork in enumerate(observations.forks):
        at_age[-1 - at] = at_age[fork.age] | _moved_to(fork.moves)
    best = [at for at in np.argsort(-values, kind="stable")[: 2 * GOOD] if not told[at].kept]
    kept = [at_age[age] for age in range(max(1, now + 1 - GOOD), now)]
    missed = [at_age[told[at].age] | _moved_to(told[at].moves) for at in best]
    return [*kept, *missed[:GOOD]]


def _moved_to(moves: Moves) -> dict[str, Setting]:
    return {name: new for name, (_, new) in moves.items()}


def _weightiest(values: Array) -> NDArray[np.intp]:
    """Which points count, where there are many."""
    count = len(values)
    if count <= MOST:
        return np.arange(count)
    best = np.argsort(-values, kind="stable")[: MOST // 2]
    return np.unique(np.concatenate([best, np.arange(count - MOST // 2, count)]))


def _stands(space: Space, observations: Observations) -> Stands:
    """All versions that anything was tried on: the branch's, and those beside it."""
    point, level, others = space.here, 0.0, 0
    stands = {len(observations.keeps): (point, level, others)}
    for at, keep in reversed(list(enumerate(observations.keeps))):
        if keep.moves:
            point, level = space.moved(point, keep.moves, back=True), level - keep.gain
        else:
            others += 1
        stands[at] = point, level, others
    # Nothing stood anywhere before the baseline.
    stands[0] = stands.get(1, stands[0])
    for at, fork in enumerate(observations.forks):
        point, level, others = stands[fork.age]
        point, others = space.moved(point, fork.moves), others + (not fork.moves)
        stands[-1 - at] = point, level + fork.gain, others
    return stands
