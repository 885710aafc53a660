"""Finding the repository around a folder, one that can be worked in."""

from __future__ import annotations

import re
from pathlib import Path

from autoresearch_ci.core.errors import MachineError, WorkspaceError
from autoresearch_ci.workspace import checks
from autoresearch_ci.workspace.git import OLDEST, Git


def discover(git: Git, directory: Path) -> tuple[Path, Path, Path]:
    """The top of the working tree, its git directory and the common one, all absolute.

    Raises WorkspaceError, and MachineError where git is too old.
    """
    _check_version(git)
    _refuse_planted(directory)
    try:
        out = git.line(
            "rev-parse", "--git-dir", "--git-common-dir", "--is-bare-repository",
            "--is-inside-git-dir", "--show-object-format", "--show-superproject-working-tree",
        )  # fmt: skip
    except WorkspaceError as error:
        if "not a git repository" not in error.detail:
            raise
        raise WorkspaceError(
            f"{directory} is not in a git repository.",
            remedy="Name one with --repo, or make one: `git init && git add . && git commit`.",
        ) from error
    git_dir, common_dir, bare, inside, form, *above = out.split("\n")
    if bare == "true":
        raise WorkspaceError(
            f"{directory} is a bare repository: it has no files to experiment on.",
            remedy=checks.beside_bare(git, directory),
        )
    if inside == "true":
        raise WorkspaceError(
            f"{directory} is inside a git directory.",
            remedy="Run in the working tree instead, one with the project's files.",
        )
    if form != "sha1":
        raise WorkspaceError(
            f"The repository uses {form} object ids, which are not supported.",
            remedy="Use a repository with sha1 ids (`git init --object-format=sha1`).",
        )
    if above and above[0]:
        raise WorkspaceError(
            f"{directory} is a submodule of {above[0]}.",
            remedy="Clone the submodule's repository by itself and run in the clone.",
        )
    root = Path(git.line("rev-parse", "--show-toplevel"))
    return root, (directory / git_dir).resolve(), (directory / common_dir).resolve()


def _check_version(git: Git) -> None:
    found = re.search(r"(\d+)\.(\d+)", git.line("version"))
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise MachineError(
            f"git {found[0]} is too old.",
            remedy=f"Install git {OLDEST[0]}.{OLDEST[1]} or newer, then run again.",
        )


def _refuse_planted(directory: Path) -> None:
    """Raise WorkspaceError where the git directory says that another one is the real one.

    Only a linked worktree's has such a file. In another one a killed experiment put it there, and
    git would believe that other one's configuration.
    """
    for folder in (directory, *directory.parents):
        if (folder / ".git").is_dir():
            if (folder / ".git" / "commondir").exists():
                raise WorkspaceError(
                    f"{folder}/.git has a file commondir, which does not belong there.",
                    remedy=f"Delete it before you use git here: rm {folder}/.git/commondir",
                )
            return
