"""The command that a session is at, left where others on this machine can look at it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.core.model import Event, Phase

NAME = "phase.json"

_LONGEST, _ROOM = 80, 600
"""Characters of a phase, and bytes of the file, whatever is in it."""


@dataclass(frozen=True, slots=True)
class CurrentPhase:
    """The phase of a session, begun at `since`, in seconds since 1970."""

    session: str
    phase: Phase
    since: float


Tell = Callable[[Event], None]


@contextmanager
def shown_in(folder: Path, session: str, tell: Tell) -> Iterator[Tell]:
    """Tell events on, and show each phase in this folder until the session ends.

    Nothing depends on that: where it cannot be written, events are told on alone.
    """
    try:
        file = (folder / NAME).open("wb", buffering=0)
    except OSError:
        yield tell
        return

    def heard(event: Event) -> None:
        if isinstance(event, Phase):
            text = json.dumps([session, event.text[:_LONGEST], event.limit])
            with suppress(OSError):  # over the last one: a new file would take longer than all else
                os.pwrite(file.fileno(), text.encode().ljust(_ROOM), 0)
        tell(event)

    try:
        yield heard
    finally:
        file.close()
        with suppress(OSError):
            (folder / NAME).unlink()


def read(path: Path) -> CurrentPhase | None:
    """The phase that a session has left here; None where there is none, or half of one."""
    try:
        session, text, limit = json.loads(path.read_text())
        return CurrentPhase(str(session), Phase(str(text), float(limit)), path.stat().st_mtime)
    except (OSError, ValueError, TypeError):
        return None
