"""Candidates for the next experiment: which parameters go where, hundreds at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from autoresearch_ci.core.model import Lane
from autoresearch_ci.proposers.search.batch import mark
from autoresearch_ci.proposers.search.landscape import Space
from autoresearch_ci.proposers.search.observations import Moves, Observations, Setting
from autoresearch_ci.proposers.search.steps import Step, Steps, step_to, steps_of
from autoresearch_ci.proposers.search.surrogate import Array

Rows = NDArray[np.intp]
"""A row a candidate, a column a parameter: the number of its step, 0 where it stays."""

_JOINT = 300
_TOGETHER = 6
_MORE = 0.4
_LEAST_WEIGHT = 0.05
_CHILDREN = 40
_EVENLY = 0.5
_HALF = 0.5


class Candidates:
    """All steps of all parameters, and what can be made of them.

    Beside the steps from where a parameter stands, the settings that it had in the best
    versions: a candidate may be a restart from one of those, or a cross with it. Only parameters
    that are its `own` are moved.
    """

    def __init__(
        self,
        space: Space,
        good: Sequence[Mapping[str, Setting]],
        chance: np.random.Generator,
        *,
        wide: bool,
        own: NDArray[np.bool_],
    ) -> None:
        self._chance, self._own = chance, own
        self._steps: list[list[Step]] = [
            list(steps_of(each, wide=wide)) for each in space.parameters
        ]
        self._singles = np.array([len(steps) for steps in self._steps])
        self._older = self._rows_of(space, good)
        self._counts = np.array([len(steps) for steps in self._steps])
        self._places = np.zeros((len(self._steps), self._counts.max() + 1))
        for at, steps in enumerate(self._steps):
            places = [space.place(at, step.new) for step in steps]
            self._places[at, 0] = space.here[at]
            self._places[at, 1 : len(steps) + 1] = places
        weights = [max(parameter.weight, _LEAST_WEIGHT) for parameter in space.parameters]
        self._promise = np.log(weights)

    def _rows_of(self, space: Space, good: Sequence[Mapping[str, Setting]]) -> Rows:
        """Earlier versions as rows; their settings become steps."""
        rows = np.zeros((len(good), len(self._steps)), dtype=np.intp)
        for row, settings in zip(rows, good, strict=True):
            for name, setting in settings.items():
                at = space.index.get(name)
                step = None if at is None else step_to(space.parameters[at], setting)
                if at is None or step is None:
                    continue
                texts = [each.text for each in self._steps[at]]
                if step.text not in texts:
                    self._steps[at].append(step)
                    texts.append(step.text)
                row[at] = texts.index(step.text) + 1
        return _moving(rows)

    def first(self) -> Rows:
        """Each step alone, some together by chance, and earlier versions."""
        alone = np.zeros((self._singles.sum(), len(self._steps)), dtype=np.intp)
        column = np.repeat(np.arange(len(self._steps)), self._singles)
        ends = np.cumsum(self._singles)
        alone[np.arange(len(alone)), column] = (
            np.arange(len(alone)) - (ends - self._singles)[column] + 1
        )
        order = np.argsort(-(self._promise + self._luck(_JOINT)), axis=1)
        rank = np.argsort(order, axis=1)
        together = np.minimum(1 + self._chance.geometric(_MORE, _JOINT), _TOGETHER)
        chosen = rank < together[:, None]
        joint = np.where(chosen, self._any_step(_JOINT), 0)
        return _moving(np.vstack([alone, joint, self._older]) * self._own)

    def children(self, rows: Rows) -> Rows:
        """Each of these rows with one parameter moved otherwise, or not at all, many times."""
        rows = np.repeat(rows, _CHILDREN, axis=0)
        count = len(rows)
        promising = np.argmax(self._promise + self._luck(count), axis=1)
        evenly = (self._chance.random(count) * len(self._steps)).astype(np.intp)
        column = np.where(self._chance.random(count) < _EVENLY, promising, evenly)
        step = (self._chance.random(count) * (self._counts[column] + 1)).astype(np.intp)
        rows[np.arange(count), column] = step
        return _moving(rows * self._own)

    def _luck(self, count: int) -> Array:
        """With these added, the largest are drawn by their weights (the Gumbel-max trick)."""
        luck: Array = self._chance.gumbel(size=(count, len(self._steps)))
        return luck

    def _any_step(self, count: int) -> Rows:
        drawn: Array = self._chance.random((count, len(self._steps))) * self._counts
        return drawn.astype(np.intp) + 1

    def places(self, rows: Rows) -> Array:
        """Coordinates of candidates."""
        places: Array = self._places[np.arange(len(self._steps)), rows]
        return places

    def untried(self, space: Space, ways: Sequence[Collection[float]]) -> NDArray[np.bool_]:
        """For each step of each parameter, from 0 where it stays: whether it goes a new way."""
        fresh = np.zeros(self._places.shape, dtype=np.bool_)
        for at, count in enumerate(self._counts):
            for number in range(1, count + 1):
                way = space.way(at, space.here[at], self._places[at, number])
                fresh[at, number] = way is not None and way not in ways[at]
        return fresh

    def any_of(self, rows: Rows, steps: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell candidates that make one of these steps."""
        return np.asarray(steps[np.arange(len(self._steps)), rows].any(axis=1))

    def of(self, lane: Lane | None, rows: Rows) -> NDArray[np.bool_]:
        """Tell candidates that belong to a lane, by what they set; all do where there is none."""
        if lane is None:
            return np.ones(len(rows), dtype=np.bool_)
        marks = np.zeros(self._places.shape, dtype=np.int64)
        for at, steps in enumerate(self._steps):
            marks[at, 1 : len(steps) + 1] = [mark(step.name) for step in steps]
        together = marks[np.arange(len(self._steps)), rows].sum(axis=1)
        return np.asarray(together % lane.count == lane.number - 1)

    def steps(self, row: Rows) -> Steps:
        """The steps of a row."""
        return tuple(self._steps[at][number - 1] for at, number in enumerate(row) if number)

    def unblamed(
        self,
        rows: Rows,
        space: Space,
        failures: Sequence[Moves],
        reached: Mapping[str, tuple[float, float]],
    ) -> Array:
        """The part of the blame for failures that candidates do not repeat: 0 for all of one.

        Each move of a failure has an equal part, and is repeated by one as far or further, where
        that is beyond all that is `reached`; half by one that is beyond that, and not as far.
        """
        unblamed = np.ones(len(rows))
        for moves in failures:
            repeated = np.zeros(len(rows))
            for name, (old, new) in moves.items():
                if (at := space.index.get(name)) is not None:
                    repeated += self._repeated(at, old, new, reached.get(name))[rows[:, at]]
            unblamed *= 1 - repeated / len(moves)
        return unblamed

    def broken(self, rows: Rows, space: Space, observations: Observations) -> NDArray[np.bool_]:
        """Tell candidates with a setting that breaks the program by itself."""
        broken = np.zeros(len(rows), dtype=np.bool_)
        for at, (parameter, steps) in enumerate(zip(space.parameters, self._steps, strict=True)):
            rigid = observations.is_rigid(parameter.id)
            failed = [rigid or (parameter.id, step.new) in observations.failed for step in steps]
            broken |= np.array([False, *failed])[rows[:, at]]
        return broken

    def inconsistent(self, rows: Rows, space: Space) -> NDArray[np.bool_]:
        """Tell candidates where a relation that the source wants between two numbers is broken.

        A multiple that is none any more, or a lower bound above its upper one.
        """
        broken = np.zeros(len(rows), dtype=np.bool_)
        for at, parameter in enumerate(space.parameters):
            for part in map(space.index.get, parameter.multiple_of):
                if part is not None:
                    divisor = np.maximum(self._values(part, space)[rows[:, part]], 1.0)
                    broken |= np.mod(self._values(at, space)[rows[:, at]], divisor) != 0
            for upper in map(space.index.get, parameter.at_most):
                if upper is not None:
                    highest = self._values(upper, space)[rows[:, upper]]
                    broken |= self._values(at, space)[rows[:, at]] > highest
        return broken

    def _values(self, at: int, space: Space) -> Array:
        """The numbers of a parameter: where it stands, and after each step."""
        return _numbers([space.parameters[at].value, *(step.new for step in self._steps[at])])

    def _repeated(
        self, at: int, old: Setting, new: Setting, reached: tuple[float, float] | None
    ) -> Array:
        """For each step of a parameter, how much it repeats a move that failed."""
        steps = self._steps[at]
        standing = steps[0].old if steps else None
        settings = [standing, *(step.new for step in steps)]
        if not isinstance(old, float) or not isinstance(new, float):
            return np.array([float(setting == new) for setting in settings])
        numbers = _numbers(settings)
        low, high = reached or (new, new)
        if new > old and high <= new:
            return np.where(numbers >= new, 1.0, np.where(numbers > high, _HALF, 0.0))
        if new < old and low >= new:
            return np.where(numbers <= new, 1.0, np.where(numbers < low, _HALF, 0.0))
        return np.where(numbers == new, 1.0, 0.0)


def _numbers(settings: Sequence[Setting | None]) -> Array:
    """The settings as numbers; what is none is not a number here either."""
    return np.array([each if isinstance(each, float) else np.nan for each in settings])


def _moving(rows: Rows) -> Rows:
    """Those that move anything."""
    moving: Rows = rows[rows.any(axis=1)]
    return moving
