"""A campaign's branch: trials on it, and its ledger's branch beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import FileSet
from autoresearch_ci.workspace.branch import MERGE, TRAILER, contained, merged_tree, require_commit
from autoresearch_ci.workspace.editable import LARGEST
from autoresearch_ci.workspace.git import ZERO
from autoresearch_ci.workspace.objects import FILE, TREE
from autoresearch_ci.workspace.patch import applied, unified
from autoresearch_ci.workspace.ref_transaction import RefTransaction
from autoresearch_ci.workspace.refs import CODE
from autoresearch_ci.workspace.target_history import TargetHistory
from autoresearch_ci.workspace.trial import Tip, Trial


class Campaign:
    """The branch `autoresearch/<tag>`. Made by `Workspace.campaign`.

    `base` is the commit the campaign started from, `created` tells whether that was just now.
    `user` is the branch (empty: none) and the commit where the user is.
    """

    def __init__(
        self,
        tag: str,
        state: Tip,
        moves: RefTransaction,
        *,
        base: str,
        created: bool,
        scratch: Path,
        logs: str,
        logs_tip: str,
        user: tuple[str, str] = ("", ""),
    ) -> None:
        self.tag = tag
        self.branch = f"{CODE}/{tag}"
        self.base = base
        self.created = created
        self.user = user
        self._state = state
        self._moves = moves
        self._versions = TargetHistory(state.git, state.editable.paths, scratch)
        self._logs = logs
        self._logs_tip = logs_tip
        self._logs_tree = ""

    @property
    def head(self) -> str:
        """The commit at the branch's tip."""
        return self._state.head

    @property
    def refs(self) -> dict[str, str]:
        """The campaign's two branches, code first: full name to commit; the logs' may be empty."""
        return {self._state.ref: self._state.head, self._logs: self._logs_tip}

    @property
    def tracked(self) -> frozenset[str]:
        """All tracked paths at the tip, and the folders that these are in."""
        return self._state.tracked

    def source(self) -> FileSet:
        """The editable files at the tip, line ends as they are."""
        return FileSet({path: file.content.decode() for path, file in self._state.files.items()})

    def names_elsewhere(self, name: str) -> bool:
        """Tell whether a tracked file that is not editable holds this word, at the tip."""
        others = (f":(top,exclude,literal){path}" for path in self._state.files)
        words = (
            "--no-literal-pathspecs",
            "grep",
            "-lwaF",
            "-e",
            name,
            self.head,
            "--",
            ":/",
            *others,
        )
        return bool(self._state.git.run(*words, ok=(0, 1)))

    def without(self, commits: Sequence[str], parent: str) -> tuple[FileSet, tuple[str, ...]]:
        """The files as they would be had `commits`, the first on `parent`, not been kept.

        And the later commits that overlap them, and are left out as well. A file that was added
        stays: nothing is ever deleted.
        """
        files, overlapping = self._versions.without(commits, parent, self.head)
        return self.source() | files, overlapping

    def at(self, commit: str) -> FileSet:
        """The files at a commit; raises WorkspaceError where this clone does not have it."""
        return self._versions.at(commit)

    def at_base(self) -> FileSet:
        """The files as they were where the campaign began, and those that were added since."""
        return self.source() | self._versions.at(self.base)

    def paths(self) -> list[str]:
        """The files and links that git tracks at the tip."""
        entries = self._state.git.run("ls-tree", "-r", "-z", "--full-tree", self.head)
        found = (entry.partition("\t") for entry in os.fsdecode(entries).split("\0")[:-1])
        return [path for about, _, path in found if not about.startswith("160000")]

    def may_add(self, path: str, text: str) -> bool:
        """Tell whether a candidate may add this file."""
        return not self._state.editable.refuses(self.head, path, text.encode())

    def trial(self, files: FileSet) -> Trial:
        """Return a candidate beside the tip."""
        return Trial(self._state, files)

    def publish(self, files: Mapping[str, bytes], message: str) -> None:
        """Commit `files` (path to content) onto `autoresearch-logs/<tag>`.

        Other files there stay as they are. The working tree is not involved.
        """
        state = self._state
        for _ in range(3):
            tip = self._logs_tip
            if tip and not self._logs_tree:
                self._logs_tree = state.git.line("rev-parse", "--verify", f"{tip}^{{tree}}")
            tree, commit = self._logs_commit(tip, self._logs_tree, files, message)
            args = ("update-ref", "-m", "autoresearch-ci: publish", self._logs, commit, tip or ZERO)
            try:
                state.git.run(*args)
            except WorkspaceError:
                # Somebody merged what another machine pushed: go on from there.
                now = state.git.line("rev-parse", "--verify", "--quiet", self._logs, ok=(0, 1))
                if now == tip:
                    raise
                self._logs_tip, self._logs_tree = now, ""
            else:
                self._logs_tip, self._logs_tree = commit, tree
                return
        raise WorkspaceError(
            f"{self._logs} keeps moving while we write to it.",
            remedy="See what else writes to that branch, stop it, then run again.",
        )

    def graft(self, folders: Mapping[str, str]) -> None:
        """Put whole folders (path to git's tree) on the logs branch with the next `publish`."""
        state, tree = self._state, self._logs_tree
        if self._logs_tip and not tree:
            tree = state.git.line("rev-parse", "--verify", f"{self._logs_tip}^{{tree}}")
        entries = {path: (TREE, sha) for path, sha in folders.items()}
        self._logs_tree = state.objects.put(tree or None, entries) if entries else tree

    def read(self, path: str, *, at: str = "") -> bytes | None:
        """A file on the logs branch, or on the commit `at`; None where it is not there."""
        tip = at or self._logs_tip
        return self._state.objects.read(f"{tip}:{path}") if tip else None

    def has(self, commit: str) -> bool:
        """Tell whether the commit is in this repository."""
        return self._state.objects.kind(commit) == "commit"

    def contains(self, commit: str) -> bool:
        """Tell whether the logs branch has this commit in its history."""
        return contained(self._state.git, commit, self._logs_tip)

    def go_on_from(self, code: str, logs: str, files: Mapping[str, bytes], message: str) -> bool:
        """Move the code branch to `code`, and the logs branch to `logs` with `files` on top.

        For commits of another session that ours are merged with. Returns whether any tracked file
        differs. Raises WorkspaceError, with nothing moved, where the target is no file there.
        """
        state, old = self._state, self._state.head
        new_tree = state.git.line("rev-parse", "--verify", f"{code}^{{tree}}")
        logs_tree = state.git.line("rev-parse", "--verify", f"{logs}^{{tree}}")
        state.require_files(code)
        with deferred():
            logs_tree, logs = self._logs_commit(logs, logs_tree, files, message)
            differs = new_tree != state.head_tree
            self._moves.make({state.ref: (old, code), self._logs: (self._logs_tip, logs)})
            self._logs_tip, self._logs_tree = logs, logs_tree
            state.stand_on(code, new_tree)
        return differs

    def adopt(self, commit: str) -> bool:
        """Move a lane's code ref to what another lane has kept; whether any tracked file differs.

        Raises WorkspaceError, with nothing moved, where the target is no file there.
        """
        state, old = self._state, self._state.head
        tree = state.git.line("rev-parse", "--verify", f"{commit}^{{tree}}")
        state.require_files(commit)
        with deferred():
            differs = tree != state.head_tree
            state.git.run("update-ref", "-m", "autoresearch-ci: adopt", state.ref, commit, old)
            state.stand_on(commit, tree)
        return differs

    def includes(self, commit: str) -> bool:
        """Tell whether the branch has this commit in its history."""
        return contained(self._state.git, commit, self.head)

    def merge(self, commit: str, name: str) -> bool:
        """Merge the base branch `name`, which is at `commit` now; False if it is in already.

        The branch follows. Raises WorkspaceError where the two do not merge, with nothing moved.
        """
        state, old = self._state, self._state.head
        if self.includes(commit):
            return False
        tree = merged_tree(state.git, old, commit, self.branch, name)
        state.require_files(tree)
        with deferred():
            new = state.objects.commit(
                tree=tree,
                parents=(old, commit),
                author=state.author,
                when=f"{int(time.time())} {time.strftime('%z')}",
                message=f"Merge {name} into {self.branch}\n\n{TRAILER}: {MERGE}\n",
            )
            state.git.run("update-ref", "-m", "autoresearch-ci: merge", state.ref, new, old)
            state.stand_on(new, tree)
        self.base = commit
        return True

    def reapplied(self, patch: bytes, parent: str) -> FileSet | None:
        """The files with this patch on top: of the tip, else of `parent`; None if of neither."""
        state = self._state
        if found := applied(patch, state.contents):
            return found
        paths = state.editable.paths(parent) if self.has(parent) else []
        old = {path: state.objects.read(f"{parent}:{path}") or b"" for path in paths}
        if target := state.editable.target in old:
            found = applied(patch, old)
        if not target or found is None:
            return None
        changed = {p: text for p, text in found.items() if text.encode() != old.get(p)}
        return self.source() | changed

    def with_patch(self, patch: bytes, files: FileSet) -> FileSet | None:
        """The files with a patch on top that may stand beside other changes; None if it does not.

        What it changes in lines that are others now does not fit.
        """
        contents = {path: text.encode() for path, text in files.items()}
        found = applied(patch, contents) or applied(patch, contents, beside_others=True)
        return files | found if found else None

    def changes(self, name: str = "") -> tuple[bytes, str, tuple[str, ...]]:
        """Find what somebody else changed: the patch of the editable files, and where it begins.

        Of the branch `name`, else of the user's working tree, since the commit that it has in
        common with the tip. New files are part of it where a candidate may add them. And the
        other tracked files that were changed, which are no part of it. WorkspaceError where
        nothing is common.
        """
        git = self._state.git
        if name:
            require_commit(git, name, "The branch")
        code, out = git.ask("merge-base", self.head, name or "HEAD", ok=(0, 1))
        base = out.decode().strip()
        if code or not base:
            raise WorkspaceError(
                f"{name or 'HEAD'} and {self.branch} have no commit in common.",
                remedy="Give a branch that began where the campaign did, or begin a campaign on "
                "this one: `autoresearch-ci try --new`.",
            )
        diff = ("--no-literal-pathspecs", "diff", "--src-prefix=a/", "--dst-prefix=b/")
        plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--full-index")
        sides = (base, name) if name else (base,)
        added = git.run(*diff, "--diff-filter=A", "--name-only", "-z", *plain, *sides, "--", ":/")
        fresh = [path for path in _paths(added) if self._addable(path, name) is not None]
        known = [*self._state.files, *fresh]
        files = (f":(top,literal){path}" for path in known)
        others = (f":(top,exclude,literal){path}" for path in known)
        patch = git.run(*diff, *plain, *sides, "--", *files)
        told = git.run(*diff, "--name-only", "-z", *plain, *sides, "--", ":/", *others)
        if not name:
            listed = git.run("ls-files", "--others", "--exclude-standard", "-z")
            for path in _paths(listed):
                if (text := self._addable(path, name)) is not None:
                    ids = (ZERO, ZERO)
                    made = unified(path, "", text, ids=ids, mode=FILE.decode(), new=True)
                    patch += made.encode()
        return patch, base, _paths(told)

    def _addable(self, path: str, name: str) -> str | None:
        """The text of a file of a branch, or of the working tree, that a candidate may add."""
        git = self._state.git
        try:
            if name:
                text = git.run("cat-file", "blob", f"{name}:{path}").decode()
            elif (file := Path(git.cwd, path)).is_symlink() or file.stat().st_size > LARGEST:
                return None
            else:
                text = file.read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None
        return text if self.may_add(path, text) else None

    def _logs_commit(
        self, tip: str, tree: str, files: Mapping[str, bytes], message: str
    ) -> tuple[str, str]:
        """Tree and commit with `files` put onto the logs branch at `tip`; no ref moves."""
        state = self._state
        blobs = {path: (FILE, state.objects.write(b"blob", data)) for path, data in files.items()}
        tree = state.objects.put(tree or None, blobs)
        commit = state.objects.commit(
            tree=tree,
            parents=(tip,) if tip else (),
            author=state.author,
            when=f"{int(time.time())} {time.strftime('%z')}",
            message=message,
        )
        return tree, commit


def _paths(listed: bytes) -> tuple[str, ...]:
    return tuple(os.fsdecode(listed).split("\0")[:-1])
