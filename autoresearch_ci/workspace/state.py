"""What the next session must know if this one is killed: `<git-dir>/autoresearch/session.json`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autoresearch_ci.workspace.files import disk_errors, write_atomic

ENTERING, WORKING, LEAVING = "entering", "working", "leaving"


@dataclass
class State:
    """One session's mark on a working tree; there is a file exactly while it is at work.

    `origin` is where HEAD was when the first of a chain of killed sessions
    began: a ref name or a commit id. `shown` are the blob ids of the raw
    contents that we have put in the target since the tree was last clean.
    """

    session: str
    tag: str
    target: str
    origin: str
    started: float
    phase: str = ENTERING
    parent: str = ""
    candidate: str = ""
    shown: list[str] = field(default_factory=list)


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
