"""Git's own files around a run: what an experiment did to them is undone before git is asked.

`HEAD`, the configuration, the hooks and the index decide what git does, so they are put
back in-process first; only then is it safe, and right, to start git again.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import Signature, is_directory, sign, signature
from autoresearch_ci.workspace.files import OWNER, disk_errors, remove, write_atomic
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.locks import clear_stale
from autoresearch_ci.workspace.snapshot.refs import Refs, stamp

IN_PROGRESS = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase or am",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
    "sequencer": "cherry-pick or revert",
}
"""What lies in the git directory while git is in the middle of something."""

_MOST = 1024**2
"""Bytes of a file that a person can have written. An experiment makes one of a terabyte at once."""


@dataclass
class _Kept:
    sig: Signature | None
    data: bytes
    label: str


class GitFiles:
    """A snapshot of one repository's control files, of its refs and of its index."""

    def __init__(
        self, git: Git, root: Path, git_dir: Path, common_dir: Path, own: tuple[str, ...]
    ) -> None:
        self._git = git
        self._root = root
        self._git_dir = git_dir
        self._common = common_dir
        self._scratch = git_dir / "autoresearch"
        self._files: dict[str, _Kept] = {}
        self._hooks: Signature | None = None
        self._index: _Kept = _Kept(None, b"", "index")
        self._own = own
        self._held = _held(git_dir)
        self.refs = Refs(git, common_dir, git_dir, own)

    @property
    def locks(self) -> list[Path]:
        """Where a git that was killed at our work leaves a lock."""
        return [
            self._git_dir / "index.lock",
            self._git_dir / "HEAD.lock",
            self._common / "config.lock",
            self._common / "packed-refs.lock",
            *(self._common / f"{name}.lock" for name in self._own),
        ]

    def snapshot(self) -> None:
        """Remember how everything stands; what did not change is not read again."""
        for path, label in self._watched():
            kept = self._files.get(path)
            if kept is None or kept.sig is None or signature(path) != kept.sig:
                self._files[path] = _Kept(sign(path), _read(path), label)
        self._hooks = sign(str(self._common / "hooks"))
        self.snapshot_index()
        self.refs.snapshot()

    def snapshot_index(self) -> None:
        """Remember the index alone: we wrote it ourselves."""
        path = str(self._git_dir / "index")
        if self._index.sig is None or signature(path) != self._index.sig:
            self._index = _Kept(sign(path), _read(path), "index")

    def undo(self) -> list[str]:
        """Bring all of it back; returns what a run had changed."""
        violations = self._bring_back()
        self._check_alive()
        with disk_errors("undo what the run did to the repository"):
            violations += self._undo_files() + self._undo_progress()
            clear_stale([*self.locks, *self.refs.new_locks()], self._root, self._git_dir)
            violations += self.refs.undo()
            violations += self._undo_index()
        return violations

    def close(self) -> None:
        """Let go of the git directory."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _bring_back(self) -> list[str]:
        """Put the git directory back where a run has moved it away."""
        moved = _place(self._held)
        if not moved or moved == str(self._git_dir):
            return []
        remove(str(self._git_dir.parent), self._git_dir.name)
        os.rename(moved, self._git_dir)
        return [".git"]

    def _check_alive(self) -> None:
        needed = (self._git_dir, self._common, self._common / "objects")
        for path in needed:
            sig = signature(str(path))
            if sig is None or not stat.S_ISDIR(sig[0]):
                raise WorkspaceError(
                    f"The experiment destroyed the repository: {path} is gone or broken.",
                    remedy="Clone the repository again; what was pushed is safe. Then find out "
                    "what in the run command deletes files outside its own output.",
                )
            if sig[0] & OWNER != OWNER:
                os.chmod(path, stat.S_IMODE(sig[0]) | OWNER)

    def _watched(self) -> Iterator[tuple[str, str]]:
        """Small files that decide what git does, each with its name in messages."""
        common, own = str(self._common), str(self._git_dir)
        yield f"{own}/HEAD", "HEAD"
        yield f"{common}/config", ".git/config"
        yield f"{own}/config.worktree", ".git/config.worktree"
        for name in ("exclude", "attributes", "grafts", "sparse-checkout"):
            yield f"{common}/info/{name}", f".git/info/{name}"
        yield f"{common}/shallow", ".git/shallow"
        yield f"{common}/objects/info/alternates", ".git/objects/info/alternates"
        yield f"{own}/autoresearch/session.json", ".git/autoresearch"
        yield f"{own}/commondir", ".git/commondir"
        yield f"{own}/gitdir", ".git/gitdir"
        if not (self._root / ".git").is_dir():
            yield str(self._root / ".git"), ".git"
        hooks = f"{common}/hooks"
        if is_directory(signature(hooks)):
            for name in os.listdir(hooks):
                yield f"{hooks}/{name}", f".git/hooks/{name}"

    def _undo_files(self) -> list[str]:
        violations = []
        for folder in {os.path.dirname(path) for path, kept in self._files.items() if kept.sig}:
            _make_parents(folder)  # a link in its place must not lead us out
        watched = list(self._files.items())
        if signature(str(self._common / "hooks")) != self._hooks:
            new = [(p, label) for p, label in self._watched() if p not in self._files]
            watched += [(path, _Kept(None, b"", label)) for path, label in new]
        for path, kept in watched:
            now = signature(path)
            if now == kept.sig:
                continue
            if now and kept.sig and now[:2] == kept.sig[:2] and _read(path) == kept.data:
                kept.sig = sign(path)
                continue
            self._put_back(path, kept, now)
            violations.append(kept.label)
        self._hooks = sign(str(self._common / "hooks"))
        return violations

    def _put_back(self, path: str, kept: _Kept, now: Signature | None) -> None:
        """Restore one file; what stood there is kept aside, in case a person wrote it."""
        parent, name = os.path.split(path)
        if now is not None:
            quarantine = self._scratch / "replaced" / stamp()
            quarantine.mkdir(parents=True, exist_ok=True)
            if stat.S_ISREG(now[0]) and now[1] <= _MOST:
                shutil.copyfile(path, quarantine / name, follow_symlinks=False)
            remove(parent, name)
        if kept.sig is not None:
            if stat.S_ISLNK(kept.sig[0]):
                os.symlink(kept.data, os.fsencode(path))
            else:
                _make_parents(str(self._scratch))
                write_atomic(path, kept.data, mode=kept.sig[0], scratch=self._scratch)
            kept.sig = sign(path)

    def _undo_progress(self) -> list[str]:
        violations = []
        for name, label in IN_PROGRESS.items():
            if signature(str(self._git_dir / name)) is not None:
                remove(str(self._git_dir), name)
                violations.append(label)
        return violations

    def _undo_index(self) -> list[str]:
        """An index that differs in more than cached times is a change; the bytes come back."""
        path = str(self._git_dir / "index")
        now = signature(path)
        if now == self._index.sig:
            return []
        data = _read(path)
        if data == self._index.data:
            self._index.sig = sign(path)
            return []
        self._scratch.mkdir(exist_ok=True)
        before = self._scratch / "index.before"
        before.write_bytes(self._index.data)
        try:
            old = self._listing(before)
            same = stat.S_ISREG(now[0]) and self._listing(Path(path)) == old if now else False
        except WorkspaceError:  # an index that git cannot read is not the one we left
            same = False
        before.unlink()
        remove(str(self._git_dir), "index")
        assert self._index.sig is not None
        write_atomic(path, self._index.data, mode=self._index.sig[0], scratch=self._scratch)
        # Git takes a file as old as the index for one that may have changed since; so the
        # index must not look younger than it is.
        os.utime(path, ns=(self._index.sig[2], self._index.sig[2]))
        self._index.sig = sign(path)
        return [] if same else ["index"]

    def _listing(self, index: Path) -> bytes:
        env = {"GIT_INDEX_FILE": str(index)}
        return self._git.run("ls-files", "--stage", "-v", "-z", env=env)


def _held(folder: Path) -> int | None:
    """A handle on a directory, by which it is found again when it was moved; where Linux is."""
    if not os.path.isdir("/proc/self/fd"):
        return None
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _place(held: int | None) -> str:
    """Where the directory is now; nothing where that cannot be told or it is gone."""
    if held is None:
        return ""
    place = os.readlink(f"/proc/self/fd/{held}")
    return place if is_directory(signature(place)) else ""


def _read(path: str) -> bytes:
    sig = signature(path)
    try:
        if sig and stat.S_ISLNK(sig[0]):
            return os.fsencode(os.readlink(path))
        if not sig or not stat.S_ISREG(sig[0]):
            return b""
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _make_parents(folder: str) -> None:
    """Make a directory below the git directory; what is no directory there goes."""
    sig = signature(folder)
    if is_directory(sig):
        return
    if sig is not None:
        os.unlink(folder)
    else:
        _make_parents(os.path.dirname(folder))
    os.mkdir(folder)
