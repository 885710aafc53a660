"""One experiment's candidate beside the incumbent: contents, a patch, a commit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.globs import matches
from autoresearch_ci.core.model import FileSet, Side, digest
from autoresearch_ci.workspace.editable import Editable
from autoresearch_ci.workspace.editable_file import EditableFile
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.objects import Objects
from autoresearch_ci.workspace.patch import unified


@dataclass
class Tip:
    """The tip of a campaign's branch: what its trials share.

    `files` are those of the `editable` ones that are there.
    """

    git: Git
    objects: Objects
    ref: str
    editable: Editable
    files: dict[str, EditableFile]
    author: str
    head: str
    head_tree: str
    _known: tuple[str, frozenset[str]] = ("", frozenset())

    @property
    def tracked(self) -> frozenset[str]:
        """All tracked files and submodules, and the folders that these are in."""
        if self._known[0] != self.head:
            words = ("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.head)
            paths = os.fsdecode(self.git.run(*words)).split("\0")[:-1]
            folders = {at for path in paths for at in _folders(path)}
            self._known = (self.head, frozenset(paths) | folders)
        return self._known[1]

    @property
    def contents(self) -> dict[str, bytes]:
        """The content of each file."""
        return {path: file.content for path, file in self.files.items()}

    def require_files(self, commit: str) -> None:
        """Raise WorkspaceError unless the target is a text file in that commit as well."""
        self.files[self.editable.target].require_in(commit)

    def stand_on(self, commit: str, tree: str) -> None:
        """Take the files as they are there: the branch has moved."""
        differs, self.head, self.head_tree = tree != self.head_tree, commit, tree
        if differs:
            self.read_files()

    def read_files(self) -> None:
        """Take the files as they are at the tip."""
        branch = self.ref.removeprefix("refs/heads/")
        known, self.files = self.files, {}
        for path in self.editable.paths(self.head):
            if path in known:
                self.files[path] = known[path]
                known[path].read(self.head)
                continue
            try:
                file = EditableFile.at_tip(self.git, self.objects, path, self.head, branch)
            except WorkspaceError:  # git would store something else
                if path == self.editable.target:
                    raise
            else:
                self.files[path] = file


class Trial:
    """A candidate beside the incumbent. Made by `Campaign.trial`.

    One of the two sides is shown: `contents` has its files.

    `parent` is the commit that the candidate is compared with; `candidate` is the
    digest of the candidate's blobs. These are not stored before `commit`,
    so a discarded candidate leaves nothing in the repository.
    """

    def __init__(self, state: Tip, files: FileSet) -> None:
        self._state = state
        self._contents = {Side.INCUMBENT: state.contents}
        self._side = Side.INCUMBENT
        self._commit = ""
        self._tree = ""
        self.parent = state.head
        self._take(files)
        self.kept = False

    def _take(self, files: FileSet) -> None:
        """Let the candidate be these files."""
        changed = {path: text.encode() for path, text in files.items()}
        contents = {**self._state.contents, **changed}  # nothing is ever deleted
        self._contents[Side.CANDIDATE] = contents
        there, git, objects = self._state.files, self._state.git, self._state.objects
        self._new = {
            path: EditableFile.new(git, objects, path) for path in contents if path not in there
        }
        self._blobs = {
            path: file.blob_of(contents[path]) for path, file in {**there, **self._new}.items()
        }
        self.candidate = digest(self._blobs)

    @property
    def _changed(self) -> list[EditableFile]:
        """The files that the candidate changes or adds."""
        contents, there = self._contents[Side.CANDIDATE], self._state.files.values()
        return [*(f for f in there if f.content != contents[f.path]), *self._new.values()]

    @property
    def touched(self) -> tuple[str, ...]:
        """The paths of the files that the candidate changes or adds."""
        return tuple(file.path for file in self._changed)

    @property
    def refusal(self) -> str:
        """Say why a file that the candidate adds may not be added; empty where each may."""
        contents, state = self._contents[Side.CANDIDATE], self._state
        found = (state.editable.refuses(self.parent, path, contents[path]) for path in self._new)
        return next(filter(None, found), "")

    @cached_property
    def patch(self) -> str:
        """The candidate as a unified diff against the parent; `git apply` takes it."""
        before, after = (self._contents[side] for side in Side)
        return "".join(
            unified(
                file.path,
                before.get(file.path, b"").decode(),
                after[file.path].decode(),
                ids=(file.blob, self._blobs[file.path]),
                mode=file.git_mode.decode(),
                new=file.path in self._new,
            )
            for file in self._changed
        )

    def revise(self, files: FileSet) -> None:
        """Let the candidate be these files from now on: the same idea, mended."""
        self._take(files)
        self.__dict__.pop("patch", None)

    def show(self, side: Side) -> None:
        """Let commands be run on one side."""
        self._side = side

    @property
    def contents(self) -> Mapping[str, bytes]:
        """The editable files of the side that is shown."""
        return self._contents[self._side]

    @property
    def laid(self) -> Mapping[str, bytes]:
        """The same, but for those that are the same on both sides and as at the tip."""
        target = self._state.editable.target
        return {
            path: self.contents[path] for path in (target, *self.touched) if path in self.contents
        }

    @property
    def is_unchanged(self) -> bool:
        """Tell whether the project is shown as it is."""
        return self.contents == self._contents[Side.INCUMBENT]

    def broken_rules(self, changed: Iterable[str], readonly: Sequence[str]) -> list[str]:
        """Pick those of these paths that nobody but the user may change.

        That is what git tracks, a folder with such files when it is gone, and what `readonly`
        names, new files too.
        """
        tracked = self._state.tracked
        return [path for path in changed if path in tracked or matches(path, readonly)]

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
        """Move the branch from the parent to `commit`."""
        state = self._state
        if commit != self._commit:
            raise ValueError(f"{commit} is not what commit() returned")
        state.git.run("update-ref", "-m", "autoresearch-ci: keep", state.ref, commit, self.parent)
        state.head, state.head_tree = commit, self._tree
        changed = self._changed
        state.files |= self._new
        for file in changed:
            file.content = self._contents[Side.CANDIDATE][file.path]
            file.blob = self._blobs[file.path]
        self.kept = True


def _folders(path: str) -> set[str]:
    """The folders that a path is in."""
    parts = path.split("/")[:-1]
    return {"/".join(parts[: count + 1]) for count in range(len(parts))}
