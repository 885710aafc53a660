"""The levels of isolation, the strongest first, and the choice of the one that is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import Base, Level, Obstacle

LEVELS = ("overlay", "container", "copy")
"""Modules here, by name, the strongest first where all are as good for the project."""

AUTO, REQUIRED = "auto", "required"
"""Settings that name no level: the strongest that there is, and none that leaves anything open."""


Ground = Callable[[str], AbstractContextManager[Base]]
"""Gives a level its base, with a place that is good for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The state of a level on this machine: what stands against it, and what it leaves open."""

    obstacle: Obstacle | None = None
    weaknesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The level that is used, and sentences on why no stronger one is and what it leaves open."""

    level: str
    reasons: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()


def level(name: str) -> Level:
    """The module of a level."""
    found: Level = import_module(f"{__package__}.{name}")
    return found


def order(wanted: str, *, image_is_asked_for: bool, has_tools: bool) -> tuple[str, ...]:
    """The levels to try. A named one is the only one.

    Containers come first where the user asks for an `image`, or where the machine `has_tools` for
    no project, as the Action's own container has none. Else the machine's tools are what the user
    knows to work, and an image that suits the type of the project is the last resort.
    """
    if wanted in LEVELS:
        return (wanted,)
    if image_is_asked_for or not has_tools:
        return ("container", "overlay", "copy")
    return ("overlay", "copy", "container")


def look(at: Ground, names: Sequence[str]) -> dict[str, Found]:
    """Try these levels for a project, up to one that is whole."""
    found: dict[str, Found] = {}
    for name in names:
        module = level(name)
        try:
            with at(name) as base:
                obstacle = module.obstacle(base)
        except MachineError as error:  # there is no place for it
            obstacle = Obstacle(error.message.rstrip("."), error.remedy)
        found[name] = Found(obstacle, () if obstacle else module.weaknesses())
        if not obstacle and not found[name].weaknesses:
            break
    return found


def choose(wanted: str, found: Mapping[str, Found]) -> Choice:
    """Choose the first that was found and is as wanted; MachineError where none is."""
    reasons = []
    for name, state in found.items():
        if state.obstacle is not None:
            reasons.append(f"{name}: {state.obstacle.reason}")
        elif wanted == REQUIRED and state.weaknesses:
            reasons.append(f"{name} leaves open {', '.join(state.weaknesses)}")
        else:
            return Choice(name, tuple(reasons), state.weaknesses)
    remedies = [state.obstacle.remedy for state in found.values() if state.obstacle]
    raise MachineError(
        f"This machine cannot isolate runs as `isolation: {wanted}` asks for.",
        detail="\n".join(reasons),
        remedy=" Or: ".join(dict.fromkeys(remedies))
        or "Set `isolation: auto` to run with what is closed here.",
    )
