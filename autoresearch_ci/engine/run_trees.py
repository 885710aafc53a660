"""The trees of an evaluator's commands: what each of them begins with, and what it broke."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol

from autoresearch_ci.config import Settings
from autoresearch_ci.core.globs import matches
from autoresearch_ci.core.model import Run
from autoresearch_ci.trees import Change, Kind, Network, Tree, Trees
from autoresearch_ci.trees.artifacts import is_data, is_nameless

RUN_LOG = "run.log"
"""The path at which commands that measure find the log of the run."""

_NAMED = 3

_COUNTED = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[^\W_]*\d[^\W_]*")
"""Parts of names that differ from run to run: unique ids, and words that have a digit in them."""

Execute = Callable[[Tree], Run]
"""Has a command of the user's run in the tree."""


class Tried(Protocol):
    """The trial, as far as measuring needs it: the seam to the workspace.

    `contents` are the editable files of the side that is shown, `laid` those of them that trees
    show in place of the tip's, `broken_rules` picks the paths that only the user may change.
    """

    @property
    def parent(self) -> str: ...

    @property
    def contents(self) -> Mapping[str, bytes]: ...

    @property
    def laid(self) -> Mapping[str, bytes]: ...

    @property
    def is_unchanged(self) -> bool: ...

    def broken_rules(self, changed: Iterable[str], readonly: Sequence[str]) -> list[str]: ...


class RunTrees:
    """Opens trees for experiments and for what looks at them. `run_log` is the experiment's."""

    def __init__(self, settings: Settings, trees: Trees, run_log: Path) -> None:
        self._settings, self._trees, self._run_log = settings, trees, run_log
        self._is_warm = False
        self._open, self._last = ExitStack(), dict[str, Path | None]()
        self._ran: Tree | None = None
        self._kept: Tree | None = None
        self._rewritten: set[str] = set()
        self._usual: set[str] = set()
        self._each: set[str] | None = None
        self._made: set[str] = set()
        self._told: set[str] = set()
        self.prepare = trees.prepare

    def close(self) -> None:
        """Throw away the tree of the last run, which what looks at a keep needs."""
        self._last, self._ran = {}, None
        kept, self._kept = self._kept, None
        with self._open:
            if kept is not None:
                kept.keep_warm()

    def workplace(
        self, commit: str, editable: Collection[str], files: Mapping[str, bytes]
    ) -> AbstractContextManager[Tree]:
        """A tree for an agent: a commit with these files besides, and the network open."""
        self.close()
        self._follow(commit, editable)
        return self._trees.tree(files, network=Network.HOST)

    def experiment(
        self, trial: Tried, execute: Execute, warm_up: Execute
    ) -> tuple[Run, tuple[str, ...]]:
        """Run an experiment; with what it did that broke the rules. Its tree stays for a while.

        The first good run of the incumbent leaves what later ones may begin with. Where it built
        anything, a run of neither side does so instead, by `warm_up`, and it runs again.
        """
        self.close()
        self._follow(trial.parent, trial.contents)
        was_warm, tree = self._is_warm, self._open.enter_context(self._trees.tree(trial.laid))
        run = execute(tree)
        if trial.is_unchanged and run.ok and not self._is_warm:
            self._is_warm = True
            if tree.has_built():
                self._warm_up(trial, warm_up)
                return self.experiment(trial, execute, warm_up)
            self._kept = tree
        own = {name for path in tree.written() for name in (path, shape(path))}
        if trial.is_unchanged and run.ok:
            self._usual |= {shape(path) for path in tree.artifacts(["**"])}
            if was_warm:  # else it made what later runs find
                self._each = own if self._each is None else self._each & own
        violations = self._violations(trial, tree.changes())
        self._ran, self._last = tree, {**self._artifacts(tree, own), RUN_LOG: self._run_log}
        return run, violations

    def _warm_up(self, trial: Tried, execute: Execute) -> None:
        """Build what is neither side, for both to begin with.

        Caches know a build by its content. Had one side's been kept, it would be found ready while
        the other side has to build.
        """
        self._open.close()
        with self._trees.tree({p: neutral(text) for p, text in trial.contents.items()}) as tree:
            if execute(tree).ok:
                tree.keep_warm()

    def apart(self, trial: Tried, execute: Execute) -> tuple[Run, tuple[str, ...]]:
        """Run a command where no candidate has written, with the artifacts of the last run."""
        self._follow(trial.parent, trial.contents)
        with self._trees.tree(trial.laid, self._last, warm=False) as tree:
            run, changed = execute(tree), tree.changes()
            self._made = {change.path for change in changed}
            return run, self._violations(trial, changed)

    def beside(self, trial: Tried, execute: Execute) -> Run:
        """Run a command in a tree as an experiment's, of which nothing is read but what it said."""
        self.close()
        self._follow(trial.parent, trial.contents)
        with self._trees.tree(trial.laid) as tree:
            return execute(tree)

    def _follow(self, commit: str, editable: Collection[str]) -> None:
        """Let trees show a commit; what is warm stays so where only editable files differ."""
        changed = self._trees.advance(commit)
        self._is_warm = self._is_warm and set(editable) >= set(changed)

    def _violations(self, trial: Tried, changed: Sequence[Change]) -> tuple[str, ...]:
        """Pick out of what a command changed that which only the user may change.

        Not what the unchanged project rewrites as well, or adds beside read-only files.
        """
        readonly = self._settings.readonly_files
        new = {change.path for change in changed if change.kind is Kind.ADDED}
        broken = trial.broken_rules((change.path for change in changed), readonly)
        if trial.is_unchanged:
            self._rewritten |= {
                path
                for path in broken
                if path not in trial.contents
                and (path in new or not matches(path, (*readonly, *self._settings.artifacts)))
            }
        return tuple(path for path in broken if path not in self._rewritten)

    def tolerated(self) -> str:
        """Say what the project itself writes where nothing is to change; each path is told once."""
        names = sorted(self._rewritten - self._told)
        self._told |= self._rewritten
        if not names:
            return ""
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return (
            "written by the project itself where nothing is to change, and thrown away after each "
            f"run: {', '.join(names[:_NAMED])}{more}"
        )

    def _artifacts(self, tree: Tree, own: Collection[str]) -> dict[str, Path | None]:
        """The files of a run that what measures may see; `own` has what it wrote, and the shapes.

        Where none is named, data such as the unchanged project leaves, too: whatever else a
        candidate writes may be what the ruler would have made itself, or the user's truth. What
        every run of the unchanged project writes and this one did not is not there: an older one
        would be measured in its place.
        """
        wanted, readonly = self._settings.artifacts, self._settings.readonly_files

        def is_shown(path: str, file: Path | None) -> bool:
            known = shape(path) in self._usual
            return (
                known
                and (is_data(path, file) or is_nameless(path, file))
                and not _is_module(path, tree)
            )

        found = dict(tree.artifacts(wanted or ["**"]))
        owed = (self._each or set()).difference(own)
        lacking = [path for path in {*owed, *found} if not owed.isdisjoint((path, shape(path)))]
        found |= {path: None for path in lacking if matches(path, wanted or ["**"])}
        return {
            path: file
            for path, file in found.items()
            if not matches(path, readonly) and (wanted or is_shown(path, file))
        }

    def left(self) -> list[str]:
        """The paths that the last run wrote and that nothing else is shown, nor has made itself."""
        found = self._ran.artifacts(["**"]) if self._ran else {}
        known = self._made.union(self._last)
        return [path for path, file in found.items() if file and path not in known]

    def links(self) -> list[str]:
        """The links that the last run made, which nothing else is shown."""
        tree = self._ran
        if tree is None:
            return []
        paths = (each.path for each in tree.changes() if each.kind is not Kind.DELETED)
        return [path for path in paths if (found := tree.find(path)) and found.is_symlink()]

    @property
    def root(self) -> Path | None:
        """The project's path in the tree of the last run; None where there is none."""
        return self._ran.root if self._ran else None


def _is_module(path: str, tree: Tree) -> bool:
    """Tell a file that Node takes for a module in the place of the folder of its name."""
    folder = path.removesuffix(".json")
    return folder != path and tree.find(f"{folder}/index.js") is not None


def shape(path: str) -> str:
    """A path without what its numbers are: checkpoints by step, folders by time look alike."""
    return _COUNTED.sub("#", path)


def neutral(content: bytes) -> bytes:
    """The same program with other content and other lines: an empty one after the first."""
    first, end, rest = content.partition(b"\n")
    return b"".join((first, end or b"\n", b"\r\n" if first.endswith(b"\r") else b"\n", rest))
