"""The repository's refs: how they stood, and putting them back.

Every loose ref, its directory and packed-refs are watched by `lstat`; nothing is read
while no signature changed. What a run did to them is then told apart like this, since a
person may be at work in the same repository, in another worktree or with a fetch:

- the campaign's two branches are ours: any change is a violation and is undone;
- a new worktree is a violation, but stays;
- another local branch or tag that moved or went is a violation and is put back, and where
  it had been moved to stays reachable under `refs/autoresearch/rescued/`. A branch that
  another worktree has checked out, or that belongs to another campaign, may move;
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

from autoresearch_ci.signatures import Signature, sign, signature
from autoresearch_ci.workspace.process import Git

RESCUED = "refs/autoresearch/rescued"
ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}")
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

    def snapshot(self) -> None:
        """Remember how the refs stand; nothing is read again when nothing changed."""
        self._worktrees = self._checked_out_elsewhere()
        if self._signatures and not self._touched():
            return
        self._signatures = {self._packed: sign(self._packed)}
        self._values = self._read(self._signatures)

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
            os.makedirs(f"{self._common}/{folder}", exist_ok=True)
        now = self._read({})
        back = []
        elsewhere = set(before.values())
        for name in sorted(self._values.keys() | now.keys()):
            old, new = self._values.get(name), now.get(name)
            if old == new or self._may(name, old, new, elsewhere):
                continue
            if old is not None or name.startswith("refs/replace/"):
                back.append((name, old, new))
            if not name.startswith("refs/remotes/"):
                violations.append(_shown(name))
        self._put_back(back)
        self._signatures = {}
        self.snapshot()
        return violations

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
        others = name.startswith(("refs/heads/autoresearch/", "refs/heads/autoresearch-logs/"))
        theirs = name in elsewhere and old is not None
        return (others or theirs) and new is not None

    def _put_back(self, back: list[tuple[str, str | None, str | None]]) -> None:
        lines = []
        aside = f"{RESCUED}/{stamp()}"
        for name, old, new in back:
            readable = new is not None and _SHA.fullmatch(new)
            if new is not None and not readable:
                Path(self._common, name).unlink(missing_ok=True)  # no value git could read
            elif new is not None and name not in self._own:
                lines.append(f"create {aside}/{name.removeprefix('refs/')} {new}\n")
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
                elif not name.endswith(".lock"):
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


def _shown(name: str) -> str:
    for prefix, word in (("refs/heads/", "branch"), ("refs/tags/", "tag")):
        if name.startswith(prefix):
            return f"{word} {name.removeprefix(prefix)}"
    return name
