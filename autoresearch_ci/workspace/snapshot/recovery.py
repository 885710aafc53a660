"""After a session was killed: save what may be somebody's work, then clean up."""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import signature
from autoresearch_ci.core.model import blob_id
from autoresearch_ci.workspace.branch import head_ref
from autoresearch_ci.workspace.files import OWNER, disk_errors, reachable, remove
from autoresearch_ci.workspace.git import ZERO, Git
from autoresearch_ci.workspace.objects import Objects
from autoresearch_ci.workspace.snapshot.backup import Backup
from autoresearch_ci.workspace.snapshot.refs import RESCUED, stamp
from autoresearch_ci.workspace.state import WORKING, State, shown
from autoresearch_ci.workspace.status import Status, status

_READ_WRITE = 0o600


class Recovery:
    """Brings the tree that a killed session left to the tip of its campaign's branch."""

    def __init__(
        self, git: Git, objects: Objects, backup: Backup, root: Path, git_dir: Path, dead: State
    ) -> None:
        self._git = git
        self._objects = objects
        self._backup = backup
        self._root = root
        self._git_dir = git_dir
        self._dead = dead
        self._ref = f"refs/heads/autoresearch/{dead.tag}"

    @property
    def left(self) -> bool:
        """Whether a person has since switched to a branch of their own."""
        at = head_ref(self._git)
        return self._dead.phase == WORKING and bool(at) and at != self._ref

    def take_back_target(self) -> None:
        """Where a person carried the candidate along to their branch: take it away again."""
        if self._target_is_ours() and self._dead.target in status(self._git).changed:
            stdin = os.fsencode(f"{self._dead.target}\0")
            self._git.run("checkout-index", "-f", "-q", "-u", "-z", "--stdin", stdin=stdin)
        self._restore_kept(only_missing=True)

    def clean(self, ref: str, author: str) -> str:
        """Stand on `ref` with a clean tree; returns what was saved and where, or nothing."""
        self._backup.load()
        now = self._status()
        working = self._dead.phase == WORKING
        mine = {self._dead.target} if self._target_is_ours() else set()
        tracked = sorted(now.changed.keys() - mine)
        new = [p for p in now.untracked if working and not self._known(p)]
        touched = [p for p in self._backup.changed() if signature(self._full(p)) is not None]
        sentence = ""
        if tracked or new or touched:
            sentence = self._save(now, tracked, new, touched, author)
        with disk_errors("clean up after a killed session"):
            for path in new:  # first: one may be a link where a tracked directory was
                remove(str(self._root), path.rstrip("/"), spare=set(self._backup.copies))
            self._git.run("symbolic-ref", "-m", "autoresearch-ci: recover", "HEAD", ref)
            self._git.run("reset", "--hard", "--quiet")
            self._restore_kept(only_missing=False)
        return sentence

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _known(self, path: str) -> bool:
        """Whether an untracked file, or something in a nested repository, was there before."""
        if path.endswith("/"):
            return any(kept.startswith(path) for kept in self._backup.copies)
        return path in self._backup.copies

    def _target_is_ours(self) -> bool:
        path = self._full(self._dead.target)
        sig = signature(path)
        if not self._dead.target or sig is None or not stat.S_ISREG(sig[0]):
            return False
        return blob_id(Path(path).read_bytes()) in shown(self._git_dir / "autoresearch" / "shown")

    def _status(self) -> Status:
        index = self._git_dir / "index"
        try:
            tracked = self._git.run("ls-files", "-z") if index.is_file() else b""
        except WorkspaceError:
            tracked = b""
        if not tracked:  # gone, or cut short; the tree is what counts
            index.unlink(missing_ok=True)
            self._git.run("read-tree", "HEAD")
            tracked = self._git.run("ls-files", "-z")
        self._unlock(os.fsdecode(tracked).split("\0")[:-1])
        return status(self._git)

    def _unlock(self, tracked: list[str]) -> None:
        """Give ourselves back the tracked files, and their directories, that were closed to us."""
        folders = {folder for path in tracked for folder in _parents(path)}
        for path in [".", *sorted(folders), *tracked]:
            sig = signature(self._full(path))
            if sig is None or not reachable(str(self._root), path):
                continue
            needed = OWNER if stat.S_ISDIR(sig[0]) else _READ_WRITE if stat.S_ISREG(sig[0]) else 0
            if sig[0] & needed != needed:
                os.chmod(self._full(path), stat.S_IMODE(sig[0]) | needed)

    def _save(
        self, now: Status, tracked: list[str], new: list[str], touched: list[str], author: str
    ) -> str:
        nested = [path for path in new if path.endswith("/")]
        plain = [path for path in new if not path.endswith("/")]
        name = stamp()
        ref = f"{RESCUED}/{name}"
        with disk_errors("save what was found in the working tree"):
            self._commit([*tracked, *plain, *touched], now, ref, author)
            quarantine = self._git_dir / "autoresearch" / "rescued" / name
            for path in nested:
                (quarantine / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(self._full(path.rstrip("/")), quarantine / path.rstrip("/"))
        moved = f" Repositories found inside are now in {quarantine}." if nested else ""
        return (
            f"A session was killed here; what was found changed in the working tree is saved as "
            f"{ref}: `git show --stat {ref}` lists it, `git checkout {ref} -- PATH` brings a "
            f"file back.{moved}"
        )

    def _commit(self, paths: list[str], now: Status, ref: str, author: str) -> None:
        index = self._git_dir / "autoresearch" / "index.rescue"
        shutil.copyfile(self._git_dir / "index", index)
        env = {"GIT_INDEX_FILE": str(index)}
        head = self._git.line("rev-parse", "HEAD")
        when = f"{int(time.time())} {time.strftime('%z')}"
        message = f"autoresearch-ci: found when session {self._dead.session} had been killed"
        parents = [head]
        staged = any(letters[0] not in ".U" for letters in now.changed.values())
        if staged and not any("U" in letters for letters in now.changed.values()):
            tree = self._git.run("write-tree", env=env).decode().strip()
            parents.append(
                self._objects.commit(
                    tree=tree, parents=(head,), author=author, when=when, message="index"
                )
            )
        there = [path for path in paths if self._is_saved(path)]
        gone = "".join(f"0 {ZERO}\t{path}\0" for path in set(paths) - set(there))
        self._git.run("update-index", "-z", "--index-info", stdin=os.fsencode(gone), env=env)
        args = ("add", "-f", "--pathspec-from-file=-", "--pathspec-file-nul")
        if there:
            stdin = os.fsencode("".join(f"{path}\0" for path in there))
            self._git.run(*args, stdin=stdin, env=env)
        tree = self._git.run("write-tree", env=env).decode().strip()
        commit = self._objects.commit(
            tree=tree, parents=tuple(parents), author=author, when=when, message=message
        )
        self._git.run("update-ref", "-m", message, ref, commit, ZERO)
        index.unlink()

    def _is_saved(self, path: str) -> bool:
        if not reachable(str(self._root), path):
            return False
        sig = signature(self._full(path))
        return sig is not None and (stat.S_ISREG(sig[0]) or stat.S_ISLNK(sig[0]))

    def _restore_kept(self, *, only_missing: bool) -> None:
        if not self._backup.copies:
            self._backup.load()
        for path in self._backup.changed():
            if not only_missing or signature(self._full(path)) is None:
                self._backup.restore(path)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
