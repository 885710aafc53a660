"""A repository's files, read so that nothing in them can hurt: the eyes of every project type."""

from __future__ import annotations

import json
import os
import posixpath
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LARGEST = 1024 * 1024
_MOST_FILES = 20_000
_DEEPEST = 12

# Never a project's own source: dependencies, build outputs, caches. Names that
# start with a dot are skipped as well. Below `src` a name such as `build` is a package.
_FOREIGN = frozenset({"node_modules", "bower_components", "__pycache__"})
_FOREIGN_OUTSIDE_SRC = frozenset(
    {"vendor", "target", "build", "dist", "out", "coverage", "venv", "env", "Pods"}
)


class Project:
    """Files under `root`, by their path with forward slashes relative to it.

    `folder` is where in the repository at `base` that is; empty for the repository's own root.

    Nothing raises: what is missing, unreadable, larger than a MiB, no plain file
    or reached through a link that leaves `root` reads as empty.
    """

    def __init__(self, base: Path, folder: str = "") -> None:
        self.base = base
        self.folder = folder
        self.root = base / folder

    def at(self, path: str) -> str:
        """The path as it is seen from the root of the repository."""
        return posixpath.normpath(posixpath.join(self.folder, path))

    def upwards(self) -> Iterator[Project]:
        """The folder itself, then each above it up to the root of the repository."""
        folder = self.folder
        while folder:
            yield Project(self.base, folder)
            folder = posixpath.dirname(folder)
        yield Project(self.base)

    def way_to(self, other: Project) -> str:
        """The relative path from here to a folder above; `.` for this one."""
        return posixpath.relpath(f"/{other.folder}", f"/{self.folder}")

    def has(self, path: str) -> bool:
        """True if `path` is a plain file under the root."""
        return self._plain(path) is not None

    def has_folder(self, path: str) -> bool:
        """True if `path` is a folder."""
        try:
            return (self.root / path).is_dir()
        except (OSError, ValueError):
            return False

    def size(self, path: str) -> int:
        """In bytes; 0 where there is no such file."""
        found = self._plain(path)
        return 0 if found is None else found.st_size

    def text(self, path: str) -> str:
        """The file as UTF-8 without a byte order mark; unreadable bytes become U+FFFD."""
        found = self._plain(path)
        if found is None or found.st_size > _LARGEST:
            return ""
        try:
            with (self.root / path).open("rb") as file:
                content = file.read(_LARGEST)
        except (OSError, ValueError):
            return ""
        return content.decode("utf-8-sig", errors="replace")

    def json_object(self, path: str) -> dict[str, Any]:
        """The file as a JSON object; empty where it is anything else."""
        try:
            value = json.loads(self.text(path))
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def walk(self, folder: str = "", deepest: int = _DEEPEST) -> Iterator[str]:
        """Every plain file below `folder` that may be the project's own, in a fixed order.

        Shallow files come first. Links are not followed, and the walk ends after
        20,000 files or 12 levels: enough for a project's sources.
        """
        level, seen = [folder.strip("/")], 0
        for _ in range(deepest):
            deeper: list[str] = []
            for parent in level:
                files, folders = self._entries(parent)
                yield from files
                seen += len(files)
                if seen > _MOST_FILES:
                    return
                deeper += folders
            level = deeper

    def _entries(self, folder: str) -> tuple[list[str], list[str]]:
        files, folders = [], []
        try:
            with os.scandir(self.root / folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if not _foreign(path):
                            folders.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(path)
        except (OSError, ValueError):
            return [], []
        return files, folders

    def _plain(self, path: str) -> os.stat_result | None:
        try:
            file = self.root / path
            if not file.resolve().is_relative_to(self.root.resolve()):
                return None
            found = file.stat()
        except (OSError, ValueError, RuntimeError):
            return None
        return found if stat.S_ISREG(found.st_mode) else None


def _foreign(folder: str) -> bool:
    *parents, name = folder.split("/")
    if name.startswith(".") or name in _FOREIGN:
        return True
    return name in _FOREIGN_OUTSIDE_SRC and "src" not in parents
