"""The files that `readonly_files` names and git does not track, such as ignored data."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from autoresearch_ci.core.files import Signature, is_directory, sign, signature
from autoresearch_ci.workspace.files import remove
from autoresearch_ci.workspace.globs import matches
from autoresearch_ci.workspace.snapshot.quarantine import Quarantine
from autoresearch_ci.workspace.status import OUTPUTS

_CACHE = "__pycache__"


class Readonly:
    """Finds them, and puts aside what a run added beside them; nothing that was there before."""

    def __init__(self, root: Path, patterns: Sequence[str], target: str) -> None:
        self._root = str(root)
        self._patterns = tuple(patterns)
        self._apart = {*OUTPUTS, target}
        self._folders: dict[str, tuple[Signature | None, frozenset[str]]] = {}
        self._added: set[str] = set()

    def find(self, tracked: Collection[str]) -> list[str]:
        """Every matching file and link in the whole tree, the ignored parts too.

        From now on what is added to the folders that hold a match is noticed.
        """
        self._folders = {}
        if not self._patterns:
            return []
        found = []
        for full, folders, files in os.walk(self._root):
            prefix = os.path.relpath(full, self._root)
            prefix = "" if prefix == "." else f"{prefix}/"
            if ".git" in folders:
                folders.remove(".git")
            sig = sign(full)
            links = [name for name in folders if os.path.islink(f"{full}/{name}")]
            ours = [prefix + name for name in (*files, *links) if self._is_one(prefix + name)]
            if ours or any(self._is_one(prefix + name) for name in folders):
                self._folders[prefix] = sig, frozenset((*folders, *files))
            found += ours
        return [path for path in found if path not in tracked]

    def names(self, path: str) -> bool:
        """Whether a pattern means this path."""
        return matches(path, self._patterns)

    def was_added(self, path: str) -> bool:
        """Whether a run has added this path beside read-only files."""
        return path in self._added

    def differs(self) -> bool:
        """Whether something came to one of the folders, or went."""
        return any(self._differs(folder) for folder in self._folders)

    def _differs(self, folder: str) -> bool:
        sig, known = self._folders[folder]
        if self._now(folder) == sig:
            return False
        full = f"{self._root}/{folder}"
        now = sign(full)
        if not is_directory(now) or known != frozenset(os.listdir(full)):
            return True
        self._folders[folder] = now, known
        return False

    def remove_added(self, quarantine: Quarantine) -> list[str]:
        """Put aside what a run added and a pattern names; bytecode caches are not mentioned."""
        added = []
        for folder, (old, known) in self._folders.items():
            now = self._now(folder)
            if now == old or not is_directory(now):
                continue
            names = [name for name in os.listdir(self._root + "/" + folder) if name not in known]
            for path in [folder + name for name in names if self._is_one(folder + name)]:
                quarantine.take(path)
                remove(self._root, path)
                if os.path.basename(path) != _CACHE:
                    added.append(path)
            self._folders[folder] = sign(f"{self._root}/{folder}"), known
        self._added.update(added)
        return sorted(added)

    def _now(self, folder: str) -> Signature | None:
        return signature(f"{self._root}/{folder}")

    def _is_one(self, path: str) -> bool:
        return path not in self._apart and matches(path, self._patterns)
