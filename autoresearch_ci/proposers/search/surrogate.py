"""The expected worth of a move, from the moves that were measured.

A Gaussian process on differences: an experiment tells how much better the
metric got when some parameters went from old to new. Each parameter has its own smooth
effect on its own scale, and the effects add up, so that one lesson speaks for
every move of the same parameter and near-misses of different parameters combine. No
vector of all settings is needed: what others changed in between does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from statistics import median

from autoresearch_ci.proposers.search.observations import Observation, Setting
from autoresearch_ci.proposers.search.parameters import Parameter

# In units of a parameter's scale: how far one lesson reaches, and how fast doubt about
# a move grows with its size before anything is known.
_LENGTH = 2.0
_REACH = -1 / (2 * _LENGTH * _LENGTH)
_BOWL = 0.15
_FAR = 4.0
_NOWHERE = 5.0
# What one choice tells of another.
_OTHER = 0.7
# In units of a typical change of the metric.
_CRASH = -2.0
_NUGGETS = (0.01, 0.1, 0.5)
_STALE = 0.02
_PRIOR = 0.5
# A parameter that nobody has moved may matter more than its look says: a first look at
# every good one comes before the last digits of those that moved the metric first.
_UNTRIED = 3.0
# A gain this large is of another order than the usual ones, and what the other parameters
# did before it may not be what they do now.
_LEAP = 1.5
_SHAKEN = 0.1
# A move that changed nothing at all tells more than one that changed a little; but
# a little of what was off may be as good as none, and much may not.
_SILENT = 8.0
_NOTHING = 1e-12

Move = tuple[float | str, float | str]
Places = Mapping[str, Move]


def _likeness(a: float | str, b: float | str) -> float:
    """The correlation of the effects at two settings, 0 to 1."""
    if isinstance(a, str) or isinstance(b, str):
        return 1.0 if a == b else _OTHER
    far = a - b
    return math.exp(far * far * _REACH)


def _shared(a: Move, b: Move) -> float:
    """The covariance of the effects of two moves of a parameter with amplitude 1."""
    return (
        _likeness(a[1], b[1])
        - _likeness(a[1], b[0])
        - _likeness(a[0], b[1])
        + _likeness(a[0], b[0])
    )


def place(parameter: Parameter, setting: Setting) -> float | str:
    """A setting as a coordinate; a choice is its own."""
    if parameter.scale is None or isinstance(setting, str):
        return str(setting)
    return parameter.scale.place(setting)


@dataclass(frozen=True, slots=True)
class Effect:
    """One parameter's move to the model: prior mean, variance, covariance with each lesson."""

    mean: float
    variance: float
    shared: Mapping[int, float]


class Surrogate:
    """Fitted to lessons about parameters that still exist."""

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        lessons: Sequence[Observation],
        keeps: int,
        noise: float,
    ) -> None:
        self.parameters = parameters
        self.known: list[Places] = []
        told: list[Observation] = []
        for observation in lessons:
            places: Places = {
                name: (place(parameters[name], old), place(parameters[name], new))
                for name, (old, new) in observation.moves.items()
                if name in parameters
            }
            if places:
                self.known.append(places)
                told.append(observation)
        sizes = [abs(observation.gain) for observation in told if observation.gain]
        self.unit = median(sizes) if sizes else 1.0
        effects = [
            _CRASH if observation.gain is None else math.asinh(observation.gain / self.unit)
            for observation in told
        ]
        self.about: dict[str, list[int]] = {}
        for at, places in enumerate(self.known):
            for name in places:
                self.about.setdefault(name, []).append(at)
        self.amplitude = self._scales(effects)
        self._from: dict[tuple[str, float | str], dict[int, float]] = {}
        spread = 2 * noise / (self.unit * self.unit)
        shaken = self._shaken(told, effects)
        noises = [
            spread
            + _STALE * (keeps - observation.age)
            + shaken[at]
            + 0.2 * (len(observation.moves) - len(places))
            for at, (observation, places) in enumerate(zip(told, self.known, strict=True))
        ]
        self._fit(effects, noises)

    def _shaken(self, told: Sequence[Observation], effects: Sequence[float]) -> list[float]:
        """The noise of each observation from the leaps that other parameters made after it."""
        noise = [0.0] * len(told)
        for later, observation in enumerate(told):
            leap = effects[later] - _LEAP if observation.kept else 0.0
            if leap > 0:
                for at in range(later):
                    if self.known[at].keys().isdisjoint(observation.moves):
                        noise[at] += _SHAKEN * leap * leap
        return noise

    def _scales(self, effects: Sequence[float]) -> dict[str, float]:
        """The scale of each parameter: by its look, corrected by what moving it did."""
        seen: dict[str, list[float]] = {}
        for places, effect in zip(self.known, effects, strict=True):
            if len(places) == 1:
                ((name, move),) = places.items()
                size = max(_shared(move, move), 0.02)
                seen.setdefault(name, []).append(effect * effect / size)
        whole = 1.0
        for name, squares in seen.items():
            whole += min(sum(squares) / len(squares) / self.parameters[name].weight ** 2, 25.0)
        scale = whole / (1 + len(seen))
        found: dict[str, float] = {}
        for name, parameter in self.parameters.items():
            squares = seen.get(name, [])
            prior = parameter.weight**2 * scale * (1.0 if squares else _UNTRIED)
            silent = _SILENT if parameter.value else 1.0
            told = sum(1.0 if square else silent for square in squares)
            found[name] = (_PRIOR * prior + sum(squares)) / (_PRIOR + told)
        return found

    def _fit(self, effects: Sequence[float], noises: Sequence[float]) -> None:
        """Solve for the lessons, with as much ruggedness as makes them most likely."""
        rest = [
            effect - sum(self._bowl(name, move) for name, move in places.items())
            for effect, places in zip(effects, self.known, strict=True)
        ]
        rows = [
            [self._covariance(self.known[i], self.known[j]) for j in range(i + 1)]
            for i in range(len(rest))
        ]
        best: tuple[float, list[list[float]]] | None = None
        for nugget in _NUGGETS:
            root, solved = _root(rows, [nugget + noise for noise in noises], rest)
            likely = -sum(map(mul, solved, solved)) / 2 - sum(math.log(row[-1]) for row in root)
            if best is None or likely > best[0]:
                best = likely, root
        self._inverse = _inverse(best[1]) if best else []
        self._weights = [sum(map(mul, line, rest)) for line in self._inverse]

    def _covariance(self, a: Places, b: Places) -> float:
        total = 0.0
        for name, move in a.items():
            if name in b:
                total += self.amplitude[name] * _shared(move, b[name])
        return total

    def _bowl(self, name: str, move: Move) -> float:
        """Before anything is known: the further from where it stands, the worse."""
        parameter = self.parameters[name]
        old, new = move
        root = math.sqrt(self.amplitude[name])
        if isinstance(old, str) or isinstance(new, str):
            return -_BOWL * root * ((new != parameter.text) - (old != parameter.text))
        if parameter.scale is None:
            return 0.0
        here = parameter.scale.place(parameter.value)
        # Nothing is far from everything; that says little about where to go.
        reach = _FAR if parameter.value else _FAR * _NOWHERE
        far = min(abs(new - here), reach) ** 2 - min(abs(old - here), reach) ** 2
        return -_BOWL * root * far * (_FAR / reach) ** 2

    def effect(self, name: str, move: Move) -> Effect:
        """The posterior of one parameter's move."""
        amplitude = self.amplitude[name]
        old, new = move
        if (name, old) not in self._from:
            self._from[name, old] = {
                at: self._towards(old, self.known[at][name]) for at in self.about.get(name, ())
            }
        shared = {
            at: amplitude * (self._towards(new, self.known[at][name]) - before)
            for at, before in self._from[name, old].items()
        }
        variance = 2 * amplitude * (1 - _likeness(old, new))
        return Effect(self._bowl(name, move), variance, shared)

    @staticmethod
    def _towards(setting: float | str, observation: Move) -> float:
        """The excess of a setting's likeness to what an observation moved to over what it left."""
        return _likeness(setting, observation[1]) - _likeness(setting, observation[0])

    def predict(self, effects: Iterable[Effect]) -> tuple[float, float]:
        """Mean and standard deviation of what moves gain together, in typical changes."""
        mean = variance = 0.0
        shared: dict[int, float] = {}
        for effect in effects:
            mean += effect.mean
            variance += effect.variance
            for at, value in effect.shared.items():
                shared[at] = shared.get(at, 0.0) + value
        if shared:
            near, values = list(shared), list(shared.values())
            mean += sum(map(mul, values, [self._weights[at] for at in near]))
            for at, value in shared.items():
                line = self._inverse[at]
                variance -= value * sum(map(mul, values, [line[b] for b in near]))
        return mean, math.sqrt(max(variance, _NOTHING))


def _root(
    rows: Sequence[Sequence[float]], noises: Sequence[float], right: Sequence[float]
) -> tuple[list[list[float]], list[float]]:
    """The triangular root of a covariance matrix, and it solved for the right side."""
    root: list[list[float]] = []
    solved: list[float] = []
    for i, values in enumerate(rows):
        row: list[float] = []
        for j in range(i):
            row.append((values[j] - sum(map(mul, row, root[j]))) / root[j][j])
        diagonal = values[i] + noises[i] - sum(map(mul, row, row))
        solved_before = sum(map(mul, row, solved))
        row.append(math.sqrt(max(diagonal, 1e-9)))
        solved.append((right[i] - solved_before) / row[i])
        root.append(row)
    return root, solved


def _inverse(root: Sequence[Sequence[float]]) -> list[list[float]]:
    """The inverse of a matrix from its lower triangular root."""
    count = len(root)
    columns: list[list[float]] = []
    for j in range(count):
        column = [1.0 / root[j][j]]
        for i in range(j + 1, count):
            column.append(-sum(map(mul, root[i][j:i], column)) / root[i][i])
        columns.append(column)
    full = [[0.0] * count for _ in range(count)]
    for i in range(count):
        for j in range(i + 1):
            full[i][j] = full[j][i] = sum(map(mul, columns[i], columns[j][i - j :]))
    return full


def expected_gain(mean: float, deviation: float) -> float:
    """The expected improvement: what is gained on average when losses are thrown away."""
    z = mean / deviation
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return deviation * (z * 0.5 * math.erfc(-z / math.sqrt(2)) + density)
