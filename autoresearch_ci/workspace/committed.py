"""Files as a commit has them, whatever lies in the working tree now."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from autoresearch_ci.workspace.process import Git

FILES = ("100644", "100755")  # no symlinks: what they point to may be anywhere


@dataclass(frozen=True, slots=True)
class Committed:
    """A file of a commit: its path, its object's id, its size in bytes."""

    path: str
    blob: str
    size: int


def listed(git: Git, commit: str, wanted: Callable[[str], bool]) -> list[Committed]:
    """The regular files of a commit whose path is wanted, in order of path."""
    files = []
    listing = os.fsdecode(git.run("ls-tree", "-r", "-z", "--long", "--full-tree", commit))
    for entry in listing.split("\0")[:-1]:
        about, _, path = entry.partition("\t")
        mode, _kind, blob, size = about.split()
        if mode in FILES and wanted(path):
            files.append(Committed(path, blob, int(size)))
    return files
