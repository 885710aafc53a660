"""A copy of the project with all that it needs to run, to be thrown away."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from autoresearch_ci.core.environment import trusted
from autoresearch_ci.core.errors import LockedError
from autoresearch_ci.core.files import lend
from autoresearch_ci.workspace import locks
from autoresearch_ci.workspace.files import disk_errors, is_scratch, write_atomic
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.globs import matches
from autoresearch_ci.workspace.repository import Workspace
from autoresearch_ci.workspace.scratch_copy import scratch_copy
from autoresearch_ci.workspace.status import OUTPUTS, status, uncommitted

ROOM = 4 * 1024**3
"""Bytes of files that git does not track, such as dependencies, that are copied."""


class ProjectCopy:
    """The copy: `root`, and `notes` on what is missing in it."""

    def __init__(self, root: Path, notes: list[str]) -> None:
        self.root = root
        self.notes = notes
        self._git = Git(root)

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self._git.line("rev-parse", "HEAD")

    def commit(self, path: str, text: str, message: str) -> str:
        """A commit on the first one with this file changed; returns its id."""
        full = self.root / path
        mode, scratch = full.lstat().st_mode, self.root / ".git"
        with disk_errors(f"write {path}"):
            write_atomic(str(full), text.encode(), mode=mode, scratch=scratch)
        self._git.run("commit", "--quiet", "--message", message, "--", path)
        return self.head

    def borrow(self, files: Path) -> str:
        """A commit that has the files of this folder and no parent; returns its id."""
        index = {"GIT_INDEX_FILE": str(files.parent / "borrowed")}
        self._git.run(f"--work-tree={files}", "add", "--all", "--force", env=index)
        tree = self._git.run("write-tree", env=index).decode().strip()
        return self._git.line("commit-tree", tree, "-m", "Files of another commit")

    def tracked(self) -> list[str]:
        """Every file that git tracks."""
        return os.fsdecode(self._git.run("ls-files", "-z")).split("\0")[:-1]

    def ignored(self, readonly: Sequence[str]) -> list[str]:
        """List what git ignores, folders in a piece, but for what these patterns protect."""
        args = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
        found = os.fsdecode(self._git.run(*args)).split("\0")[:-1]
        return [
            path
            for path in found
            if path not in OUTPUTS
            and not path.startswith(".claude/")
            and not path.endswith("__pycache__/")
            and not matches(path, readonly)
            and not matches(f"{path}x/x", readonly)
        ]


@contextmanager
def project_copy(
    workspace: Workspace, base: str | None = None, owner: int | None = None
) -> Iterator[ProjectCopy]:
    """The project at `base`, else at HEAD, with copies of what git does not track.

    A repository of its own, deleted however the block ends. With an `owner`, the number of
    a user and of a group, for which we have to be root, all but its `.git` is theirs, and `.git`
    is closed.
    Raises WorkspaceError where tracked files have changed, since the copy would be another
    project.
    """
    holder = locks.holder(workspace.state_dir / "worktree.lock")
    if holder not in (None, os.getpid()):
        raise LockedError(
            f"The working tree {workspace.root} is held by process {holder}.",
            remedy=f"Wait for that session to end, or stop it with `kill {holder}`.",
        )
    dirty = sorted(status(workspace.git).changed)
    if dirty:
        raise uncommitted(dirty)
    commit = workspace.git.line("rev-parse", "--verify", f"{base or 'HEAD'}^{{commit}}")
    workspace.clear_copies()
    with scratch_copy(workspace.git, commit, workspace.root.name, workspace.state_dir) as root:
        with disk_errors("copy the project"):
            notes = list(_copy_untracked(workspace, root))
        with _lent(root, owner) if owner else nullcontext():
            yield ProjectCopy(root, notes)


@contextmanager
def _lent(root: Path, owner: int) -> Iterator[None]:
    """Within, the files are this user's, and git works there for us nevertheless."""
    with disk_errors("hand the copy to the experiments' user"):
        (root / ".git").chmod(0o700)
        lend(str(root), owner)
        root.parent.chmod(0o711)  # the way to the files is open, now that nothing else is
    with trusted(root):
        yield


def _copy_untracked(workspace: Workspace, root: Path) -> Iterator[str]:
    """Copy what a run may need: dependencies, data, settings that are not committed.

    What this repository alone ignores is ignored in the copy, too.
    """
    ignored = workspace.common_dir / "info" / "exclude"
    if ignored.exists():
        (root / ".git" / "info").mkdir(exist_ok=True)
        shutil.copy(ignored, root / ".git" / "info" / "exclude")
    out = workspace.git.run("ls-files", "--others", "--directory", "--no-empty-directory", "-z")
    room = min(ROOM, shutil.disk_usage(root).free // 2)
    for entry in os.fsdecode(out).split("\0")[:-1]:
        path = entry.rstrip("/")
        if path in OUTPUTS or is_scratch(path):
            continue
        source, place = workspace.root / path, root / path
        room -= (size := _size(source))
        if room < 0:
            yield f"{path} ({size / 1024**3:.1f} GB) was not copied: setup_command must make it."
            room += size
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, place, symlinks=True, ignore=_left_out, dirs_exist_ok=True)
        elif source.is_file() or source.is_symlink():
            shutil.copy2(source, place, follow_symlinks=False)


def _left_out(folder: str, names: list[str]) -> list[str]:
    """Pipes and sockets, and the log, which is another campaign's."""
    return [
        name
        for name in names
        if name == "autoresearch.jsonl" or not _is_copied(os.path.join(folder, name))
    ]


def _is_copied(full: str) -> bool:
    mode = os.lstat(full).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _size(path: Path) -> int:
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path)
        for name in names
    )
