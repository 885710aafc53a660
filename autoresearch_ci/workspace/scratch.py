"""A copy of the project for somebody who is not trusted with the project."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.workspace.files import disk_errors, remove
from autoresearch_ci.workspace.process import Git

_SETTINGS = {
    "user.name": "autoresearch-ci",
    "user.email": "autoresearch-ci@users.noreply.github.com",
    "commit.gpgSign": "false",  # nobody is there to be asked for a passphrase
    "core.hooksPath": "/dev/null",
}


@contextmanager
def scratch_copy(git: Git, commit: str, name: str) -> Iterator[Path]:
    """The files of `commit` in a folder called `name`, for the block.

    It is a repository of its own with one commit and no remote, and shares nothing
    with the one it was made from: agents want one, and what they do to it is lost.
    """
    with files_of(git, commit, name) as folder:
        own = Git(folder)
        own.run("init", "--quiet", "--template=", "--initial-branch=main")
        for setting, value in _SETTINGS.items():
            own.run("config", setting, value)
        own.run("add", "--all", "--force")
        own.run("commit", "--quiet", "--message", "The project as it stands")
        yield folder


@contextmanager
def files_of(git: Git, commit: str, name: str) -> Iterator[Path]:
    """A folder called `name` with the tracked files of `commit`, removed when the block ends."""
    with disk_errors("make a scratch copy"):
        outer = Path(tempfile.mkdtemp(prefix="autoresearch-")).resolve()
    try:
        folder = outer / name
        folder.mkdir()
        index = {"GIT_INDEX_FILE": str(outer / "index")}
        git.run("read-tree", commit, env=index)
        git.run("checkout-index", "--all", f"--prefix={folder}/", env=index)
        yield folder
    finally:
        with disk_errors(f"remove {outer}"):
            remove(str(outer.parent), outer.name)
