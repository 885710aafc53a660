"""A scratch repository and trees for sessions on the project that leave no trace in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autoresearch_ci.config import Loaded
from autoresearch_ci.engine import isolation
from autoresearch_ci.trees import Trees, container
from autoresearch_ci.trees.place import candidates, session_place
from autoresearch_ci.workspace import ShadowRepository, Workspace


@dataclass(frozen=True, slots=True)
class Scratch:
    """A shadow of the repository and trees for all sessions there. `notes` are for people."""

    workspace: ShadowRepository
    trees: Trees
    notes: tuple[str, ...] = ()


@contextmanager
def scratch(
    workspace: Workspace, loaded: Loaded, base: str = "HEAD", *, has_tools: bool = True
) -> Iterator[Scratch]:
    """A place with trees of its own. WorkspaceError where `base` is no commit."""
    commit = workspace.require_commit(base, "The base")
    with (
        _shadow(workspace, commit) as shadow,
        isolation.run_trees(shadow, loaded, commit, has_tools=has_tools) as (trees, choice),
    ):
        yield Scratch(shadow, trees, tuple(isolation.notes(choice)))


@contextmanager
def scratch_of(workspace: Workspace, commit: str, trees: Trees) -> Iterator[Scratch]:
    """A place in the trees of a session that is open, in which nothing runs meanwhile."""
    with _shadow(workspace, commit) as shadow:
        yield Scratch(shadow, trees)


@contextmanager
def _shadow(workspace: Workspace, commit: str) -> Iterator[ShadowRepository]:
    with session_place(candidates(workspace.root, mounted=False), container.end) as place:
        yield ShadowRepository(workspace, commit, place)
