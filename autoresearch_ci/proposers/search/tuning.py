"""Which knobs to move next, and where to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autoresearch_ci.proposers.search.knobs import Knob
from autoresearch_ci.proposers.search.memory import Lesson, Memory, Setting
from autoresearch_ci.proposers.search.surrogate import Move, Surrogate, expected_gain, place

WINDOW = 40
_STEPS = (1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.25, -0.25, 3.0, -3.0, 0.12, -0.12)
_FRESH = 12
_COMBINED = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One knob to a new setting: the text to write, and the setting as notes tell it."""

    knob: Knob
    text: str
    setting: Setting

    @property
    def old(self) -> Setting:
        return self.knob.text if self.knob.scale is None else self.knob.value

    @property
    def move(self) -> Move:
        return place(self.knob, self.old), place(self.knob, self.setting)


Steps = tuple[Step, ...]


def steps_of(knob: Knob) -> list[Step]:
    """Every step that may be tried on one knob as it stands, boldest doubt first."""
    if knob.scale is None:
        return [Step(knob, option, option) for option in knob.options if option != knob.text]
    found: dict[str, Step] = {}
    for by in _STEPS:
        text = knob.written(knob.scale.step(knob.value, by))
        value = knob.read(text)
        if value is not None and value != knob.value and text not in found:
            if knob.scale.low <= value <= knob.scale.high:
                found[text] = Step(knob, text, value)
    return list(found.values())


def ranked(knobs: Sequence[Knob], memory: Memory, rng: random.Random) -> Iterator[Steps]:
    """Moves, the most promising first; each knob alone and some together."""
    by_id = {knob.id: knob for knob in knobs}
    fences = _fences(by_id, memory.lessons)
    lessons = [lesson for lesson in memory.lessons[-WINDOW:]]
    model = Surrogate(by_id, lessons, memory.keeps, memory.noise)
    taught = [knob for knob in knobs if knob.id in model.about]
    fresh = sorted(
        (knob for knob in knobs if knob.id not in model.about), key=lambda knob: -knob.weight
    )
    first = True
    while first or fresh:
        batch, fresh = [*(taught if first else ()), *fresh[:_FRESH]], fresh[_FRESH:]
        yield from _batch(batch, model, fences, lessons, rng if first else None)
        first = False


def _batch(
    knobs: Sequence[Knob],
    model: Surrogate,
    fences: Mapping[str, tuple[float, float]],
    lessons: Sequence[Lesson],
    rng: random.Random | None,
) -> Iterator[Steps]:
    scored: list[tuple[float, int, Steps]] = []
    best: dict[str, tuple[float, Step]] = {}
    for knob in knobs:
        low, high = fences.get(knob.id, (float("-inf"), float("inf")))
        for step in steps_of(knob):
            if isinstance(step.setting, float) and not low < step.setting < high:
                continue
            mean, deviation = model.predict({knob.id: step.move})
            scored.append((-expected_gain(mean, deviation), len(scored), (step,)))
            hope = mean + 0.3 * deviation
            if knob.id in model.about and (knob.id not in best or best[knob.id][0] < hope):
                best[knob.id] = (hope, step)
    if rng is not None:
        for steps in _together(best, scored, rng):
            mean, deviation = model.predict({step.knob.id: step.move for step in steps})
            scored.append((-expected_gain(mean, deviation), len(scored), steps))
    if rng is not None:
        # A little luck, so that campaigns with different tags look in different places.
        scored = [(score * rng.uniform(0.8, 1.0), at, steps) for score, at, steps in scored]
    for _, _, steps in sorted(scored, key=lambda one: one[:2]):
        yield steps


def _together(
    best: Mapping[str, tuple[float, Step]],
    scored: Sequence[tuple[float, int, Steps]],
    rng: random.Random,
) -> Iterator[Steps]:
    """The best step of several knobs at once: the most hopeful, and some at random."""
    hopeful = sorted(best.values(), key=lambda one: -one[0])
    steps = [step for hope, step in hopeful if hope > -0.2]
    for count in range(2, min(len(steps), _COMBINED) + 1):
        yield tuple(steps[:count])
    for a in range(min(len(steps), 4)):
        for b in range(a + 1, min(len(steps), 5)):
            yield (steps[a], steps[b])
    if len(steps) > 2:
        for _ in range(4):
            yield tuple(rng.sample(steps, 3))


def _fences(knobs: Mapping[str, Knob], lessons: Sequence[Lesson]) -> dict[str, tuple[float, float]]:
    """How far each knob may go: a direction that crashed is not pushed further."""
    fences: dict[str, tuple[float, float]] = {}
    for lesson in lessons:
        if lesson.gain is not None or len(lesson.moves) != 1:
            continue
        ((name, (old, new)),) = lesson.moves.items()
        knob = knobs.get(name)
        if knob is None or isinstance(old, str) or isinstance(new, str):
            continue
        low, high = fences.get(name, (float("-inf"), float("inf")))
        if new > old and new > knob.value:
            high = min(high, new)
        elif new < old and new < knob.value:
            low = max(low, new)
        fences[name] = (low, high)
    return fences
