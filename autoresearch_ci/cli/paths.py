"""The repository's place, for verbs that need no git."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path


def repository_root(path: Path) -> Path:
    """The nearest directory at or above `path` that git keeps, else `path` itself.

    WorkspaceError for a repository without files, so that nobody looks for settings there.
    """
    for folder in (path, *path.parents):
        if (folder / ".git").exists():
            return folder
    if (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir():
        from autoresearch_ci.workspace import Workspace  # noqa: PLC0415 - GitPython takes its time

        Workspace.open(path)  # says where its files are
    return path


def folder_in(root: Path, path: Path) -> str:
    """The folder of the repository that `path` is; empty for its root."""
    folder = path.relative_to(root).as_posix() if root in path.parents else ""
    return "" if folder == "." else folder


def standing(path: Path, overrides: Mapping[str, object]) -> dict[str, object]:
    """The overrides, with the target of the project that somebody in a folder stands in.

    At the root of the repository, and where a target is configured, they stay as they are.
    """
    root = repository_root(path)
    folder = folder_in(root, path)
    if not folder:
        return dict(overrides)
    from autoresearch_ci import config  # noqa: PLC0415 - pydantic takes its time

    loaded = config.load(root, overrides, folder)
    if not loaded.origins["target_file"].source.startswith("detected"):
        return dict(overrides)
    return {**overrides, "target_file": loaded.settings.target_file}


NAME = "autoresearch-ci"


def called() -> str:
    """The name where that finds it, else the path: what is printed can be pasted."""
    script = Path(sys.argv[0])
    if script.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m autoresearch_ci"
    if script.name == NAME and script.is_file() and shutil.which(NAME) is None:
        return shlex.quote(str(script.absolute()))
    return NAME
