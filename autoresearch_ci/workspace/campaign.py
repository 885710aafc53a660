"""A campaign's branch, checked out: trials on it, and its ledger's branch beside it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from autoresearch_ci.errors import WorkspaceError
from autoresearch_ci.interrupts import deferred
from autoresearch_ci.workspace.objects import FILE
from autoresearch_ci.workspace.refs import ZERO
from autoresearch_ci.workspace.scratch import scratch_copy
from autoresearch_ci.workspace.trial import Desk, Trial


class Campaign:
    """The branch `autoresearch/<tag>` in the working tree. Made by `Workspace.checkout`.

    `base` is the commit the campaign started from, `created` whether that was
    just now. `rescued` says, in a sentence, what was found in the tree after a
    killed session and where it is now; empty when nothing was. `unsettled` is set
    where a trial could not put everything back.
    """

    def __init__(
        self, tag: str, desk: Desk, *, base: str, created: bool, rescued: str, logs_tip: str
    ) -> None:
        self.tag = tag
        self.branch = desk.ref.removeprefix("refs/heads/")
        self.base = base
        self.created = created
        self.rescued = rescued
        self._desk = desk
        self._logs = f"refs/heads/autoresearch-logs/{tag}"
        self._logs_tip = logs_tip
        self._logs_tree = ""
        self._trial: Trial | None = None
        self.unsettled = False

    @property
    def head(self) -> str:
        """The commit at the branch's tip."""
        return self._desk.head

    def source(self) -> str:
        """The target's text at the tip, line ends as they are."""
        return self._desk.content.decode()

    def without(self, commit: str, parent: str) -> str | None:
        """The target as it would be had `commit`, on `parent`, not been kept.

        None where later changes touch the same lines; git merges the two.
        """
        desk = self._desk
        ours = [desk.content, *(self._blob(name) for name in (commit, parent))]
        with tempfile.TemporaryDirectory(dir=desk.shown_path.parent) as folder:
            for name, content in zip(("head", "with", "without"), ours, strict=True):
                Path(folder, name).write_bytes(content)
            paths = [f"{folder}/{name}" for name in ("head", "with", "without")]
            conflicts, merged = desk.git.ask("merge-file", "-p", "-q", *paths, ok=range(128))
        return None if conflicts else merged.decode()

    def at_base(self) -> str:
        """The target's text where the campaign began."""
        return self._blob(self.base).decode()

    def _blob(self, commit: str) -> bytes:
        """The target at a commit, as it lies in the working tree."""
        return self._desk.git.run("cat-file", "--filters", f"{commit}:{self._desk.target}")

    @contextmanager
    def preparation(self) -> Iterator[list[str]]:
        """Hold the tree for what the user wants done before the first run.

        New untracked files stay, as if the user had made them; when the block ends
        the list holds what else was changed, which is undone.
        """
        changed: list[str] = []
        self._desk.control.snapshot()
        try:
            yield changed
        finally:
            with deferred():
                changed += sorted({*self._desk.control.undo(), *self._desk.tree.adopt()})
                self._desk.control.snapshot()

    def scratch(self) -> AbstractContextManager[Path]:
        """A copy of the tracked files at the tip, in a repository of its own, for the block."""
        return scratch_copy(self._desk.git, self.head, Path(self._desk.root).name)

    @contextmanager
    def trial(self, text: str) -> Iterator[Trial]:
        """Hold the tree for one candidate.

        However the block ends, tree, index and HEAD are then exactly at the
        branch's tip: at the parent, or at the commit that was kept.
        """
        trial = Trial(self._desk, text)
        trial.open()
        self._trial = trial
        try:
            yield trial
        finally:
            self.close()

    def close(self) -> None:
        """End the trial that is open, if one is: an interrupt may have cut its own end short."""
        with deferred():
            trial, self._trial = self._trial, None
            if trial is not None:
                self.unsettled = True
                trial.close()
                self.unsettled = False

    def publish(self, files: Mapping[str, bytes], message: str) -> None:
        """Commit `files` (path to content) onto `autoresearch-logs/<tag>`.

        Other files there stay as they are. The working tree is not involved.
        """
        desk = self._desk
        blobs = {path: (FILE, desk.objects.write(b"blob", data)) for path, data in files.items()}
        for _ in range(3):
            tip = self._logs_tip
            if tip and not self._logs_tree:
                self._logs_tree = desk.git.line("rev-parse", "--verify", f"{tip}^{{tree}}")
            tree = desk.objects.put(self._logs_tree or None, blobs)
            commit = desk.objects.commit(
                tree=tree,
                parents=(tip,) if tip else (),
                author=desk.author,
                when=f"{int(time.time())} {time.strftime('%z')}",
                message=message,
            )
            args = ("update-ref", "-m", "autoresearch-ci: publish", self._logs, commit, tip or ZERO)
            try:
                desk.git.run(*args)
            except WorkspaceError:
                # Somebody merged what another machine pushed: go on from there.
                now = desk.git.line("rev-parse", "--verify", "--quiet", self._logs, ok=(0, 1))
                if now == tip:
                    raise
                self._logs_tip, self._logs_tree = now, ""
            else:
                self._logs_tip, self._logs_tree = commit, tree
                desk.control.refs.expect(self._logs, commit)
                return
        raise WorkspaceError(
            f"{self._logs} keeps moving while we write to it.",
            remedy="See what else writes to that branch, stop it, then run again.",
        )
