"""Making a repository where there is none, for the demo."""

from __future__ import annotations

from pathlib import Path

from autoresearch_ci.workspace.process import Git

_WHO = (
    "-c",
    "user.name=autoresearch-ci",
    "-c",
    "user.email=autoresearch-ci@users.noreply.github.com",
)


def create_repository(directory: Path, message: str) -> None:
    """Make `directory` a repository of its own, all that is in it one commit on `main`."""
    git = Git(directory)
    git.run("init", "--quiet", "--initial-branch=main")
    git.run("add", "--all")
    git.run(*_WHO, "commit", "--quiet", "--message", message)
