"""The editable files as they were at each commit of a campaign's branch, and without one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import FileSet
from autoresearch_ci.source_code.syntax import replayed, tokens
from autoresearch_ci.workspace.git import Git


class TargetHistory:
    """The versions of the files `paths` of a commit, as a checkout has them; each is read once.

    `scratch` is a folder for what git has to read.
    """

    def __init__(self, git: Git, paths: Callable[[str], Sequence[str]], scratch: Path) -> None:
        self._git, self._paths, self._scratch = git, paths, scratch
        self._read: dict[str, FileSet] = {}

    def at(self, commit: str) -> FileSet:
        """The files at a commit, line ends as they are.

        Raises WorkspaceError where the commit is not in this clone.
        """
        if commit not in self._read:
            if self._git.ask("cat-file", "-e", f"{commit}^{{commit}}", ok=(0, 1, 128))[0]:
                raise WorkspaceError(
                    f"The commit {commit[:12]} of the campaign is not in this clone.",
                    remedy="Bring the whole history, then run again: git fetch --unshallow",
                )
            names = {path: f"{commit}:{path}" for path in self._paths(commit)}
            self._read[commit] = FileSet(
                {p: self._git.run("cat-file", "--filters", n).decode() for p, n in names.items()}
            )
        return self._read[commit]

    def without(
        self, commits: Sequence[str], parent: str, head: str
    ) -> tuple[FileSet, tuple[str, ...]]:
        """The files at `head` as they would be without `commits`, the oldest first, on `parent`.

        And the later commits that overlap them, which are left out as well. What git can
        merge is merged by git. It takes changes of neighbouring lines for a conflict; then
        every later change is made again without these.
        """
        first, files = commits[0], self.at(parent)
        if len(commits) == 1:
            merged = self._merged(self.at(head), self.at(first), files)
            if merged is not None:
                return merged, ()
        words = ("rev-list", "--first-parent", "--reverse", f"{first}..{head}")
        before, overlapping = self.at(first), []
        for commit in self._git.run(*words).decode().split():
            after = self.at(commit)
            if commit not in commits:
                made = _replayed(before, after, files)
                if made is None:
                    overlapping.append(commit)
                else:
                    files = made
            before = after
        return files, tuple(overlapping)

    def _merged(self, head: FileSet, changed: FileSet, before: FileSet) -> FileSet | None:
        """By git: None where the way from `changed` to `head` and the one to `before` meet."""
        found: dict[str, str] = {}
        for path, text in head.items():
            if path in changed and path in before:
                merged = self._merged_text(text, changed[path], before[path])
                if merged is None:
                    return None
                found[path] = merged
        return FileSet(found)

    def _merged_text(self, head: str, changed: str, before: str) -> str | None:
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            paths = [f"{folder}/{name}" for name in ("head", "with", "without")]
            for path, text in zip(paths, (head, changed, before), strict=True):
                Path(path).write_bytes(text.encode())
            conflicts, merged = self._git.ask("merge-file", "-p", "-q", *paths, ok=range(128))
        return None if conflicts else merged.decode()


def _replayed(before: FileSet, after: FileSet, onto: FileSet) -> FileSet | None:
    """The change from `before` to `after` made to `onto`; None where a part of it overlaps."""
    found: dict[str, str] = {}
    for path, text in after.items():
        if path not in before:
            found[path] = text
        elif path in onto:
            made = replayed([before[path], text], onto[path], partial(tokens, path))
            if made is None:
                return None
            found[path] = made
    return FileSet(found)
