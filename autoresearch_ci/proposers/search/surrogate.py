"""What a move is worth, guessed from the moves that were measured.

A Gaussian process on differences: an experiment tells how much better the
metric got when some knobs went from old to new. Each knob has its own smooth
effect on its own scale, and the effects add up, so that one lesson speaks for
every move of the same knob and near-misses of different knobs combine. No
vector of all settings is needed: what others changed in between does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul
from statistics import median

from autoresearch_ci.proposers.search.knobs import Knob
from autoresearch_ci.proposers.search.memory import Lesson, Setting

_LENGTH = 2.0
_BOWL = 0.2
_FAR = 4.0
_CRASH = -2.0
_NUGGET = 0.01
_STALE = 0.02
_PRIOR = 0.5

Move = tuple[float | str, float | str]
Places = Mapping[str, Move]


def _likeness(a: float | str, b: float | str) -> float:
    """How much the effect at one setting tells of the effect at another, 0 to 1."""
    if isinstance(a, str) or isinstance(b, str):
        return 1.0 if a == b else 0.0
    return math.exp(-((a - b) ** 2) / (2 * _LENGTH * _LENGTH))


def _shared(a: Move, b: Move) -> float:
    """The covariance of the effects of two moves of a knob with amplitude 1."""
    return (
        _likeness(a[1], b[1])
        - _likeness(a[1], b[0])
        - _likeness(a[0], b[1])
        + _likeness(a[0], b[0])
    )


def place(knob: Knob, setting: Setting) -> float | str:
    """A setting as a coordinate; a choice is its own."""
    if knob.scale is None or isinstance(setting, str):
        return str(setting)
    return knob.scale.place(setting)


class Surrogate:
    """Fitted to lessons about knobs that still exist."""

    def __init__(
        self, knobs: Mapping[str, Knob], lessons: Sequence[Lesson], keeps: int, noise: float
    ) -> None:
        self.knobs = knobs
        self.known: list[Places] = []
        told: list[tuple[Lesson, float]] = []
        sizes = [abs(lesson.gain) for lesson in lessons if lesson.gain]
        self.unit = median(sizes) if sizes else 1.0
        for lesson in lessons:
            places = {
                name: (place(knobs[name], old), place(knobs[name], new))
                for name, (old, new) in lesson.moves.items()
                if name in knobs
            }
            if places:
                effect = _CRASH if lesson.gain is None else math.asinh(lesson.gain / self.unit)
                self.known.append(places)
                told.append((lesson, effect))
        self.about: dict[str, list[int]] = {}
        for at, places in enumerate(self.known):
            for name in places:
                self.about.setdefault(name, []).append(at)
        self._amplitudes([effect for _, effect in told])
        spread = _NUGGET + 2 * noise / (self.unit * self.unit)
        noises = [
            spread + _STALE * (keeps - lesson.age) + 0.2 * (len(lesson.moves) - len(places))
            for (lesson, _), places in zip(told, self.known, strict=True)
        ]
        self._fit([effect for _, effect in told], noises)

    def _amplitudes(self, effects: Sequence[float]) -> None:
        """How much each knob matters: its look, corrected by what moving it did."""
        seen: dict[str, list[float]] = {}
        for places, effect in zip(self.known, effects, strict=True):
            if len(places) == 1:
                ((name, move),) = places.items()
                size = max(_shared(move, move), 0.02)
                seen.setdefault(name, []).append(effect * effect / size)
        whole, count = 1.0, 1.0
        for name, squares in seen.items():
            whole += min(sum(squares) / len(squares) / self.knobs[name].weight ** 2, 25.0)
            count += 1
        scale = whole / count
        self.amplitude: dict[str, float] = {}
        for name, knob in self.knobs.items():
            squares = seen.get(name, [])
            prior = knob.weight**2 * scale
            self.amplitude[name] = (_PRIOR * prior + sum(squares)) / (_PRIOR + len(squares))

    def _fit(self, effects: Sequence[float], noises: Sequence[float]) -> None:
        count = len(self.known)
        rows: list[list[float]] = []
        for i in range(count):
            row = []
            for j in range(i + 1):
                value = self._covariance(self.known[i], self.known[j])
                total = value + (noises[i] if i == j else 0.0)
                total -= sum(map(mul, row, rows[j])) if j < i else sum(map(mul, row, row))
                row.append(math.sqrt(max(total, 1e-9)) if i == j else total / rows[j][j])
            rows.append(row)
        self._inverse = _inverse(rows)
        rest = [
            effect - self._bowl(places) for effect, places in zip(effects, self.known, strict=True)
        ]
        self._weights = [sum(map(mul, line, rest)) for line in self._inverse]

    def _covariance(self, a: Places, b: Places) -> float:
        if len(a) > len(b):
            a, b = b, a
        return sum(
            self.amplitude[name] * _shared(move, b[name]) for name, move in a.items() if name in b
        )

    def _bowl(self, places: Places) -> float:
        """Before anything is known: the further from where it stands, the worse."""
        total = 0.0
        for name, (old, new) in places.items():
            knob = self.knobs[name]
            root = math.sqrt(self.amplitude[name])
            if isinstance(old, str) or isinstance(new, str):
                total -= _BOWL * root * ((new != knob.text) - (old != knob.text))
            elif knob.scale is not None:
                here = knob.scale.place(knob.value)
                far = min(abs(new - here), _FAR) ** 2 - min(abs(old - here), _FAR) ** 2
                total -= _BOWL * root * far
        return total

    def predict(self, places: Places) -> tuple[float, float]:
        """Mean and standard deviation of what a move gains, in units of a typical change."""
        prior = self._bowl(places)
        variance = self._covariance(places, places)
        near = sorted({at for name in places for at in self.about.get(name, ())})
        if not near:
            return prior, math.sqrt(max(variance, 1e-12))
        shared = [self._covariance(places, self.known[at]) for at in near]
        mean = prior + sum(
            value * self._weights[at] for value, at in zip(shared, near, strict=True)
        )
        for value, at in zip(shared, near, strict=True):
            line = self._inverse[at]
            variance -= value * sum(other * line[b] for other, b in zip(shared, near, strict=True))
        return mean, math.sqrt(max(variance, 1e-12))


def _inverse(rows: list[list[float]]) -> list[list[float]]:
    """The inverse of a matrix from its lower triangular root."""
    count = len(rows)
    columns: list[list[float]] = []
    for j in range(count):
        # Column j of the root's inverse; zeros above the diagonal are kept as numbers.
        column = [0.0] * count
        column[j] = 1.0 / rows[j][j]
        for i in range(j + 1, count):
            column[i] = -sum(map(mul, rows[i][j:i], column[j:i])) / rows[i][i]
        columns.append(column)
    full = [[0.0] * count for _ in range(count)]
    for i in range(count):
        for j in range(i + 1):
            full[i][j] = full[j][i] = sum(map(mul, columns[i][i:], columns[j][i:]))
    return full


def expected_gain(mean: float, deviation: float) -> float:
    """The expected improvement: what is gained on average when losses are thrown away."""
    if deviation < 1e-9:
        return max(mean, 0.0)
    z = mean / deviation
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return deviation * (z * 0.5 * math.erfc(-z / math.sqrt(2)) + density)
