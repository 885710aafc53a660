"""The command that a session is at, left where others on this machine can look at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.core.model import Event, Phase

NAME = "phase.json"


@dataclass(frozen=True, slots=True)
class Doing:
    """The phase of a session, begun at `since`, in seconds since 1970."""

    session: str
    phase: Phase
    since: float


def leaving(folder: Path, session: str, tell: Callable[[Event], None]) -> Callable[[Event], None]:
    """Tell events on, and leave each phase in this folder. No experiment depends on that."""

    def heard(event: Event) -> None:
        if isinstance(event, Phase):
            with suppress(OSError):
                (folder / NAME).write_text(json.dumps([session, event.text, event.limit]))
        tell(event)

    return heard


def ended(folder: Path) -> None:
    """Take away what a session that ends has left."""
    with suppress(OSError):
        (folder / NAME).unlink()


def read(path: Path) -> Doing | None:
    """The phase that a session has left here; None where there is none, or half of one."""
    try:
        session, text, limit = json.loads(path.read_text())
        return Doing(str(session), Phase(str(text), float(limit)), path.stat().st_mtime)
    except (OSError, ValueError, TypeError):
        return None
