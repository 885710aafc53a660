"""What Python imports in the place of a module of the project or its own library.

Compiled copies are believed by their source's size and time, whatever they hold; and beside a
script a compiled or built file is found before what the script means to import. Git ignores both.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from autoresearch_ci.core.files import Signature, is_directory, sign, signature
from autoresearch_ci.workspace.files import reachable, remove, write_atomic

ROOM = 64 * 1024 * 1024
"""Bytes of compiled copies that are held in memory."""

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


class Caches:
    """The compiled copies of a tree's modules: how they were, and putting that back.

    So a run neither leaves one that it compiled, or wrote, nor takes the user's away. They are
    held in memory, as far as there is room; one beyond that goes where a run has changed it.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._modules: dict[str, set[str]] = {}
        self._kept: dict[str, tuple[Signature | None, bytes | None]] = {}

    def keep(self, modules: dict[str, set[str]]) -> None:
        """Remember how those of these modules, by their folder, are now."""
        self._modules, before, room = modules, self._kept, ROOM
        self._kept = {}
        for path in self._found():
            full = f"{self._root}/{path}"
            sig = sign(full)
            data = before[path][1] if path in before and before[path][0] == sig else None
            if data is None and sig and stat.S_ISREG(sig[0]) and sig[1] <= room:
                data = Path(full).read_bytes()
            room -= len(data or b"")
            self._kept[path] = sig, data

    def undo(self, spare: set[str]) -> None:
        """Remove what a run made of these modules, and put back what was there before."""
        there = {path: signature(f"{self._root}/{path}") for path in self._found()}
        for path, now in there.items():
            old, data = self._kept.get(path, (None, None))
            if now == old or (is_directory(now) and is_directory(old)) or path in spare:
                continue
            remove(self._root, path, spare=spare)
        for path, (old, data) in self._kept.items():
            if path in spare or data is None or old is None or there.get(path) == old:
                continue
            if reachable(self._root, path):
                full = f"{self._root}/{path}"
                write_atomic(full, data, mode=old[0], scratch=Path(full).parent)
                os.utime(full, ns=(old[2], old[2]))
                self._kept[path] = sign(full), data

    def _found(self) -> list[str]:
        found = []
        for folder, names in self._modules.items():
            cache = f"{folder}/__pycache__" if folder else "__pycache__"
            if reachable(self._root, f"{cache}/"):
                inside = os.listdir(f"{self._root}/{cache}")
                found += [f"{cache}/{name}" for name in inside if name.partition(".")[0] in names]
        return found
