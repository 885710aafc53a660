"""The workspace that root works in: what the runner keeps is closed to runs, nothing stays ours.

Runs have trees of their own. What root writes itself, to `.git` and our logs, is given to the
owner of the workspace in the end, or the next checkout on a self-hosted runner fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.files import give_ours
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.trees import container
from autoresearch_ci.trees.place import candidates, sweep, top_in
from autoresearch_ci.workspace import OUTPUTS

OWN_CONTAINER = Path("/github/workspace")
"""The workspace in a container that is the Action's own."""

_OF_THE_RUNNER = (Path("/github"), Path("/run"))
"""Folders of that container: in them the runner mounts its files and the engine's socket."""


@contextmanager
def handed_back(workspace: Path) -> Iterator[None]:
    """Within, root may write; in the end all that it made there is the owner's. MachineError."""
    try:
        yield
    finally:
        with deferred():
            hand_back(workspace)


def hand_back(workspace: Path) -> None:
    """Give what is root's in `.git`, and our outputs, to whom HEAD belongs. MachineError."""
    if os.geteuid() != 0:
        return
    try:
        owner = (workspace / ".git" / "HEAD").stat()
        for name in (".git", *{path.split("/")[0] for path in OUTPUTS}):
            give_ours(str(workspace / name), owner.st_uid, owner.st_gid)
    except FileNotFoundError:  # no checkout, so nothing of ours
        return
    except OSError as error:
        raise MachineError(
            f"Could not hand the workspace back to its owner: {error.strerror}: {error.filename}.",
            remedy="The Action needs a workspace on a disk that root may write to and chown on.",
        ) from error


def close_own_container(workspace: Path) -> None:
    """In a container of our own, let nobody but root come to what the runner mounts there."""
    if os.geteuid() == 0 and workspace == OWN_CONTAINER:
        for folder in _OF_THE_RUNNER:
            if folder.is_dir():
                folder.chmod(0o700)


def clear_leftovers(workspace: Path) -> None:
    """Remove what killed sessions have left: layers of trees, and containers."""
    for parent in candidates(workspace, mounted=False):
        sweep(top_in(parent), container.end)


def has_tools(workspace: Path) -> bool:
    """Tell whether projects' tools may be here: the Action's own image has git and Python alone."""
    return workspace != OWN_CONTAINER
