"""The trees that a session's commands run in: which level of isolation there is, and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.config import Loaded
from autoresearch_ci.trees import Base, Network, Sandbox, Trees
from autoresearch_ci.trees.levels import Choice, choose, level, look, order
from autoresearch_ci.trees.place import candidates, session_place
from autoresearch_ci.workspace import Workspace


@contextmanager
def run_trees(
    workspace: Workspace, loaded: Loaded, commit: str, *, has_tools: bool
) -> Iterator[tuple[Trees, Choice]]:
    """The trees of a session on this commit, and which level of isolation they have.

    `has_tools` says whether the machine has what projects are built and run with.
    """
    settings = loaded.settings
    names = order(
        settings.isolation,
        image_is_asked_for=bool(settings.image) and not loaded.origins["image"].is_detected,
        has_tools=has_tools,
    )
    sandbox = Sandbox(
        network=Network(settings.network),
        read=tuple(map(Path, settings.sandbox_read)),
        write=tuple(map(Path, settings.sandbox_write)),
        allow=settings.env,
    )
    with session_place(candidates(workspace.root)) as place:
        base = Base(
            workspace.root, place, workspace.tracked_files, commit, sandbox,
            image=settings.image or "", gpus=settings.gpus,
        )  # fmt: skip
        choice = choose(settings.isolation, look(base, names))
        with level(choice.level).open_trees(base) as trees:
            yield trees, choice


def notes(choice: Choice) -> Iterator[str]:
    """Sentences on the level that is used, where it is not the first or leaves anything open."""
    if choice.reasons:
        yield f"Runs are isolated by {choice.level}; {'; '.join(choice.reasons)}."
    if choice.weaknesses:
        yield f"That leaves open: {', '.join(choice.weaknesses)}."
