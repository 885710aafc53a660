"""The trees that a session's commands run in: which level of isolation there is, and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from autoresearch_ci.config import Loaded, Settings
from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.trees import Base, Network, Sandbox, Trees, container, copy
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
    wanted = loaded.settings.isolation
    at = partial(_base, workspace, loaded.settings, commit)
    names = order(wanted, image_is_asked_for=_asks(loaded), has_tools=has_tools)
    choice = choose(wanted, look(at, names))
    with at(choice.level) as base, level(choice.level).open_trees(base) as trees:
        yield trees, choice


def described(root: Path, loaded: Loaded) -> str:
    """The level that sessions would have on this machine, why no stronger one, and what is open.

    No image is fetched to see it.
    """
    settings = loaded.settings
    first, *rest = order(settings.isolation, image_is_asked_for=_asks(loaded), has_tools=True)
    if first == "container":
        return f"container, from {settings.image}"
    try:
        names = [name for name in (first, *rest) if name != "container"]
        at = partial(_base, Workspace.open(root), settings, "HEAD")
        choice = choose(settings.isolation, look(at, names))
    except AutoresearchError as error:
        return f"none. {error.message} {error.remedy}"
    return " ".join((f"{choice.level}.", *notes(choice)))


def _asks(loaded: Loaded) -> bool:
    """Tell whether the user has named an image, and not the type of the project."""
    return bool(loaded.settings.image) and not loaded.origins["image"].is_detected


@contextmanager
def _base(workspace: Workspace, settings: Settings, commit: str, name: str) -> Iterator[Base]:
    """The ground on which a level is to stand, with a place of its own for the block."""
    sandbox = Sandbox(
        network=Network(settings.network),
        read=tuple(map(Path, settings.sandbox_read)),
        write=tuple(map(Path, settings.sandbox_write)),
        allow=settings.env,
    )
    parents = candidates(workspace.root, mounted=name != copy.NAME)
    with session_place(parents, container.end) as place:
        yield Base(
            workspace.root, place, workspace.tracked_files, commit, sandbox,
            image=settings.image or "", gpus=settings.gpus,
        )  # fmt: skip


def notes(choice: Choice) -> Iterator[str]:
    """Sentences on the level that is used, where it is not the first or leaves anything open."""
    if choice.reasons:
        yield f"Runs are isolated by {choice.level}; {'; '.join(choice.reasons)}."
    if choice.weaknesses:
        yield f"That leaves open: {', '.join(choice.weaknesses)}."
