"""The last part of a brief: what is said anew each time."""

from __future__ import annotations

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment
from autoresearch_ci.proposers.llm.prompt import tried
from autoresearch_ci.proposers.llm.prompt.context import Situation
from autoresearch_ci.proposers.llm.prompt.fences import BYTES_PER_TOKEN, GAP, Fences, joined, size
from autoresearch_ci.proposers.llm.prompt.texts import prompt

STRETCH = 6
"""Experiments without a keep after which something else is asked for."""

_QUEUE = 0.07
_REJECTED = 5
_NEAR_MISSES = 5
_PLATEAUS = ("plateau_combine", "plateau_different", "plateau_simplify")


def moving(situation: Situation, fences: Fences, room: int) -> list[str]:
    """What is said anew each time: people's ideas first, what to do last."""
    closing = joined(_standing(situation), *_plateau(situation.history), prompt("task"))
    room -= size(closing) + 4 * len(GAP)
    queue = _queue(situation, fences, room)
    room -= size(queue)
    rejected = _rejected(situation.history, fences, room // 2)
    room -= size(rejected)
    crash = _crash(situation, fences, room // 2)
    room -= size(crash)
    return [queue, _near_misses(situation, fences, room), crash, rejected, closing]


def _queue(situation: Situation, fences: Fences, room: int) -> str:
    """What people asked for, oldest first; never squeezed out by what is worth less."""
    if not situation.queue:
        return ""
    heading = prompt("people")
    most = int(situation.settings.brief_tokens * BYTES_PER_TOKEN * _QUEUE)
    text = "\n".join(f"- {' '.join(idea.split())}" for idea in situation.queue)
    shown = fences.head(text, min(room, most) - size(heading) - len(GAP), prose=True)
    return joined(heading, shown) if shown else ""


def _near_misses(situation: Situation, fences: Fences, room: int) -> str:
    near = tried.near_misses(situation.history, _NEAR_MISSES)
    if not near:
        return ""
    heading = prompt("near_misses")
    told = fences.head("\n".join(tried.lines(near, fences.redact)), room - size(heading))
    room -= size(heading) + size(told) + 2 * len(GAP)
    patches: list[str] = []
    for experiment in near:
        patch = patch_of(situation, fences, experiment, room)
        if not patch:
            break
        room -= size(patch) + len(GAP)
        patches.append(patch)
    return joined(heading, told, *patches) if told else ""


def _crash(situation: Situation, fences: Fences, room: int) -> str:
    crash = tried.last_crash(situation.history)
    log = situation.log(crash.experiment) if crash else ""
    if crash is None or not log:
        return ""
    heading = prompt("crash", number=crash.experiment)
    shown = fences.tail(log, room - size(heading) - len(GAP))
    return joined(heading, shown) if shown else ""


def _rejected(history: History, fences: Fences, room: int) -> str:
    """The last answers that gave nothing to try, so that the next one is not among them."""
    last = history.rejected[-_REJECTED:]
    if not last or history.next_number - last[-1].experiment > tried.CHUNK:
        return ""
    heading = prompt("rejected")
    text = "\n".join(tried.flat(f"{each.description}: {each.error}") for each in last)
    shown = fences.tail(text, room - size(heading) - len(GAP))
    return joined(heading, shown) if shown else ""


def _standing(situation: Situation) -> str:
    history = situation.history
    first, best = history.baseline, history.incumbent
    parts = []
    if first and best and first.value is not None and best.value is not None:
        parts.append(
            prompt(
                "standing",
                number=history.next_number,
                baseline=first.value,
                best=best.value,
                kept=len(history.kept) - 1,
                ago=history.since_keep + 1,
            )
        )
    if situation.experiments_left is not None:
        parts.append(prompt("left_experiments", count=situation.experiments_left))
    if situation.seconds_left is not None:
        parts.append(prompt("left_minutes", minutes=int(situation.seconds_left // 60)))
    return joined(*parts)


def _plateau(history: History) -> list[str]:
    """What else to try after each stretch without a keep, in turn."""
    level = history.since_keep // STRETCH
    return [prompt(_PLATEAUS[(level - 1) % len(_PLATEAUS)])] if level else []


def patch_of(situation: Situation, fences: Fences, experiment: Experiment, room: int) -> str:
    """The patch of an experiment, as much of it as there is room for; maybe nothing."""
    heading = prompt("patch", number=experiment.experiment)
    patch = situation.patch(experiment.experiment)
    shown = fences.head(patch, room - size(heading) - len(GAP)) if patch else ""
    return joined(heading, shown) if shown else ""
