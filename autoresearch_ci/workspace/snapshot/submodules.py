"""A working tree with its submodules, each a working tree with a repository of its own.

What an experiment may not change is in them as well. Their repositories lie in that of the
project, which decides what git does. The file `.git` that leads there is in the tree, and is put
back before git looks at it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import is_directory, signature
from autoresearch_ci.workspace.files import disk_errors, make_way, remove
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.snapshot.backup import Backup
from autoresearch_ci.workspace.snapshot.git_files import GitFiles
from autoresearch_ci.workspace.snapshot.quarantine import Quarantine
from autoresearch_ci.workspace.snapshot.tree import Tree

HOME = "submodules"
"""The folder, beside the vault, of what is kept of them."""


class WholeTree(Tree):
    """As `Tree`, with the submodules. `common` is the directory of the project's repository."""

    def __init__(
        self,
        root: Path,
        git: Git,
        backup: Backup,
        target: str = "",
        readonly: Sequence[str] = (),
        *,
        common: Path,
        prefix: str = "",
    ) -> None:
        super().__init__(root, git, backup, target, readonly, prefix=prefix)
        self._common = common
        self._parts: dict[str, _Part] = {}

    def survey(self) -> None:
        super().survey()
        self._parts = {path: self._part(path) for path in sorted(self._was.links)}
        for part in self._parts.values():
            part.survey()

    def sync(self) -> None:
        for part in self._parts.values():
            part.sync()
        super().sync()

    def adopt(self) -> list[str]:
        changed = [each for part in self._parts.values() for each in part.adopt()]
        return changed + super().adopt()

    def undo(self, *, at_once: bool = False) -> list[str]:
        violations = []
        for path, part in self._parts.items():
            with disk_errors("undo what the run did to a submodule"):
                if not is_directory(signature(self._was.full(path))):
                    self.changed.take(path)
                make_way(self._root, f"{path}/")
            violations += part.undo()
            self.removed |= part.removed()
        return violations + super().undo(at_once=at_once)

    def _part(self, path: str) -> _Part:
        """What the submodule is now; one that is known stays the same."""
        full = self._was.full(path)
        git_dir = _git_dir(full, self._prefix + path, self._common)
        if git_dir is None:
            return _UninitializedSubmodule(self._root, path, self.new)
        old = self._parts.get(path)
        if isinstance(old, _Submodule) and old.git_dir == git_dir:
            return old
        root = Path(full)
        git = Git(root)
        # Named, so that git asks neither whose it is nor what its configuration says of the place.
        git.env |= {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": full}
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
        backup = Backup(root, self._backup.home / HOME / name / "vault")
        inner = f"{self._prefix}{path}/"
        tree = WholeTree(root, git, backup, common=git_dir, prefix=inner)
        tree.changed, tree.new = (
            _PrefixedQuarantine(self.changed, path),
            _PrefixedQuarantine(self.new, path),
        )
        return _Submodule(path, git_dir, tree, GitFiles(git, root, git_dir, git_dir, ("", "")))


class _Part(Protocol):
    """A place in the tree that a commit of a submodule is for."""

    def survey(self) -> None: ...

    def sync(self) -> None: ...

    def adopt(self) -> list[str]: ...

    def undo(self) -> list[str]: ...

    def removed(self) -> set[str]: ...


class _Submodule:
    """One that is checked out."""

    def __init__(self, path: str, git_dir: Path, tree: WholeTree, git_files: GitFiles) -> None:
        self.git_dir = git_dir
        self._path, self._tree, self._git_files = path, tree, git_files

    def survey(self) -> None:
        self._tree.survey()
        self._git_files.snapshot()

    def sync(self) -> None:
        self._tree.sync()
        self._git_files.snapshot_index()

    def adopt(self) -> list[str]:
        moved = self._git_files.undo()
        return self._named(moved, self._tree.adopt())

    def undo(self) -> list[str]:
        self._tree.open_root()
        moved = self._git_files.undo()
        changed = self._tree.undo()
        self._git_files.snapshot_index()
        return self._named(moved, changed)

    def removed(self) -> set[str]:
        return {f"{self._path}/{name}" for name in self._tree.removed}

    def _named(self, moved: list[str], changed: list[str]) -> list[str]:
        """What of its repository was changed is the submodule as a whole."""
        return [*([self._path] if moved else []), *(f"{self._path}/{each}" for each in changed)]


class _UninitializedSubmodule:
    """One that is not checked out: what git sees of it is an empty folder, whatever is in it."""

    def __init__(self, root: str, path: str, quarantine: Quarantine) -> None:
        self._root, self._path, self._quarantine = root, path, quarantine
        self._names: set[str] = set()
        self._removed: set[str] = set()

    def survey(self) -> None:
        self._names, self._removed = self._now(), set()

    def sync(self) -> None:
        self.survey()

    def adopt(self) -> list[str]:
        return []  # the tree is surveyed anew, and what was checked out here is seen then

    def undo(self) -> list[str]:
        for name in self._now() - self._names:
            path = f"{self._path}/{name}"
            with disk_errors("undo what the run did to a submodule"):
                self._quarantine.take(path)
                remove(self._root, path)
            self._removed.add(path)
        return []

    def removed(self) -> set[str]:
        return self._removed

    def _now(self) -> set[str]:
        full = f"{self._root}/{self._path}"
        return set(os.listdir(full)) if is_directory(signature(full)) else set()


class _PrefixedQuarantine(Quarantine):
    """What is put aside below a path of another tree."""

    def __init__(self, outer: Quarantine, path: str) -> None:
        self._outer, self._prefix = outer, path

    def begin(self, *, anew: bool = False) -> None:
        """The outer tree says when."""

    def take(self, path: str, *, spare: Collection[str] = ()) -> None:
        self._outer.take(f"{self._prefix}/{path}", spare={f"{self._prefix}/{p}" for p in spare})


def _git_dir(full: str, path: str, common: Path) -> Path | None:
    """The repository of the submodule that is checked out at `full`; None where none is.

    WorkspaceError where it is not where git puts them inside of `common`. Anywhere else it is, or
    was, in an experiment's reach: we put aside what one made, whole repositories too.
    """
    pointer = signature(f"{full}/.git")
    if pointer is None:
        return None
    if stat.S_ISREG(pointer[0]):
        told = Path(f"{full}/.git").read_text(encoding="utf-8", errors="surrogateescape")
        found = Path(full, told.removeprefix("gitdir:").strip()).resolve()
        if _is_kept_by_git(found, common.resolve()) and found.is_dir():
            return found
    raise WorkspaceError(
        f"The submodule {path} has its repository in the working tree, or nowhere.",
        remedy=f"Move it into the project's own with `git submodule absorbgitdirs {path}`. Where "
        f"an experiment was killed, delete {path} and check it out anew with "
        f"`git submodule update --init {path}`. Then run again.",
    )


def _is_kept_by_git(place: Path, common: Path) -> bool:
    """Whether git would put a submodule's repository there; a linked worktree has its own."""
    if not place.is_relative_to(common):
        return False
    parts = place.relative_to(common).parts
    return parts[:1] == ("modules",) or (parts[:1] == ("worktrees",) and parts[2:3] == ("modules",))
