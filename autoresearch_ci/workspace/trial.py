"""One experiment's hold on the working tree: show a side, clean up after a run, keep or not."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.files import signature
from autoresearch_ci.core.model import FileSet, Side, blob_id, digest
from autoresearch_ci.workspace.editable_file import EditableFile
from autoresearch_ci.workspace.files import disk_errors, make_way, remove, write_atomic
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.objects import Objects
from autoresearch_ci.workspace.patch import unified
from autoresearch_ci.workspace.snapshot.git_files import GitFiles
from autoresearch_ci.workspace.snapshot.tree import Tree
from autoresearch_ci.workspace.state import note_shown
from autoresearch_ci.workspace.times import Times

_AT_ONCE = 1.0
"""Seconds after a look at all read-only files in which another one can be left out."""


@dataclass
class CheckoutState:
    """The state that a campaign's trials share: the tools, and the editable files at the tip.

    `files` has them by path. `rewritten` are the
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
    files: dict[str, EditableFile]
    author: str
    head: str
    head_tree: str
    rewritten: set[str]
    times: Times

    @property
    def contents(self) -> dict[str, bytes]:
        """The content of each file at the tip."""
        return {path: file.content for path, file in self.files.items()}

    def require_files(self, commit: str) -> None:
        """Raise WorkspaceError unless each is a text file in that commit as well."""
        for file in self.files.values():
            file.require_in(commit)

    def read_files(self) -> None:
        """Take the files as they stand in the tree for the tip's: the branch has moved."""
        for file in self.files.values():
            file.read()
        self.times.stamp()


class Trial:
    """A candidate beside the incumbent. Made by `Campaign.trial`.

    `parent` is the commit that the candidate is compared with; `candidate` is the
    digest of the candidate's blobs. These are not stored before `commit`,
    so a discarded candidate leaves nothing in the repository.
    """

    def __init__(self, state: CheckoutState, files: FileSet) -> None:
        self._state = state
        self._contents = {Side.INCUMBENT: state.contents}
        self._shown = state.contents
        self._cleaned = False
        self._looked = -_AT_ONCE
        self._commit = ""
        self._tree = ""
        self.parent = state.head
        self._take(files)
        self.kept = False

    def _take(self, files: FileSet) -> None:
        """Let the candidate be these files."""
        contents = {path: text.encode() for path, text in files.items()}
        self._contents[Side.CANDIDATE] = contents
        self._blobs = {
            path: file.blob_of(contents[path]) for path, file in self._state.files.items()
        }
        self.candidate = digest(self._blobs)

    @property
    def _changed(self) -> list[EditableFile]:
        """The files that the candidate changes."""
        contents = self._contents[Side.CANDIDATE]
        return [file for file in self._state.files.values() if file.content != contents[file.path]]

    @cached_property
    def patch(self) -> str:
        """The candidate as a unified diff against the parent; `git apply` takes it."""
        before, after = (self._contents[side] for side in Side)
        return "".join(
            unified(
                path,
                before[path].decode(),
                after[path].decode(),
                ids=(file.blob, self._blobs[path]),
                mode=file.git_mode.decode(),
            )
            for path, file in self._state.files.items()
        )

    @property
    def quarantine(self) -> str:
        """The place of the last file that somebody had changed and `clean` put back; or nothing."""
        return self._state.tree.changed.place

    def open(self) -> None:
        """Check that the tree is at the parent, and note down what a kill must not lose."""
        state = self._state
        for path, content in state.contents.items():
            if self._content(path) != content:
                raise WorkspaceError(
                    f"{path} was changed while the session was at work.",
                    remedy="Commit your change elsewhere or undo it, then run again.",
                )
        state.tree.begin(anew=True)
        state.tree.sync()
        self._looked = time.monotonic()
        self._note()
        state.git_files.snapshot()

    def revise(self, files: FileSet) -> None:
        """Let the candidate be these files from now on: the same idea, mended."""
        self._take(files)
        self.__dict__.pop("patch", None)
        self._note()

    def _note(self) -> None:
        """Write down by their ids what a kill may leave in the tree."""
        sides = (*self._contents.values(), self._shown)
        contents = dict.fromkeys(content for side in sides for content in side.values())
        note_shown(self._state.shown_path, map(blob_id, contents))

    def show(self, side: Side) -> None:
        """Put one side's content into the files, each in one step."""
        for path, content in self._contents[side].items():
            if self._put_aside(path) or content != self._shown[path]:
                self._write(path, content)
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
        """Undo everything that a run did besides the files; returns what broke the rules.

        To be called after every run of anything in the tree, before the next `show`.

        That is the files it changed that were there before, unless git ignores
        them, `HEAD`, `index`, `branch ...` and the like, the editable files too if the run
        edited them; sorted, and empty when it kept to the rules. New files that git
        does not ignore are removed, which is no violation.
        """
        return self._clean()

    def _clean(self, *, at_once: bool = False) -> tuple[str, ...]:
        self._state.tree.open_root()
        violations = self._state.git_files.undo()
        violations += self._state.tree.undo(at_once=at_once)
        self._state.git_files.snapshot_index()
        for path, content in self._shown.items():
            if self._put_aside(path):
                self._write(path, content)
                violations.append(path)
        self._cleaned = True
        if not at_once:
            self._looked = time.monotonic()
        return tuple(sorted(set(violations)))

    def pardon(self, violations: tuple[str, ...]) -> tuple[str, ...]:
        """The violations of a run without those that the unchanged project commits as well."""
        rewritten = self._state.rewritten
        if self._shown == self._state.contents:
            rewritten |= set(filter(self._state.tree.is_rewritable, violations))
        return tuple(path for path in violations if path not in rewritten)

    def commit(self, message: str) -> str:
        """A commit with the candidate on the parent, on no branch yet; returns its id.

        Call it for a candidate that is to be kept: a commit that nothing refers to
        stays in the repository for weeks.
        """
        state = self._state
        contents = self._contents[Side.CANDIDATE]
        blobs = {f.path: (f.git_mode, f.store(contents[f.path])) for f in self._changed}
        self._tree = state.objects.put(state.head_tree, blobs)
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
        changed = self._changed
        state.git.run("update-index", "--", *(file.path for file in changed))
        state.head, state.head_tree = commit, self._tree
        for file in changed:
            file.content = self._contents[Side.CANDIDATE][file.path]
            file.blob = self._blobs[file.path]
        self.kept = True
        state.git_files.snapshot()

    def close(self) -> None:
        """Leave the tree exactly at the branch's tip."""
        try:
            if not self._cleaned:
                self.clean()
        finally:
            contents = self._state.contents
            if not self._cleaned or self._shown != contents:
                for path, content in contents.items():
                    self._put_aside(path)
                    self._write(path, content)
                self._shown = contents

    def _put_aside(self, path: str) -> bool:
        """Put a file aside that is not as it was shown; returns whether it was not."""
        if self._content(path) == self._shown[path]:
            return False
        with disk_errors(f"put {path} aside"):
            self._state.tree.changed.take(path)
        return True

    def _content(self, path: str) -> bytes | None:
        """The content of a file; None when it cannot be what was shown.

        By its kind, its permissions or its size: one that is huge is not read.
        """
        full = f"{self._state.root}/{path}"
        sig = signature(full)
        if sig is None or not stat.S_ISREG(sig[0]):
            return None
        if (stat.S_IMODE(sig[0]), sig[1]) != (self._state.files[path].mode, len(self._shown[path])):
            return None
        with open(full, "rb") as file:
            return file.read()

    def _write(self, path: str, content: bytes) -> None:
        state = self._state
        full = f"{state.root}/{path}"
        with disk_errors(f"write {path}"):
            make_way(state.root, path)
            sig = signature(full)
            if sig is not None and not stat.S_ISREG(sig[0]):
                remove(state.root, path)
            os.makedirs(state.shown_path.parent, exist_ok=True)
            write_atomic(
                full, content, mode=state.files[path].mode, scratch=state.shown_path.parent
            )
            state.times.stamp()
