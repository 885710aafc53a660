"""Observations from the ledger: the notes of past experiments and their outcomes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, Reason, Side, Status

# No lesson in these: the idea itself was never measured.
_UNTOLD = frozenset({Reason.INTERRUPTED, Reason.DUPLICATE})
_BROKEN = frozenset({Reason.GUARD_FAILED, Reason.RULE_VIOLATION, Reason.CONSTRAINT})

_HUGE = 1e300

Setting = float | str
Moves = Mapping[str, tuple[Setting, Setting]]


@dataclass(frozen=True, slots=True)
class Observation:
    """Knobs that were moved from one setting to another, and how much better that was.

    `gain` is in the metric's unit, None where there is no number or it is not
    to be trusted. `age` counts the kept experiments before it.
    """

    number: int
    moves: Moves
    gain: float | None
    kept: bool
    age: int


@dataclass(slots=True)
class Arm:
    """The record of one kind of idea: numbers, or a kind of deletion."""

    tried: int = 0
    kept: int = 0
    gained: float = 0.0


@dataclass(slots=True)
class Observations:
    """Grows by reading each experiment once; the same history gives the same memory.

    `crashes` are the moves of one number that led to no value, `failed` the settings of
    one parameter alone that did, `alone` those it was given since the last keep. `gone` has the
    lines that deletions took away, by the first of them.
    """

    lessons: list[Observation] = field(default_factory=list)
    arms: dict[str, Arm] = field(default_factory=dict)
    cuts: Counter[str] = field(default_factory=Counter)
    crashes: dict[str, set[tuple[float, float]]] = field(default_factory=dict)
    failed: set[tuple[str, Setting]] = field(default_factory=set)
    alone: set[tuple[str, Setting]] = field(default_factory=set)
    gone: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    keeps: int = 0
    spread: float = 0.0
    repeats: int = 0
    _read: list[Experiment] = field(default_factory=list)
    _done: int = 0

    def follows(self, history: History) -> bool:
        """True if what was read so far is the beginning of this history."""
        return self._done <= history.next_number and (
            not self._read or history.experiments[self._done - 1] == self._read[0]
        )

    def read(self, history: History) -> None:
        """Take in what is new."""
        for number in range(self._done, history.next_number):
            experiment = history.experiments[number]
            self._learn(experiment, history)
            self._read[:] = [experiment]
        self._done = history.next_number

    def arm(self, name: str) -> Arm:
        """The record of one kind of idea."""
        return self.arms.setdefault(name, Arm())

    @property
    def noise(self) -> float:
        """The variance of one value, in the metric's unit squared; 0 until values repeat."""
        return self.spread / self.repeats if self.repeats else 0.0

    def _learn(self, experiment: Experiment, history: History) -> None:
        kept = experiment.status is Status.KEEP
        self._note_noise(experiment)
        note = experiment.change if isinstance(experiment.change, Mapping) else {}
        if experiment.reason not in _UNTOLD:
            gain = _gain(experiment, history)
            moves = _moves(note.get("set"))
            if moves:
                self.lessons.append(
                    Observation(experiment.experiment, moves, gain, kept, self.keeps)
                )
                self._count("set", kept, gain)
                if len(moves) == 1:
                    self._note_alone(moves, crashed=gain is None)
            cut = note.get("cut")
            if isinstance(cut, str):
                self.cuts[cut] += 1
                self._note_gone(note.get("gone"))
                self._count("cut", kept, gain)
                self._count(f"cut:{note.get('kind')}", kept, gain)
        if kept:
            self.keeps += 1
            self.alone.clear()

    def was_cut(self, gone: Sequence[str]) -> bool:
        """True if these lines, or these and others that are gone by now, were cut before."""
        cut = frozenset(gone)
        return any(cut <= before for before in self.gone.get(gone[0], ())) if gone else False

    def _note_gone(self, gone: object) -> None:
        if isinstance(gone, list | tuple) and gone and all(isinstance(name, str) for name in gone):
            self.gone.setdefault(gone[0], []).append(frozenset(gone))

    def _count(self, name: str, kept: bool, gain: float | None) -> None:
        arm = self.arm(name)
        arm.tried += 1
        if kept:
            arm.kept += 1
            arm.gained += max(gain or 0.0, 0.0)

    def _note_alone(self, moves: Moves, *, crashed: bool) -> None:
        """Remember what one parameter alone was set to, and where that led to no value."""
        ((name, (old, new)),) = moves.items()
        self.alone.add((name, new))
        if crashed:
            self.failed.add((name, new))
        if crashed and isinstance(old, float) and isinstance(new, float):
            self.crashes.setdefault(name, set()).add((old, new))

    def _note_noise(self, experiment: Experiment) -> None:
        for side in Side:
            values = [sample.value for sample in experiment.samples if sample.side is side]
            if len(values) > 1:
                mean = sum(values) / len(values)
                self.spread += sum((value - mean) ** 2 for value in values)
                self.repeats += len(values) - 1


def _gain(experiment: Experiment, history: History) -> float | None:
    if experiment.status is Status.CRASH or experiment.reason in _BROKEN:
        return None
    if experiment.value is None or experiment.prev is None:
        return None
    gain = history.direction.gain(experiment.value, experiment.prev)
    return gain if math.isfinite(gain) else None


def _moves(note: Any) -> dict[str, tuple[Setting, Setting]]:
    """The moves that a note tells of; anything of another shape is no move."""
    if not isinstance(note, Mapping):
        return {}
    moves: dict[str, tuple[Setting, Setting]] = {}
    for name, pair in note.items():
        if (
            not isinstance(name, str)
            or not isinstance(pair, list | tuple)
            or len(pair) != len(("old", "new"))
        ):
            return {}
        old, new = pair
        if isinstance(old, str) and isinstance(new, str):
            moves[name] = (old, new)
        elif _is_number(old) and _is_number(new):
            moves[name] = (float(old), float(new))
        else:
            return {}
    return moves


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < _HUGE  # the integers of JSON have no limit, floats have
        and math.isfinite(value)
    )
