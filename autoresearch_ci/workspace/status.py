"""The answer of `git status`, and the error for a tree that is not clean."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace.files import is_scratch
from autoresearch_ci.workspace.git import Git

OUTPUTS = ("results.tsv", "run.log", ".claude/logs/autoresearch.jsonl")
"""Files that the loop writes in the working tree; nobody's business here."""

_SHOWN = 5


@dataclass(frozen=True)
class Status:
    """The answer of `git status`: paths, those of directories ending in a slash.

    `moved` are the submodules that are not at the commit that is recorded for them.
    """

    changed: dict[str, str]
    untracked: list[str]
    ignored: list[str]
    moved: frozenset[str] = frozenset()


def status(git: Git, *, ignored: bool = False) -> Status:
    """Ask git; `changed` maps a tracked path to its two letters (index, tree)."""
    out = git.run(
        "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames",
        "--ignore-submodules=dirty", f"--ignored={'matching' if ignored else 'no'}",
    )  # fmt: skip
    changed: dict[str, str] = {}
    found: dict[str, list[str]] = {"?": [], "!": []}
    moved = set()
    for entry in os.fsdecode(out).split("\0"):
        kind, _, rest = entry.partition(" ")
        if kind in found:
            found[kind].append(rest)
        elif kind in ("1", "u"):
            path = rest.split(" ", 7 if kind == "1" else 9)[-1]
            changed[path] = rest[:2]
            if rest[3:5] == "SC" and rest[0] == ".":  # nothing of it is staged
                moved.add(path)
    untracked = [path for path in found["?"] if path not in OUTPUTS and not is_scratch(path)]
    return Status(changed, untracked, found["!"], frozenset(moved))


def untracked(git: Git) -> set[str]:
    """List what git neither tracks nor ignores; a folder with nothing else ends in a slash."""
    args = ("ls-files", "--others", "--exclude-standard", "--directory", "-z")
    found = os.fsdecode(git.run(*args, "--no-empty-directory")).split("\0")[:-1]
    return {path for path in found if path not in OUTPUTS and not is_scratch(path)}


def uncommitted(paths: Sequence[str], moved: Collection[str] = ()) -> WorkspaceError:
    """The error for changes that are not committed, or for submodules alone that moved."""
    if moved and set(paths) <= set(moved):
        names = " ".join(sorted(moved))
        return WorkspaceError(
            f"A submodule is not at the commit that is recorded for it: {names}",
            remedy=f"Bring it there: `git submodule update --init {names}`. Or record where it is: "
            f"`git add {names}` and commit.",
        )
    shown = "".join(f"\n  {path}" for path in paths[:_SHOWN])
    more = f"\n  and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return WorkspaceError(
        f"There are uncommitted changes to tracked files:{shown}{more}",
        remedy="Commit them, or put them aside with `git stash`, then run again.",
    )
