"""The last part of a brief: what is said anew each time."""

from __future__ import annotations

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment
from autoresearch_ci.proposers.llm.prompt import tried
from autoresearch_ci.proposers.llm.prompt.pieces import (
    BYTES_PER_TOKEN,
    GAP,
    CampaignState,
    Fences,
    joined,
    prompt,
    size,
)

STRETCH = 6
"""Experiments without a keep after which something else is asked for."""

_QUEUE = 0.07
_REJECTED = 5
_NEAR_MISSES = 5
_IMPORTANT = 8
_PLATEAUS = ("plateau_combine", "plateau_different", "plateau_simplify")


def moving(state: CampaignState, fences: Fences, room: int) -> list[str]:
    """The parts that are said anew each time: people's ideas first, the task last."""
    closing = joined(_standing(state), *_plateau(state.history), prompt("task"))
    room -= size(closing) + 6 * len(GAP)
    queue = _queue(state, fences, room)
    room -= size(queue)
    under_way = _under_way(state.history, fences, room // 2)
    room -= size(under_way)
    rejected = _rejected(state.history, fences, room // 2)
    room -= size(rejected)
    crash = _crash(state, fences, room // 2)
    room -= size(crash)
    important = _important(state, fences, room // 4)
    room -= size(important)
    near = _near_misses(state, fences, room)
    return [queue, important, near, crash, rejected, under_way, closing]


def _queue(state: CampaignState, fences: Fences, room: int) -> str:
    """Ideas that people asked for, oldest first; never squeezed out by what is worth less."""
    if not state.queue:
        return ""
    heading = prompt("people")
    most = int(state.settings.brief_tokens * BYTES_PER_TOKEN * _QUEUE)
    text = "\n".join(f"- {' '.join(idea.split())}" for idea in state.queue)
    shown = fences.head(text, min(room, most) - size(heading) - len(GAP), prose=True)
    return joined(heading, shown) if shown else ""


def _important(state: CampaignState, fences: Fences, room: int) -> str:
    """The parameters that the metric has depended on most."""
    told = state.importance[:_IMPORTANT]
    if not told:
        return ""
    heading = prompt("importance")
    text = "\n".join(
        f"{each.share:.0%} {tried.flat(each.parameter)}: now {tried.flat(each.now)}, "
        f"moved {each.tried} times"
        for each in told
    )
    shown = fences.head(text, room - size(heading) - len(GAP))
    return joined(heading, shown) if shown else ""


def _near_misses(state: CampaignState, fences: Fences, room: int) -> str:
    near = tried.near_misses(state.history, _NEAR_MISSES)
    if not near:
        return ""
    heading = prompt("near_misses")
    told = fences.head("\n".join(tried.lines(near, fences.redact)), room - size(heading))
    room -= size(heading) + size(told) + 2 * len(GAP)
    patches: list[str] = []
    for experiment in near:
        patch = patch_of(state, fences, experiment, room)
        if not patch:
            break
        room -= size(patch) + len(GAP)
        patches.append(patch)
    return joined(heading, told, *patches) if told else ""


def _crash(state: CampaignState, fences: Fences, room: int) -> str:
    crash = tried.last_crash(state.history)
    log = state.log(crash.experiment) if crash else ""
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


def _under_way(history: History, fences: Fences, room: int) -> str:
    """Ideas that other lanes have begun, so that they are not had twice."""
    if not history.under_way:
        return ""
    heading = prompt("under_way")
    text = "\n".join(tried.flat(each.description) for each in history.under_way)
    shown = fences.head(text, room - size(heading) - len(GAP))
    return joined(heading, shown) if shown else ""


def _standing(state: CampaignState) -> str:
    history = state.history
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
    if state.experiments_left is not None:
        parts.append(prompt("left_experiments", count=state.experiments_left))
    if state.seconds_left is not None:
        parts.append(prompt("left_minutes", minutes=int(state.seconds_left // 60)))
    return joined(*parts)


def _plateau(history: History) -> list[str]:
    """Advice to try something else after each stretch without a keep, in turn."""
    level = history.since_keep // STRETCH
    return [prompt(_PLATEAUS[(level - 1) % len(_PLATEAUS)])] if level else []


def patch_of(state: CampaignState, fences: Fences, experiment: Experiment, room: int) -> str:
    """The patch of an experiment, as much of it as there is room for; maybe nothing."""
    heading = prompt("patch", number=experiment.experiment)
    patch = state.patch(experiment.experiment)
    shown = fences.head(patch, room - size(heading) - len(GAP)) if patch else ""
    return joined(heading, shown) if shown else ""
