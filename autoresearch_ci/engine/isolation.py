"""The trees that a session's commands run in: which level of isolation there is, and its notes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from autoresearch_ci.config import Loaded, Settings
from autoresearch_ci.core.errors import AutoresearchError, MachineError
from autoresearch_ci.core.text import plural
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


COPIES = 3
"""Of the project that a session has at most where its trees are copies: what they are made of,
and two that runs change."""


def require_room(workspace: Workspace, loaded: Loaded, lanes: int, *, has_tools: bool) -> None:
    """Raise MachineError where trees are copies, and the disk has no room for so many lanes'."""
    wanted = loaded.settings.isolation
    names = order(wanted, image_is_asked_for=_asks(loaded), has_tools=has_tools)
    at = partial(_base, workspace, loaded.settings, "HEAD")
    if choose(wanted, look(at, names)).level != copy.NAME:
        return
    parent = candidates(workspace.root, mounted=False)[0]
    size, free = size_of(workspace.root), shutil.disk_usage(parent).free
    if COPIES * lanes * size > free:
        fit = free // (COPIES * size)
        raise MachineError(
            f"{plural(lanes, 'lane')} need up to {_shown(COPIES * lanes * size)} in {parent}, "
            f"{COPIES} copies each of the project's {_shown(size)}, and "
            f"{_shown(free)} are free.",
            remedy=("Free" if not fit else f"Set parallel to {fit} or less, free")
            + " space there, or let TMPDIR name a folder on a larger disk.",
        )


def _shown(size: int) -> str:
    """A size for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"  # noqa: PLR2004


def size_of(root: Path) -> int:
    """The bytes that the project's files take on the disk, those of git left out."""
    total = 0
    for folder, folders, files in os.walk(root):
        if folder == str(root) and ".git" in folders:
            folders.remove(".git")
        for name in files:
            with suppress(OSError):
                total += os.lstat(f"{folder}/{name}").st_blocks * 512
    return total


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
