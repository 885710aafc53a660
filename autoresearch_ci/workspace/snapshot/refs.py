"""The repository's refs: how they stood, and putting them back.

Every loose ref, its directory and packed-refs are watched by `lstat`; nothing is read
while no signature changed. What a run did to them is then told apart like this, since a
person may be at work in the same repository, in another worktree or with a fetch:

- the campaign's two branches are ours: any change is a violation and is undone;
- a new worktree is a violation, but stays;
- another local branch or tag that moved or went is a violation and is put back, and where
  it had been moved to stays reachable under `refs/autoresearch/rescued/`. A branch that
  another worktree has checked out may move, and so may, and may come, those of another
  campaign that a session is at work on; without one they are what a run made up;
- packed-refs that git could not read are put back by their bytes;
- a new branch, tag or stash is a violation, but stays: we never delete a branch. A new
  replacement of an object goes, since it would change what everybody's commits hold;
- remote-tracking refs may move; one that went is put back.
"""

from __future__ import annotations

import os
import re
import stat
import time
from pathlib import Path
from urllib.parse import quote

from autoresearch_ci.core.files import Signature, sign, signature
from autoresearch_ci.workspace.files import make_way, remove, write_atomic
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.locks import is_held

RESCUED = "refs/autoresearch/rescued"
_SHA = re.compile(r"[0-9a-f]{40}")
_PACKED = re.compile(rb"(?:#[^\n]*|\^[0-9a-f]{40}|[0-9a-f]{40} refs/[^\n]+)")
_CAMPAIGNS = ("refs/heads/autoresearch/", "refs/heads/autoresearch-logs/")
_REMOTES = "refs/remotes/"
_REASON = "autoresearch-ci: undo what an experiment did"


class Refs:
    """A snapshot of all refs of a repository with the `files` ref storage."""

    def __init__(self, git: Git, common_dir: Path, git_dir: Path, own: tuple[str, ...]) -> None:
        self._git = git
        self._common = str(common_dir)
        self._git_dir = git_dir
        self._own = own
        self._signatures: dict[str, Signature | None] = {}
        self._values: dict[str, str] = {}
        self._worktrees: dict[Path, str] = {}
        self._packed_data: bytes | None = None
        self._busy: set[str] = set()
        self._locks: set[Path] = set()

    def snapshot(self) -> None:
        """Remember how the refs stand; nothing is read again when nothing changed."""
        self._worktrees = self._checked_out_elsewhere()
        self._busy = self._at_work()
        if self._signatures and not self._touched():
            return
        self._signatures = {self._packed: sign(self._packed)}
        self._packed_data = _bytes(self._packed)
        self._locks = set(self.locks())
        self._values = self._read(self._signatures)

    def locks(self) -> list[Path]:
        """Git's lock files among the refs."""
        folders = os.walk(f"{self._common}/refs")
        return [Path(at, name) for at, _, names in folders for name in names if _is_lock(name)]

    def new_locks(self) -> list[Path]:
        """Those that were not there before the run: it left them, with any name that it liked."""
        return [path for path in self.locks() if path not in self._locks] if self._touched() else []

    def expect(self, name: str, sha: str) -> None:
        """Take a ref that we moved ourselves for granted."""
        self._values[name] = sha

    def undo(self) -> list[str]:
        """Put back what a run moved; returns the refs that it changed, and its new worktrees."""
        before, self._worktrees = self._worktrees, self._checked_out_elsewhere()
        violations = [f"worktree {p.name}" for p in self._worktrees.keys() - before.keys()]
        if not self._touched():
            return violations
        for folder in ("refs", "refs/heads", "refs/tags"):
            make_way(self._common, f"{folder}/")
        violations += self._mend_packed()
        self._busy |= self._at_work()
        now = self._read({})
        back, pushed = [], []
        elsewhere = set(before.values())
        for name in sorted(self._values.keys() | now.keys()):
            old, new = self._values.get(name), now.get(name)
            if old != new and name.startswith(_REMOTES) and new is not None:
                pushed.append(f"remote branch {name.removeprefix(_REMOTES)}")
            if old == new or self._may(name, old, new, elsewhere):
                continue
            if old is not None or name.startswith(("refs/replace/", *_CAMPAIGNS)):
                back.append((name, old, new))
            if not name.startswith("refs/remotes/"):
                violations.append(_shown(name))
        self._put_back(back)
        self._signatures = {}
        self.snapshot()
        return violations + (pushed if violations else [])  # else somebody fetched

    @property
    def _packed(self) -> str:
        return f"{self._common}/packed-refs"

    def _touched(self) -> bool:
        return any(signature(path) != sig for path, sig in self._signatures.items())

    def _may(self, name: str, old: str | None, new: str | None, elsewhere: set[str]) -> bool:
        if name in self._own:
            return False
        if name.startswith(("refs/remotes/", "refs/autoresearch/", "refs/prefetch/")):
            return new is not None
        theirs = (name in elsewhere and old is not None) or self._campaign(name) in self._busy
        return theirs and new is not None

    def _campaign(self, name: str) -> str:
        """The lock of the campaign that a ref belongs to."""
        tag = next((name.removeprefix(p) for p in _CAMPAIGNS if name.startswith(p)), "")
        return f"{quote(tag, safe='')}.lock"

    def _at_work(self) -> set[str]:
        """The locks that live sessions hold: when a run is over, none of its processes is left."""
        folder = Path(self._common, "autoresearch", "locks")
        return {path.name for path in folder.glob("*.lock") if is_held(path)}

    def _mend_packed(self) -> list[str]:
        """Put packed-refs back where git could not read it, or something else stands there."""
        data = _bytes(self._packed)
        lines = (data or b"\n").split(b"\n")
        broken = data is None or lines.pop() or not all(map(_PACKED.fullmatch, lines))
        if not broken or (data is None and signature(self._packed) is None):
            return []
        remove(self._common, "packed-refs")
        if self._packed_data is not None:
            scratch = Path(self._common)
            write_atomic(self._packed, self._packed_data, mode=0o644, scratch=scratch)
        return ["packed-refs"]

    def _put_back(self, back: list[tuple[str, str | None, str | None]]) -> None:
        lines = []
        quarantine = f"{RESCUED}/{stamp()}"
        for name, old, new in back:
            Path(self._common, f"{name}.lock").unlink(missing_ok=True)
            make_way(self._common, name)
            if signature(f"{self._common}/{name}") is not None and new is None:
                remove(self._common, name)  # a folder or a link where the ref was
            readable = new is not None and _SHA.fullmatch(new)
            if new is not None and not readable:
                Path(self._common, name).unlink(missing_ok=True)  # no value git could read
            elif new is not None and name not in self._own:
                lines.append(f"create {quarantine}/{name.removeprefix('refs/')} {new}\n")
            if old is None:
                lines += [f"option no-deref\ndelete {name}\n"] if readable else []
            elif old.startswith("ref: "):
                self._git.run("symbolic-ref", "-m", _REASON, name, old.removeprefix("ref: "))
            else:
                lines.append(f"option no-deref\nupdate {name} {old}\n")
        if lines:
            stdin = os.fsencode("".join(lines))
            self._git.run("update-ref", "-m", _REASON, "--create-reflog", "--stdin", stdin=stdin)

    def _read(self, signatures: dict[str, Signature | None]) -> dict[str, str]:
        """Every ref's id, or `ref: <other>`; signs what was looked at, before reading it."""
        values: dict[str, str] = {}
        try:
            with open(self._packed, encoding="utf-8", errors="surrogateescape") as file:
                for line in file:
                    if line[0] not in "#^":
                        sha, _, name = line.rstrip("\n").partition(" ")
                        values[name] = sha
        except OSError:
            pass
        stack = ["refs"]
        while stack:
            folder = stack.pop()
            full = f"{self._common}/{folder}"
            signatures[full] = sign(full)
            try:
                entries = list(os.scandir(full))
            except OSError:
                continue
            for entry in entries:
                name = f"{folder}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    stack.append(name)
                elif not _is_lock(name):
                    signatures[entry.path] = sign(entry.path)
                    values[name] = _content(entry.path)
        return values

    def _checked_out_elsewhere(self) -> dict[Path, str]:
        """The git directories of the other worktrees, and the ref that each stands on."""
        places = [Path(self._common), *Path(self._common).glob("worktrees/*")]
        heads = {path: _content(str(path / "HEAD")).removeprefix("ref: ") for path in places}
        return {path: name for path, name in heads.items() if path != self._git_dir}


def stamp() -> str:
    """The time as part of a name that is not used twice."""
    now = time.time_ns()
    second = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 10**9))
    return f"{second}.{now // 1000 % 10**6:06d}Z"


def _content(path: str) -> str:
    """What a ref file says; nothing where there is no plain file."""
    sig = signature(path)
    if sig is None or not stat.S_ISREG(sig[0]):
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(4096).strip()
    except OSError:
        return ""


def _bytes(path: str) -> bytes | None:
    """A plain file's content; None where there is none."""
    sig = signature(path)
    if sig is None or not stat.S_ISREG(sig[0]):
        return None
    with open(path, "rb") as file:
        return file.read()


def _is_lock(name: str) -> bool:
    return name.endswith(".lock")


def _shown(name: str) -> str:
    for prefix, word in (("refs/heads/", "branch"), ("refs/tags/", "tag")):
        if name.startswith(prefix):
            return f"{word} {name.removeprefix(prefix)}"
    return name
