"""The levels of isolation, the strongest first, and the choice of the one that is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import Level, Obstacle

LEVELS = ("overlay", "copy")
"""Modules here, by name."""

AUTO, REQUIRED = "auto", "required"
"""Settings that name no level: the strongest that there is, and none that leaves anything open."""


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


def look(root: Path, place: Path) -> dict[str, Found]:
    """Try every level for this project with its layers in this folder, up to one that is whole."""
    found: dict[str, Found] = {}
    for name in LEVELS:
        module = level(name)
        obstacle = module.obstacle(root, place)
        found[name] = Found(obstacle, () if obstacle else module.weaknesses())
        if not obstacle and not found[name].weaknesses:
            break
    return found


def choose(wanted: str, found: Mapping[str, Found]) -> Choice:
    """Choose among what was found, the strongest first; MachineError where none is as wanted."""
    reasons = []
    for name, state in found.items():
        if wanted in LEVELS and name != wanted:
            continue
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
