"""What the next session must know if this one is killed: `<git-dir>/autoresearch/session.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from autoresearch_ci.workspace.files import disk_errors, write_atomic

ENTERING, WORKING, LEAVING = "entering", "working", "leaving"


@dataclass
class State:
    """One session's mark on a working tree; there is a file exactly while it is at work.

    `origin` is where HEAD was when the first of a chain of killed sessions
    began: a ref name or a commit id.
    """

    session: str
    tag: str
    target: str
    origin: str
    started: float
    phase: str = ENTERING


def load(path: Path) -> State | None:
    """The mark of a session that is at work or was killed; None when there is none.

    A file that a power failure emptied still says that a session was killed.
    """
    try:
        data = json.loads(path.read_bytes())
        return State(**data)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return State(session="", tag="", target="", origin="", started=0.0)


def save(state: State, path: Path) -> None:
    """Write it in one step."""
    data = json.dumps(asdict(state)).encode()
    with disk_errors(f"write {path}"):
        os.makedirs(path.parent, exist_ok=True)
        write_atomic(str(path), data, mode=0o644, scratch=path.parent)


def note_shown(path: Path, ids: Iterable[str]) -> None:
    """Add to the contents, by raw blob id, that we put in the target this session.

    Written before the target is touched: what a killed session left there is
    then known for ours. Appended, since replacing a file costs milliseconds.
    """
    with disk_errors(f"write {path}"), open(path, "ab") as file:
        file.write("".join(f"{name}\n" for name in ids).encode())


def shown(path: Path) -> set[str]:
    """What `note_shown` wrote; a line that a kill cut short is no id of anything."""
    try:
        return set(path.read_text(errors="replace").split("\n"))
    except OSError:
        return set()
