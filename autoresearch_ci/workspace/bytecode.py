"""What Python imports in the place of a module of the project or its own library.

Compiled copies are believed by their source's size and time, whatever they hold; and beside a
script a compiled or built file is found before what the script means to import. Git ignores both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable

from autoresearch_ci.workspace.files import reachable, remove

_COMPILED = (".pyc", ".pyo")
_BUILT = (".so", ".pyd", ".py")


def modules(paths: Iterable[str]) -> dict[str, set[str]]:
    """The Python modules among these paths, by their folder."""
    found: dict[str, set[str]] = {}
    for path in paths:
        if path.endswith(".py"):
            folder, name = os.path.split(path)
            found.setdefault(folder, set()).add(name.removesuffix(".py"))
    return found


def strays(names: Iterable[str], beside: Collection[str]) -> list[str]:
    """Which of the new names in a folder, with these modules in it, Python would wrongly import.

    All that are compiled without their source, where nobody keeps any; of what is built those that
    bear the name of something else.
    """
    meant = sys.stdlib_module_names.union(beside)
    return [
        name
        for name in names
        if name.endswith(_COMPILED) or (name.endswith(_BUILT) and name.partition(".")[0] in meant)
    ]


def drop(root: str, known: dict[str, set[str]], spare: set[str]) -> None:
    """Delete what an experiment may have compiled, or written, for these modules."""
    for folder, names in known.items():
        cache = f"{folder}/__pycache__" if folder else "__pycache__"
        if reachable(root, f"{cache}/"):
            for name in os.listdir(f"{root}/{cache}"):
                if name.partition(".")[0] in names:
                    remove(root, f"{cache}/{name}", spare=spare)
