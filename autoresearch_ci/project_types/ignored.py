"""Which paths .gitignore names, without asking git: enough for build folders."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch

from autoresearch_ci.project_types.project import Project

_LONGEST = 500
"""Most characters of a pattern looked at: `fnmatch` takes a minute for long ones of brackets."""


class Ignored:
    """The plain patterns of the repository's own .gitignore, and of those on the way down."""

    def __init__(self, project: Project) -> None:
        self._here = project
        self._levels = []
        for each in reversed([*project.upwards()]):
            lines = (line.strip() for line in each.text(".gitignore").splitlines())
            patterns = [line for line in lines if line and not line.startswith("#")]
            self._levels.append((each.folder, patterns))

    def covers(self, folder: str) -> bool:
        """True if everything in `folder` is ignored; False when in doubt."""
        ignored = False
        for above, patterns in self._levels:
            path = posixpath.relpath(self._here.at(folder), above or ".")
            ignored = _covers(patterns, path, ignored=ignored)
        return ignored


def _covers(patterns: list[str], folder: str, *, ignored: bool) -> bool:
    parts = folder.split("/")
    for pattern in patterns:
        negated, plain = pattern.startswith("!"), pattern.lstrip("!").rstrip("/")
        plain = plain.removesuffix("/**").removesuffix("/*")
        if negated:
            # An exception below the folder, or of it, leaves something to lose.
            if plain.strip("/").startswith(folder) or folder.startswith(plain.strip("/")):
                ignored = False
        elif len(plain) <= _LONGEST and _matches(plain, parts):
            ignored = True
    return ignored


def _matches(pattern: str, parts: list[str]) -> bool:
    pattern = pattern.removeprefix("**/") if pattern.count("/") == 1 else pattern
    if "/" not in pattern:
        return any(fnmatch(part, pattern) for part in parts)
    anchored = pattern.lstrip("/")
    return any(fnmatch("/".join(parts[:end]), anchored) for end in range(1, len(parts) + 1))
