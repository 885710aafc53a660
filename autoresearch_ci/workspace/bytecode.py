"""Python's compiled copies of modules, which it believes by their source's size and time."""

from __future__ import annotations

import os
from collections.abc import Iterable

from autoresearch_ci.workspace.files import reachable, remove


def modules(paths: Iterable[str]) -> dict[str, set[str]]:
    """The Python modules among these paths, by their folder."""
    found: dict[str, set[str]] = {}
    for path in paths:
        if path.endswith(".py"):
            folder, name = os.path.split(path)
            found.setdefault(folder, set()).add(name.removesuffix(".py"))
    return found


def drop(root: str, known: dict[str, set[str]], spare: set[str]) -> None:
    """Delete what an experiment may have compiled, or written, for these modules."""
    for folder, names in known.items():
        cache = f"{folder}/__pycache__" if folder else "__pycache__"
        if reachable(root, f"{cache}/"):
            for name in os.listdir(f"{root}/{cache}"):
                if name.partition(".")[0] in names:
                    remove(root, f"{cache}/{name}", spare=spare)
