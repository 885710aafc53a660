"""A place aside for sessions on the user's project that leave no trace in its repository."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autoresearch_ci.config import Loaded
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.engine import isolation
from autoresearch_ci.trees import Trees, container
from autoresearch_ci.trees.place import candidates, session_place
from autoresearch_ci.workspace import Shadow, Workspace


@dataclass(frozen=True, slots=True)
class Aside:
    """A shadow of the repository and trees for all sessions there. `notes` are for people."""

    workspace: Shadow
    trees: Trees
    notes: tuple[str, ...] = ()


@contextmanager
def aside(
    workspace: Workspace, loaded: Loaded, base: str = "HEAD", *, has_tools: bool = True
) -> Iterator[Aside]:
    """A place with trees of its own. WorkspaceError where `base` is no commit."""
    commit = workspace.resolve(base)
    if not commit:
        raise WorkspaceError(
            f"The base {base} is no commit here.",
            remedy="Name a branch, tag or commit that `git log` shows; in a shallow clone "
            "`git fetch --unshallow` may bring it.",
        )
    with (
        _shadow(workspace, commit) as shadow,
        isolation.run_trees(shadow, loaded, commit, has_tools=has_tools) as (trees, choice),
    ):
        yield Aside(shadow, trees, tuple(isolation.notes(choice)))


@contextmanager
def aside_of(workspace: Workspace, commit: str, trees: Trees) -> Iterator[Aside]:
    """A place in the trees of a session that is open, in which nothing runs meanwhile."""
    with _shadow(workspace, commit) as shadow:
        yield Aside(shadow, trees)


@contextmanager
def _shadow(workspace: Workspace, commit: str) -> Iterator[Shadow]:
    with session_place(candidates(workspace.root, mounted=False), container.end) as place:
        yield Shadow(workspace, commit, place)
