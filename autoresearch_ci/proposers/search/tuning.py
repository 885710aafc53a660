"""Choose the parameters to move next, and where to."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from autoresearch_ci.proposers.search.observations import Observation, Observations, Setting
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.surrogate import Effect, Move, Surrogate, expected_gain, place

WINDOW = 40
_STEPS = (1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.25, -0.25, 3.0, -3.0, 0.12, -0.12)
_FRESH = 12
_COMBINED = 6
_FEW = 3
_MISSES = 4
_JOINT = 0.05
# A little luck, so that campaigns with other tags look in other places.
_LUCK = 0.8
# From what mean on a step may be combined with others, in typical changes.
_HOPE = 0.02


@dataclass(frozen=True, slots=True)
class Step:
    """One parameter to a new setting: as source text, as a note, and as a move on its scale."""

    parameter: Parameter
    text: str
    old: Setting
    new: Setting
    move: Move

    @classmethod
    def of(cls, parameter: Parameter, text: str, new: Setting) -> Step:
        old: Setting = parameter.text if parameter.scale is None else parameter.value
        return cls(parameter, text, old, new, (place(parameter, old), place(parameter, new)))


Steps = tuple[Step, ...]


@lru_cache(maxsize=4096)
def steps_of(parameter: Parameter) -> list[Step]:
    """Every step that may be tried on one parameter as it stands, boldest doubt first."""
    if parameter.scale is None:
        return [
            Step.of(parameter, option, option)
            for option in parameter.options
            if option != parameter.text
        ]
    found: dict[str, Step] = {}
    for by in _STEPS:
        text = parameter.written(parameter.scale.step(parameter.value, by))
        value = parameter.read(text)
        if value is None or value == parameter.value or text in found:
            continue
        if parameter.scale.low <= value <= parameter.scale.high:
            found[text] = Step.of(parameter, text, value)
    return list(found.values())


def ranked(
    parameters: Sequence[Parameter], observations: Observations, rng: random.Random
) -> Iterator[Steps]:
    """Moves, the most promising first; each parameter alone and some together.

    A setting that one parameter alone crashed with is not tried again, whatever was kept since.
    """
    for steps in _moves(parameters, observations, rng):
        if observations.failed.isdisjoint((step.parameter.id, step.new) for step in steps):
            yield steps


def _moves(
    parameters: Sequence[Parameter], observations: Observations, rng: random.Random
) -> Iterator[Steps]:
    by_id = {parameter.id: parameter for parameter in parameters}
    bounds = {
        parameter.id: _bounds(parameter, observations)
        for parameter in parameters
        if parameter.id in observations.crashes
    }
    lessons = observations.lessons[-WINDOW:]
    model = Surrogate(by_id, lessons, observations.keeps, observations.noise)
    missed = _near_misses(by_id, lessons)
    taught = [parameter for parameter in parameters if parameter.id in model.about]
    moved = {name for name, _ in observations.alone}
    fresh = [
        parameter
        for parameter in parameters
        if parameter.id not in model.about
        and (parameter.id not in moved or _has_more(parameter, observations))
    ]
    fresh.sort(key=lambda parameter: -parameter.weight)
    yield from _batch([*taught, *fresh[:_FRESH]], model, bounds, rng, missed)
    for at in range(_FRESH, len(fresh), _FRESH):
        yield from _batch(fresh[at : at + _FRESH], model, bounds, rng, ())


def _has_more(parameter: Parameter, observations: Observations) -> bool:
    """True if a step is left that this parameter alone was not given since the last keep."""
    return any((parameter.id, step.new) not in observations.alone for step in steps_of(parameter))


@dataclass(frozen=True, slots=True)
class _Option:
    """A step with its effect, and the mean and deviation of its gain."""

    step: Step
    effect: Effect
    mean: float
    deviation: float


def _batch(
    parameters: Sequence[Parameter],
    model: Surrogate,
    bounds: Mapping[str, tuple[float, float]],
    rng: random.Random,
    missed: Sequence[tuple[str, Setting]],
) -> Iterator[Steps]:
    scored: list[tuple[float, int, Steps]] = []
    best: list[_Option] = []
    again: list[_Option] = []

    def add(group: Sequence[_Option], mean: float, deviation: float) -> None:
        score = expected_gain(mean, deviation) * rng.uniform(_LUCK, 1.0)
        scored.append((-score, len(scored), tuple(option.step for option in group)))

    for parameter in parameters:
        options = _options(parameter, model, bounds.get(parameter.id))
        for option in options:
            add([option], option.mean, option.deviation)
        if options and parameter.id in model.about:
            best.append(max(options, key=lambda option: option.mean))
            again.extend(option for option in options if (parameter.id, option.step.new) in missed)
    for group in _together(best, rng):
        add(group, *model.predict(option.effect for option in group))
    for pair in combinations(again, 2):
        mean, deviation = model.predict(option.effect for option in pair)
        # Two that failed alone may need each other: the model, which adds, cannot know.
        joint = _JOINT * min(model.amplitude[option.step.parameter.id] for option in pair)
        add(pair, mean, math.sqrt(deviation * deviation + joint))
    for _, _, steps in sorted(scored, key=lambda one: one[:2]):
        yield steps


def _options(
    parameter: Parameter, model: Surrogate, fence: tuple[float, float] | None
) -> list[_Option]:
    found: list[_Option] = []
    for step in steps_of(parameter):
        if fence and isinstance(step.new, float) and not fence[0] < step.new < fence[1]:
            continue
        effect = model.effect(parameter.id, step.move)
        found.append(_Option(step, effect, *model.predict([effect])))
    return found


def _together(best: Sequence[_Option], rng: random.Random) -> Iterator[Sequence[_Option]]:
    """The best steps of several parameters at once: the most hopeful, pairs, and some by luck."""
    hopeful = sorted((o for o in best if o.mean > _HOPE), key=lambda option: -option.mean)
    for count in range(2, min(len(hopeful), _COMBINED) + 1):
        yield hopeful[:count]
    yield from combinations(hopeful[:4], 2)
    if len(hopeful) > _FEW:
        for _ in range(4):
            yield rng.sample(hopeful, _FEW)


def _near_misses(
    parameters: Mapping[str, Parameter], lessons: Sequence[Observation]
) -> Sequence[tuple[str, Setting]]:
    """Knobs and settings that were tried alone from where they stand, and only just failed."""
    found: dict[str, tuple[float, Setting]] = {}
    for observation in lessons:
        if observation.kept or not observation.gain or len(observation.moves) != 1:
            continue
        ((name, (old, new)),) = observation.moves.items()
        parameter = parameters.get(name)
        if parameter is None or old != (
            parameter.text if parameter.scale is None else parameter.value
        ):
            continue
        if name not in found or found[name][0] < observation.gain:
            found[name] = observation.gain, new
    ranking = sorted(found, key=lambda name: -found[name][0])
    return [(name, found[name][1]) for name in ranking[:_MISSES]]


def _bounds(parameter: Parameter, observations: Observations) -> tuple[float, float]:
    """The bounds of a parameter: a direction that crashed is not pushed further."""
    crashes = observations.crashes[parameter.id]
    above = [new for old, new in crashes if old < new and parameter.value < new]
    below = [new for old, new in crashes if new < old and new < parameter.value]
    return max(below, default=-math.inf), min(above, default=math.inf)
