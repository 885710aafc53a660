"""A place in which one tree that is a copy can be open at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping

from autoresearch_ci.core.globs import matches
from autoresearch_ci.trees.artifacts import is_built
from autoresearch_ci.trees.sandbox_paths import BUILD_CACHES
from autoresearch_ci.trees.working_copy import WorkingCopy, remove

TEMPORARY = "tmp"
BUILDS = tuple(f"/{name}" for name in BUILD_CACHES)
"""Patterns of the build caches in a home."""

_SHARED_MEMORY = "/dev/shm"


class Slot:
    """A working copy of the project, a home and a temporary folder, below one folder.

    `rest` is where it lies when nothing runs in it. `warm` is what it was last brought to.
    """

    def __init__(self, rest: str, name: str, user: int | None, *, warm: bool) -> None:
        self.rest, self._at, self.warm = rest, rest, warm
        for folder in (rest, f"{rest}/project"):
            os.mkdir(folder, 0o755)
        for folder, mode in ((f"project/{name}", 0o755), ("home", 0o700), (TEMPORARY, 0o700)):
            os.mkdir(f"{rest}/{folder}", mode)
            if user is not None:
                os.chown(f"{rest}/{folder}", user, user)
        self.project = WorkingCopy(f"{rest}/project/{name}", user)
        self.home = WorkingCopy(f"{rest}/home", user)

    def move(self, to: str) -> None:
        os.rename(self._at, to)
        for copy in (self.project, self.home):
            copy.path = to + copy.path[len(self._at) :]
        self._at = to

    def touch(self) -> None:
        self.project.touch()
        self.home.touch()

    @property
    def newest(self) -> int:
        """The last ctime of what was brought."""
        return max(self.project.newest, self.home.newest)

    def restore(self, project: Mapping[str, str], home: Mapping[str, str]) -> None:
        self.project.restore(project)
        self.home.restore(home)

    def empty(self) -> None:
        """Delete what is in the temporary folder."""
        WorkingCopy(f"{self._at}/{TEMPORARY}", None, unknown=True).restore({})

    def has_built(self) -> bool:
        """Tell whether what was written here is, in part, the output of a build."""
        if any(matches(path, BUILDS) for path in self.home.touched()[0]):
            return True
        return any(is_built(path, mode) for path, mode in self.project.written())


def sweep_shared_memory(user: int | None) -> None:
    """Remove what a run left in shared memory, where it has a user of its own."""
    if user is not None and os.path.isdir(_SHARED_MEMORY):
        with os.scandir(_SHARED_MEMORY) as found:
            left = [e.path for e in found if e.stat(follow_symlinks=False).st_uid == user]
        for path in left:
            remove(path)
