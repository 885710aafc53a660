"""The programme of another tool as `init` takes it, and the remarks on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.cli import init_choices
from autoresearch_ci.core.text import clean

if TYPE_CHECKING:
    from autoresearch_ci.project_types import Detected, Programme


def read(root: Path, folder: str, given: Mapping[str, str]) -> Programme | None:
    """The folder's programme, with the target that is given or that a person picks.

    None where there is none, or where the settings that are given start another command.
    """
    from autoresearch_ci.project_types import programme  # noqa: PLC0415

    found = programme(root, folder, given.get("target_file"))
    if found is None:
        return None
    command = found.settings["run_command"]
    if given.get("run_command", command) != command:
        return None
    picked = init_choices.target(found.scope)
    return programme(root, folder, picked) if picked else found


def stated(programme: Programme, detected: Detected | None) -> dict[str, str]:
    """The settings that a programme states; the type says how dependencies are installed."""
    setup = detected.settings.get("setup_command") if detected else None
    return {**programme.settings, **({"setup_command": setup} if setup else {})}


def remarks(programme: Programme) -> Iterator[str]:
    """List where the section comes from, and what of it is in words alone."""
    shown = ", which models are shown as well" if "program_file" in programme.settings else ""
    yield f"From {programme.file}{shown}; nothing else in it counts."
    if "target_file" not in programme.settings:
        there = clean(", ".join(programme.scope[: init_choices.MOST_NAMED]))
        more = len(programme.scope) - init_choices.MOST_NAMED
        listed = f" In it are: {there}{f' and {more} more' if more > 0 else ''}." if there else ""
        yield (
            f"note: {programme.file} names no single file in its scope.{listed} Say which is the "
            "target: `autoresearch-ci init --force --target-file PATH`."
        )
    yield from (f"note: {clean(remark)}" for remark in programme.remarks)
