"""Observations from the ledger: the notes of past experiments and their outcomes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, ExperimentStart, Reason, Side, Status

# No lesson in these: the idea itself was never measured.
_UNTOLD = frozenset({Reason.INTERRUPTED, Reason.DUPLICATE})
_BROKEN = frozenset(
    {Reason.GUARD_FAILED, Reason.RULE_VIOLATION, Reason.CONSTRAINT, Reason.UNTESTED}
)

_HUGE = 1e300

PLATEAU = 10
"""Experiments of the search without a keep, after which it takes wider steps."""

Setting = float | str
Moves = Mapping[str, tuple[Setting, Setting]]


@dataclass(frozen=True, slots=True)
class Observation:
    """Knobs that were moved from one setting to another, and how much better that was.

    `first` are those moves that went where there had been no value before.
    `gain` is in the metric's unit, None where there is no number or it is not
    to be trusted. `age` is the version that it was tried on: after so many keeps, or below 0
    that of a fork. `seconds` is the time of a run, `runs` the number of the candidate's.
    """

    number: int
    moves: Moves
    gain: float | None
    kept: bool
    age: int
    seconds: float
    runs: int
    first: Moves


@dataclass(frozen=True, slots=True)
class Keep:
    """A kept experiment: no moves where the search had no part in it, or a deletion."""

    moves: Moves
    gain: float


@dataclass(frozen=True, slots=True)
class Fork:
    """A version beside the branch: kept on the version `age` by a lane, and superseded since."""

    age: int
    moves: Moves
    gain: float


@dataclass(slots=True)
class Arm:
    """The record of one kind of idea: numbers, or a kind of deletion."""

    tried: int = 0
    kept: int = 0
    gained: float = 0.0


@dataclass(slots=True)
class Observations:
    """Grows by reading each experiment once; the same history gives the same memory.

    `crashes` are the moves that led to no value, without those to where there was one before;
    `failed` are the settings of one parameter alone that did. `reached` are the lowest and the
    highest setting of a number that gave a value, `worked` the other settings that did.
    `gone` has the lines that deletions took away, by the first of them. `seconds` is the time
    of a run of the baseline. `forks[n]` is the version of age `-1 - n`. `under_way` are the moves
    that other lanes are trying, and the version that they are tried on; `going` counts all that
    they are at by its kind, `set` or `cut`, and `cutting` has the names of the deletions.
    """

    lessons: list[Observation] = field(default_factory=list)
    arms: dict[str, Arm] = field(default_factory=dict)
    cuts: Counter[str] = field(default_factory=Counter)
    crashes: list[Moves] = field(default_factory=list)
    failed: set[tuple[str, Setting]] = field(default_factory=set)
    reached: dict[str, tuple[float, float]] = field(default_factory=dict)
    worked: set[tuple[str, Setting]] = field(default_factory=set)
    gone: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    keeps: list[Keep] = field(default_factory=list)
    forks: list[Fork] = field(default_factory=list)
    under_way: list[tuple[int, Moves]] = field(default_factory=list)
    going: Counter[str] = field(default_factory=Counter)
    cutting: set[str] = field(default_factory=set)
    seconds: float = 0.0
    spread: float = 0.0
    repeats: int = 0
    _ages: dict[str, int] = field(default_factory=dict)
    _read: list[Experiment] = field(default_factory=list)

    def follows(self, history: History) -> bool:
        """True if what was read so far is the beginning of this history."""
        return history.experiments[: len(self._read)] == self._read

    def read(self, history: History) -> None:
        """Take in what is new."""
        for experiment in history.experiments[len(self._read) :]:
            self._learn(experiment, history)
            self._read.append(experiment)
        self._note_under_way(history.under_way)

    @property
    def since_keep(self) -> int:
        """Moves that were tried since anything was kept."""
        now = len(self.keeps)
        return sum(1 for each in reversed(self.lessons[-PLATEAU:]) if each.age == now)

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
        note = _note(experiment)
        gain = _gain(experiment, history)
        moves = _moves_of(experiment)
        seconds = experiment.seconds / max(len(experiment.samples), 1)
        if experiment.is_baseline:
            self.seconds = seconds
        elif experiment.reason not in _UNTOLD:
            if moves:
                self._note_moves(experiment, moves, gain, seconds)
                self._count("set", kept, gain)
            cut = note.get("cut")
            if isinstance(cut, str):
                self.cuts[cut] += 1
                self._note_gone(note.get("gone"))
                self._count("cut", kept, gain)
                self._count(f"cut:{note.get('kind')}", kept, gain)
        if kept:
            self.keeps.append(Keep(moves, gain or 0.0))
            self._ages[experiment.commit] = len(self.keeps)
        elif experiment.reason is Reason.SUPERSEDED and experiment.commit != experiment.parent:
            self.forks.append(Fork(self._age(experiment.parent), moves, gain or 0.0))
            self._ages[experiment.commit] = -len(self.forks)

    def _age(self, parent: str) -> int:
        """The version that a commit is; one that is not known is taken for the last keep."""
        return self._ages.get(parent, len(self.keeps))

    def was_cut(self, gone: Sequence[str]) -> bool:
        """True if these lines, or these and others that are gone by now, were cut before."""
        cut = frozenset(gone)
        return any(cut <= before for before in self.gone.get(gone[0], ())) if gone else False

    def _note_under_way(self, begun: Sequence[ExperimentStart]) -> None:
        self.going, self.under_way, self.cutting = Counter[str](), [], set[str]()
        for each in begun:
            if moves := _moves_of(each):
                self.going["set"] += 1
                self.under_way.append((self._age(each.parent), moves))
            elif isinstance(cut := _note(each).get("cut"), str):
                self.going["cut"] += 1
                self.cutting.add(cut)

    def _note_gone(self, gone: object) -> None:
        if isinstance(gone, list | tuple) and gone and all(isinstance(name, str) for name in gone):
            self.gone.setdefault(gone[0], []).append(frozenset(gone))

    def _count(self, name: str, kept: bool, gain: float | None) -> None:
        arm = self.arm(name)
        arm.tried += 1
        if kept:
            arm.kept += 1
            arm.gained += max(gain or 0.0, 0.0)

    def _note_moves(
        self, experiment: Experiment, moves: Moves, gain: float | None, seconds: float
    ) -> None:
        """Remember where parameters were moved to, and where that led to no value."""
        runs = sum(sample.side is Side.CANDIDATE for sample in experiment.samples)
        kept = experiment.status is Status.KEEP
        number, age = experiment.experiment, self._age(experiment.parent)
        first = {n: pair for n, pair in moves.items() if not self._has_worked(n, pair[1])}
        self.lessons.append(Observation(number, moves, gain, kept, age, seconds, runs, first))
        for name, (old, new) in moves.items():
            self._note_reached(name, old)
            if gain is not None:
                self._note_reached(name, new)
        if gain is None:
            self._note_crash(first or moves)

    def _note_crash(self, blamed: Moves) -> None:
        """Lay a crash on what it moved; of two that share one move alone, on that one."""
        shared = [_in_both(blamed, before) for before in self.crashes]
        for moves in (blamed, *(each for each in shared if len(each) == 1)):
            if moves not in self.crashes:
                self.crashes.append(moves)
            if len(moves) == 1:
                self.failed.update((name, new) for name, (_, new) in moves.items())

    @property
    def blamed(self) -> list[Moves]:
        """The moves that crashes are laid on: without those that have worked by now, if others."""
        blamed = []
        for moves in self.crashes:
            left = {n: pair for n, pair in moves.items() if not self._has_worked(n, pair[1])}
            blamed.append(left or moves)
        return blamed

    def is_rigid(self, name: str) -> bool:
        """True for a number that broke the program by itself both ways, and never was elsewhere."""
        low, high = self.reached.get(name, (0.0, 0.0))
        ways = {new > high for one, new in self.failed if one == name and isinstance(new, float)}
        return low == high and ways == {True, False}

    def _note_reached(self, name: str, setting: Setting) -> None:
        if isinstance(setting, float):
            low, high = self.reached.get(name, (setting, setting))
            self.reached[name] = min(low, setting), max(high, setting)
        else:
            self.worked.add((name, setting))

    def _has_worked(self, name: str, setting: Setting) -> bool:
        """True if this parameter went so far before, and there was a value."""
        if not isinstance(setting, float):
            return (name, setting) in self.worked
        low, high = self.reached.get(name, (math.inf, -math.inf))
        return low <= setting <= high

    def _note_noise(self, experiment: Experiment) -> None:
        for side in Side:
            values = [sample.value for sample in experiment.samples if sample.side is side]
            if len(values) > 1:
                mean = sum(values) / len(values)
                self.spread += sum((value - mean) ** 2 for value in values)
                self.repeats += len(values) - 1


def _in_both(moves: Moves, others: Moves) -> Moves:
    """The moves of these that others make as well: as far the same way, or to the same option."""
    shared: dict[str, tuple[Setting, Setting]] = {}
    for name in moves.keys() & others.keys():
        match moves[name], others[name]:
            case (float(old), float(new)), (float(before), float(other)):
                if (new > old) == (other > before):
                    shared[name] = old, min(new, other) if new > old else max(new, other)
            case (old, new), (_, other) if new == other:
                shared[name] = old, new
    return shared


def _gain(experiment: Experiment, history: History) -> float | None:
    if experiment.status is Status.CRASH or experiment.reason in _BROKEN:
        return None
    if experiment.value is None or experiment.prev is None:
        return None
    gain = history.direction.gain(experiment.value, experiment.prev)
    return gain if math.isfinite(gain) else None


def _note(idea: Experiment | ExperimentStart) -> Mapping[str, Any]:
    return idea.change if isinstance(idea.change, Mapping) else {}


def _moves_of(idea: Experiment | ExperimentStart) -> Moves:
    return _moves(_note(idea).get("set"))


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
