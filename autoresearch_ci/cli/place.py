"""Where the repository is, for verbs that need no git."""

from __future__ import annotations

from pathlib import Path


def repository_root(path: Path) -> Path:
    """The nearest directory at or above `path` that git keeps, else `path` itself."""
    for folder in (path, *path.parents):
        if (folder / ".git").exists():
            return folder
    return path
