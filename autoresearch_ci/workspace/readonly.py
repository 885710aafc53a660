"""The files that `readonly_files` names and git does not track, such as ignored data."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from autoresearch_ci.signatures import Signature, is_directory, sign, signature
from autoresearch_ci.workspace.aside import Aside
from autoresearch_ci.workspace.files import remove
from autoresearch_ci.workspace.globs import matches
from autoresearch_ci.workspace.status import OUTPUTS


class Readonly:
    """Finds them, and removes those that a run added beside them."""

    def __init__(self, root: Path, patterns: Sequence[str], target: str) -> None:
        self._root = str(root)
        self._patterns = tuple(patterns)
        self._apart = {*OUTPUTS, target}
        self._folders: dict[str, Signature | None] = {}

    def find(self, tracked: Collection[str]) -> list[str]:
        """Every matching file in the whole tree, the ignored parts too."""
        if not self._patterns:
            return []
        found = []
        for folder, names, files in os.walk(self._root):
            prefix = os.path.relpath(folder, self._root)
            prefix = "" if prefix == "." else f"{prefix}/"
            if ".git" in names:
                names.remove(".git")
            found += [prefix + name for name in files if self._is_one(prefix + name)]
        return [path for path in found if path not in tracked]

    def watch(self, paths: Iterable[str]) -> None:
        """Notice from now on what is added beside these."""
        folders = {os.path.dirname(path) for path in paths}
        self._folders = {path: sign(f"{self._root}/{path}") for path in folders}

    def remove_added(self, known: Collection[str], aside: Aside) -> list[str]:
        """Put aside the matching files that are not `known`, and name them."""
        added = []
        for folder, old in self._folders.items():
            full = f"{self._root}/{folder}"
            now = signature(full)
            if now == old or not is_directory(now):
                continue
            prefix = f"{folder}/" if folder else ""
            paths = [prefix + name for name in os.listdir(full)]
            added += [path for path in paths if path not in known and self._is_one(path)]
        for path in added:
            aside.take(path)
            remove(self._root, path)
        self._folders = {path: sign(f"{self._root}/{path}") for path in self._folders}
        return sorted(added)

    def _is_one(self, path: str) -> bool:
        return path not in self._apart and matches(path, self._patterns)
