"""The files that the loop writes in the working tree, and what a person has under their names."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import signature
from autoresearch_ci.workspace.files import disk_errors, write_atomic

OUTPUTS = ("results.tsv", "run.log", ".claude/logs/autoresearch.jsonl")
"""Files that the loop writes in the working tree; nobody's business there."""

RUN_LOG = "run.log"
"""The one of them that is written anew, and not only when its content is known to be ours."""

_NOTE = "outputs.json"


def check(root: Path) -> None:
    """Raise WorkspaceError where something stands in the way that is no plain file or folder."""
    for path in OUTPUTS:
        at = ""
        for part in path.split("/"):
            at = f"{at}/{part}" if at else part
            sig = signature(f"{root}/{at}")
            if sig is None:
                break
            if not (stat.S_ISREG if at == path else stat.S_ISDIR)(sig[0]):
                wanted = "file" if at == path else "folder"
                raise WorkspaceError(
                    f"{at} is no plain {wanted}, and the loop writes {path}.",
                    remedy=f"Rename it: mv {at} {at}.old",
                )


def is_foreign(root: Path, state: Path) -> bool:
    """Tell whether there is a log that is not as the loop left its own."""
    now = _stand(root)
    return now is not None and now != _noted(state)


def set_aside(root: Path, state: Path) -> str:
    """Move a log that the loop may not have written out of its way, and say where it is now."""
    place = state / "before" / stamp()
    with disk_errors(f"put {RUN_LOG} aside"):
        place.mkdir(parents=True)
        (root / RUN_LOG).rename(place / RUN_LOG)
    shown = place.relative_to(root) if place.is_relative_to(root) else place
    return (
        f"{RUN_LOG} was there and is not as a session left it; the loop writes a file of this "
        f"name: it is {shown / RUN_LOG} now."
    )


def note(root: Path, state: Path) -> None:
    """Write down how the log was left, so that the next session knows it for the loop's."""
    data = json.dumps(_stand(root)).encode()
    with disk_errors(f"write {state / _NOTE}"):
        write_atomic(state / _NOTE, data)


def stamp() -> str:
    """The time as part of a name that is not used twice."""
    now = time.time_ns()
    second = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 10**9))
    return f"{second}.{now // 1000 % 10**6:06d}Z"


def _stand(root: Path) -> list[int] | None:
    try:
        found = os.lstat(root / RUN_LOG)
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns]


def _noted(state: Path) -> object:
    try:
        return json.loads((state / _NOTE).read_bytes())
    except (OSError, ValueError):
        return None
