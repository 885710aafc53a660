"""One experiment's hold on the working tree: show a side, clean up after a run, keep or not."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import signature
from autoresearch_ci.core.model import Side
from autoresearch_ci.workspace.checks import check_text
from autoresearch_ci.workspace.files import disk_errors, make_way, remove, write_atomic
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.objects import Objects, blob_id
from autoresearch_ci.workspace.patch import unified
from autoresearch_ci.workspace.snapshot.git_files import GitFiles
from autoresearch_ci.workspace.snapshot.tree import Tree
from autoresearch_ci.workspace.state import note_shown
from autoresearch_ci.workspace.times import Times

_AT_ONCE = 1.0
"""Seconds after a look at all read-only files in which another one can be left out."""


class Converted(Enum):
    """When the blob of a file is not simply its content in the working tree."""

    NEVER = 0
    LINE_ENDS = 1
    ALWAYS = 2


@dataclass
class CheckoutState:
    """What a campaign's trials share: the tools, and the target as it stands at the tip.

    `content` is the target's raw content in the working tree, `blob` git's id of
    it, `mode` its permissions there and `git_mode` in the tree of the commit.
    `converted` says when git stores something else than that content. `rewritten` are the
    tracked files that runs of the unchanged project write to, and what these runs add beside
    read-only files: that is undone like all else, but it is nobody's violation.
    """

    git: Git
    objects: Objects
    tree: Tree
    git_files: GitFiles
    shown_path: Path
    root: str
    ref: str
    target: str
    author: str
    converted: Converted
    head: str
    head_tree: str
    rewritten: set[str]
    content: bytes
    blob: str
    mode: int
    git_mode: bytes
    times: Times

    def require_target(self, commit: str) -> None:
        """Raise WorkspaceError unless the target is a text file in that commit as well."""
        listed = os.fsdecode(self.git.run("ls-tree", "-z", commit, "--", self.target))
        content = self.objects.read(f"{commit}:{self.target}")
        if not listed.startswith("100") or content is None:
            raise WorkspaceError(
                f"The target {self.target} is not a file in {commit[:12]}.",
                remedy="Look at what was pushed to the campaign's branch; to leave it, begin a new "
                "campaign: `autoresearch-ci run --new`.",
            )
        check_text(self.target, content)

    def read_target(self) -> None:
        """Take the target as it stands in the tree for the tip's: the branch has moved."""
        full = f"{self.root}/{self.target}"
        listed = os.fsdecode(self.git.run("ls-files", "--stage", "-z", "--", self.target))
        mode, self.blob, _ = listed.partition("\t")[0].split(" ")
        self.content = Path(full).read_bytes()
        self.mode, self.git_mode = stat.S_IMODE(os.lstat(full).st_mode), mode.encode()
        self.times.stamp()

    def _asks_git(self, content: bytes) -> bool:
        return self.converted is Converted.ALWAYS or (
            self.converted is Converted.LINE_ENDS and b"\r" in content
        )

    def blob_of(self, content: bytes) -> str:
        """The id git gives this content of the target, after the attributes' filters."""
        if not self._asks_git(content):
            return blob_id(content)
        args = ("hash-object", "--stdin", "--path", self.target)
        return self.git.run(*args, stdin=content).decode().strip()

    def store(self, content: bytes) -> str:
        """The same, and the blob is stored."""
        if not self._asks_git(content):
            return self.objects.write(b"blob", content)
        args = ("hash-object", "-w", "--stdin", "--path", self.target)
        return self.git.run(*args, stdin=content).decode().strip()


class Trial:
    """A candidate beside the incumbent. Made by `Campaign.trial`.

    `parent` is the commit that the candidate is compared with; `candidate` is the
    git blob id of the candidate's content. The blob is not stored before `commit`,
    so a discarded candidate leaves nothing in the repository.
    """

    def __init__(self, state: CheckoutState, text: str) -> None:
        self._state = state
        self._contents = {Side.INCUMBENT: state.content, Side.CANDIDATE: text.encode()}
        self._shown = state.content
        self._cleaned = False
        self._looked = -_AT_ONCE
        self._commit = ""
        self._tree = ""
        self.parent = state.head
        self.candidate = state.blob_of(self._contents[Side.CANDIDATE])
        self.kept = False

    @cached_property
    def patch(self) -> str:
        """The candidate as a unified diff against the parent; `git apply` takes it."""
        return unified(
            self._state.target,
            self._contents[Side.INCUMBENT].decode(),
            self._contents[Side.CANDIDATE].decode(),
            ids=(self._state.blob, self.candidate),
            mode=self._state.git_mode.decode(),
        )

    @property
    def quarantine(self) -> str:
        """Where the last file lies that somebody had changed and `clean` put back; or nothing."""
        return self._state.tree.changed.place

    def open(self) -> None:
        """Check that the tree is at the parent, and note down what a kill must not lose."""
        state = self._state
        if self._target() != state.content:
            raise WorkspaceError(
                f"{state.target} was changed while the session was at work.",
                remedy="Commit your change elsewhere or undo it, then run again.",
            )
        state.tree.begin(anew=True)
        state.tree.sync()
        self._looked = time.monotonic()
        note_shown(state.shown_path, (blob_id(content) for content in self._contents.values()))
        state.git_files.snapshot()

    def revise(self, text: str) -> None:
        """Let the candidate be this text from now on: the same idea, mended."""
        self._contents[Side.CANDIDATE] = text.encode()
        self.candidate = self._state.blob_of(self._contents[Side.CANDIDATE])
        self.__dict__.pop("patch", None)
        note_shown(
            self._state.shown_path, [*map(blob_id, self._contents.values()), blob_id(self._shown)]
        )

    def show(self, side: Side) -> None:
        """Put one side's content in the target, in one step."""
        if self._take_target() or self._contents[side] != self._shown:
            self._write(self._contents[side])
        self._shown = self._contents[side]
        self._cleaned = False

    def hand_over(self) -> tuple[str, ...]:
        """A command is about to run in the tree: `clean` must follow, or `close` will see to it.

        What changed since the last one is undone first and returned, as by `clean`: it
        must not be measured, whoever did it.
        """
        at_once = time.monotonic() - self._looked < _AT_ONCE
        changed = self._clean(at_once=at_once)
        self._cleaned = False
        return changed

    def clean(self) -> tuple[str, ...]:
        """Undo everything that a run did besides the target; returns what broke the rules.

        To be called after every run of anything in the tree, before the next `show`.

        That is the files it changed that were there before, unless git ignores
        them, `HEAD`, `index`, `branch ...` and the like, the target too if the run
        edited it; sorted, and empty when it kept to the rules. New files that git
        does not ignore are removed, which is no violation.
        """
        return self._clean()

    def _clean(self, *, at_once: bool = False) -> tuple[str, ...]:
        self._state.tree.open_root()
        violations = self._state.git_files.undo()
        violations += self._state.tree.undo(at_once=at_once)
        self._state.git_files.snapshot_index()
        if self._take_target():
            self._write(self._shown)
            violations.append(self._state.target)
        self._cleaned = True
        if not at_once:
            self._looked = time.monotonic()
        return tuple(sorted(set(violations)))

    def pardon(self, violations: tuple[str, ...]) -> tuple[str, ...]:
        """The violations of a run without those that the unchanged project commits as well."""
        rewritten = self._state.rewritten
        if self._shown == self._state.content:
            rewritten |= set(filter(self._state.tree.is_rewritable, violations))
        return tuple(path for path in violations if path not in rewritten)

    def commit(self, message: str) -> str:
        """A commit with the candidate on the parent, on no branch yet; returns its id.

        Call it for a candidate that is to be kept: a commit that nothing refers to
        stays in the repository for weeks.
        """
        state = self._state
        blob = state.store(self._contents[Side.CANDIDATE])
        self._tree = state.objects.put(state.head_tree, {state.target: (state.git_mode, blob)})
        when = f"{int(time.time())} {time.strftime('%z')}"
        self._commit = state.objects.commit(
            tree=self._tree, parents=(self.parent,), author=state.author, when=when, message=message
        )
        return self._commit

    def keep(self, commit: str) -> None:
        """Move the branch from the parent to `commit`; tree and index follow."""
        state = self._state
        if commit != self._commit:
            raise ValueError(f"{commit} is not what commit() returned")
        self.show(Side.CANDIDATE)
        state.git.run("update-ref", "-m", "autoresearch-ci: keep", state.ref, commit, self.parent)
        state.git.run("update-index", "--", state.target)
        state.head, state.head_tree = commit, self._tree
        state.content, state.blob = self._contents[Side.CANDIDATE], self.candidate
        self.kept = True
        state.git_files.snapshot()

    def close(self) -> None:
        """Leave the tree exactly at the branch's tip."""
        try:
            if not self._cleaned:
                self.clean()
        finally:
            if not self._cleaned or self._shown != self._state.content:
                self._take_target()
                self._write(self._state.content)
                self._shown = self._state.content

    def _take_target(self) -> bool:
        """Whether the target is not as it was shown; then it is put aside."""
        if self._target() == self._shown:
            return False
        with disk_errors(f"put {self._state.target} aside"):
            self._state.tree.changed.take(self._state.target)
        return True

    def _target(self) -> bytes | None:
        """The target's content; None when it cannot be what was shown.

        By its kind, its permissions or its size: one that is huge is not read.
        """
        full = f"{self._state.root}/{self._state.target}"
        sig = signature(full)
        if sig is None or not stat.S_ISREG(sig[0]):
            return None
        if (stat.S_IMODE(sig[0]), sig[1]) != (self._state.mode, len(self._shown)):
            return None
        with open(full, "rb") as file:
            return file.read()

    def _write(self, content: bytes) -> None:
        state = self._state
        full = f"{state.root}/{state.target}"
        with disk_errors(f"write {state.target}"):
            make_way(state.root, state.target)
            sig = signature(full)
            if sig is not None and not stat.S_ISREG(sig[0]):
                remove(state.root, state.target)
            os.makedirs(state.shown_path.parent, exist_ok=True)
            write_atomic(full, content, mode=state.mode, scratch=state.shown_path.parent)
            state.times.stamp()
