"""The mark of a session at work, for the next one if it is killed: `session.json`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from autoresearch_ci.workspace.files import disk_errors, write_atomic


@dataclass(frozen=True)
class State:
    """One session's mark on a repository; there is a file exactly while it is at work."""

    session: str
    tag: str


def load(path: Path) -> State | None:
    """Read the mark of a session that is at work or was killed; None when there is none.

    A file that a power failure emptied still says that a session was killed.
    """
    try:
        data = json.loads(path.read_bytes())
        return State(str(data["session"]), str(data["tag"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        return State(session="", tag="")


def save(state: State, path: Path) -> None:
    """Write it in one step."""
    data = json.dumps(asdict(state)).encode()
    with disk_errors(f"write {path}"):
        os.makedirs(path.parent, exist_ok=True)
        write_atomic(path, data)
