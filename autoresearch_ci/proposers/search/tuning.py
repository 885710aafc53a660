"""Which knobs to move next, and where to."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from autoresearch_ci.proposers.search.observations import Lesson, Memory, Setting
from autoresearch_ci.proposers.search.parameters import Knob
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
    """One knob to a new setting: as source text, as notes tell it, and as a move on its scale."""

    knob: Knob
    text: str
    old: Setting
    new: Setting
    move: Move

    @classmethod
    def of(cls, knob: Knob, text: str, new: Setting) -> Step:
        old: Setting = knob.text if knob.scale is None else knob.value
        return cls(knob, text, old, new, (place(knob, old), place(knob, new)))


Steps = tuple[Step, ...]


@lru_cache(maxsize=4096)
def steps_of(knob: Knob) -> list[Step]:
    """Every step that may be tried on one knob as it stands, boldest doubt first."""
    if knob.scale is None:
        return [Step.of(knob, option, option) for option in knob.options if option != knob.text]
    found: dict[str, Step] = {}
    for by in _STEPS:
        text = knob.written(knob.scale.step(knob.value, by))
        value = knob.read(text)
        if value is None or value == knob.value or text in found:
            continue
        if knob.scale.low <= value <= knob.scale.high:
            found[text] = Step.of(knob, text, value)
    return list(found.values())


def ranked(knobs: Sequence[Knob], memory: Memory, rng: random.Random) -> Iterator[Steps]:
    """Moves, the most promising first; each knob alone and some together.

    A setting that one knob alone crashed with is not tried again, whatever was kept since.
    """
    for steps in _moves(knobs, memory, rng):
        if memory.failed.isdisjoint((step.knob.id, step.new) for step in steps):
            yield steps


def _moves(knobs: Sequence[Knob], memory: Memory, rng: random.Random) -> Iterator[Steps]:
    by_id = {knob.id: knob for knob in knobs}
    fences = {knob.id: _fence(knob, memory) for knob in knobs if knob.id in memory.crashes}
    lessons = memory.lessons[-WINDOW:]
    model = Surrogate(by_id, lessons, memory.keeps, memory.noise)
    missed = _near_misses(by_id, lessons)
    taught = [knob for knob in knobs if knob.id in model.about]
    moved = {name for name, _ in memory.alone}
    fresh = [
        knob
        for knob in knobs
        if knob.id not in model.about and (knob.id not in moved or _has_more(knob, memory))
    ]
    fresh.sort(key=lambda knob: -knob.weight)
    yield from _batch([*taught, *fresh[:_FRESH]], model, fences, rng, missed)
    for at in range(_FRESH, len(fresh), _FRESH):
        yield from _batch(fresh[at : at + _FRESH], model, fences, rng, ())


def _has_more(knob: Knob, memory: Memory) -> bool:
    """Whether a step is left that this knob alone was not given since the last keep."""
    return any((knob.id, step.new) not in memory.alone for step in steps_of(knob))


@dataclass(frozen=True, slots=True)
class _Option:
    """A step with its effect, and the mean and deviation of its gain."""

    step: Step
    effect: Effect
    mean: float
    deviation: float


def _batch(
    knobs: Sequence[Knob],
    model: Surrogate,
    fences: Mapping[str, tuple[float, float]],
    rng: random.Random,
    missed: Sequence[tuple[str, Setting]],
) -> Iterator[Steps]:
    scored: list[tuple[float, int, Steps]] = []
    best: list[_Option] = []
    again: list[_Option] = []

    def add(group: Sequence[_Option], mean: float, deviation: float) -> None:
        score = expected_gain(mean, deviation) * rng.uniform(_LUCK, 1.0)
        scored.append((-score, len(scored), tuple(option.step for option in group)))

    for knob in knobs:
        options = _options(knob, model, fences.get(knob.id))
        for option in options:
            add([option], option.mean, option.deviation)
        if options and knob.id in model.about:
            best.append(max(options, key=lambda option: option.mean))
            again.extend(option for option in options if (knob.id, option.step.new) in missed)
    for group in _together(best, rng):
        add(group, *model.predict(option.effect for option in group))
    for pair in combinations(again, 2):
        mean, deviation = model.predict(option.effect for option in pair)
        # Two that failed alone may need each other: the model, which adds, cannot know.
        joint = _JOINT * min(model.amplitude[option.step.knob.id] for option in pair)
        add(pair, mean, math.sqrt(deviation * deviation + joint))
    for _, _, steps in sorted(scored, key=lambda one: one[:2]):
        yield steps


def _options(knob: Knob, model: Surrogate, fence: tuple[float, float] | None) -> list[_Option]:
    found: list[_Option] = []
    for step in steps_of(knob):
        if fence and isinstance(step.new, float) and not fence[0] < step.new < fence[1]:
            continue
        effect = model.effect(knob.id, step.move)
        found.append(_Option(step, effect, *model.predict([effect])))
    return found


def _together(best: Sequence[_Option], rng: random.Random) -> Iterator[Sequence[_Option]]:
    """The best steps of several knobs at once: the most hopeful, pairs, and some by luck."""
    hopeful = sorted((o for o in best if o.mean > _HOPE), key=lambda option: -option.mean)
    for count in range(2, min(len(hopeful), _COMBINED) + 1):
        yield hopeful[:count]
    yield from combinations(hopeful[:4], 2)
    if len(hopeful) > _FEW:
        for _ in range(4):
            yield rng.sample(hopeful, _FEW)


def _near_misses(
    knobs: Mapping[str, Knob], lessons: Sequence[Lesson]
) -> Sequence[tuple[str, Setting]]:
    """Knobs and settings that were tried alone from where they stand, and only just failed."""
    found: dict[str, tuple[float, Setting]] = {}
    for lesson in lessons:
        if lesson.kept or not lesson.gain or len(lesson.moves) != 1:
            continue
        ((name, (old, new)),) = lesson.moves.items()
        knob = knobs.get(name)
        if knob is None or old != (knob.text if knob.scale is None else knob.value):
            continue
        if name not in found or found[name][0] < lesson.gain:
            found[name] = lesson.gain, new
    ranking = sorted(found, key=lambda name: -found[name][0])
    return [(name, found[name][1]) for name in ranking[:_MISSES]]


def _fence(knob: Knob, memory: Memory) -> tuple[float, float]:
    """How far a knob may go: a direction that crashed is not pushed further."""
    crashes = memory.crashes[knob.id]
    above = [new for old, new in crashes if old < new and knob.value < new]
    below = [new for old, new in crashes if new < old and new < knob.value]
    return max(below, default=-math.inf), min(above, default=math.inf)
