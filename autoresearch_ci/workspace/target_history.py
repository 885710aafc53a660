"""The target as it was at each commit of a campaign's branch, and without one of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.source_code.syntax import replayed, tokens
from autoresearch_ci.workspace.git import Git


class TargetHistory:
    """The versions of the file `target`, as they lie in the working tree; each is read once.

    `scratch` is a folder for what git has to read.
    """

    def __init__(self, git: Git, target: str, scratch: Path) -> None:
        self._git, self._target, self._scratch = git, target, scratch
        self._read: dict[str, str] = {}

    def at(self, commit: str) -> str:
        """The target's text at a commit, line ends as they are.

        Raises WorkspaceError where the commit is not in this clone.
        """
        if commit not in self._read:
            if self._git.ask("cat-file", "-e", f"{commit}^{{commit}}", ok=(0, 1, 128))[0]:
                raise WorkspaceError(
                    f"The commit {commit[:12]} of the campaign is not in this clone.",
                    remedy="Bring the whole history, then run again: git fetch --unshallow",
                )
            name = f"{commit}:{self._target}"
            self._read[commit] = self._git.run("cat-file", "--filters", name).decode()
        return self._read[commit]

    def without(
        self, commits: Sequence[str], parent: str, head: str
    ) -> tuple[str, tuple[str, ...]]:
        """The target at `head` as it would be without `commits`, the oldest first, on `parent`.

        And the later commits that overlap them, which are left out as well. What git can
        merge is merged by git. It takes changes of neighbouring lines for a conflict; then
        every later change is made again without these.
        """
        first, text = commits[0], self.at(parent)
        if len(commits) == 1:
            merged = self._merged(self.at(head), self.at(first), text)
            if merged is not None:
                return merged, ()
        words = ("rev-list", "--first-parent", "--reverse", f"{first}..{head}")
        before, overlapping = self.at(first), []
        for commit in self._git.run(*words).decode().split():
            after = self.at(commit)
            if commit not in commits:
                made = replayed([before, after], text, partial(tokens, self._target))
                if made is None:
                    overlapping.append(commit)
                else:
                    text = made
            before = after
        return text, tuple(overlapping)

    def _merged(self, head: str, changed: str, before: str) -> str | None:
        """By git: None where the way from `changed` to `head` and the one to `before` meet."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            paths = [f"{folder}/{name}" for name in ("head", "with", "without")]
            for path, text in zip(paths, (head, changed, before), strict=True):
                Path(path).write_bytes(text.encode())
            conflicts, merged = self._git.ask("merge-file", "-p", "-q", *paths, ok=range(128))
        return None if conflicts else merged.decode()
