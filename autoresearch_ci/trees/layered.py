"""Run trees that are stacks of layers: the same for every way in which the stack is mounted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from autoresearch_ci.core.globs import matches
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Artifacts, Base, Change, Network
from autoresearch_ci.trees.layers import find
from autoresearch_ci.trees.session_layers import PROJECT, SessionLayers, Stack, has_built, lay
from autoresearch_ci.trees.upper import changes, deleted, written
from autoresearch_ci.workspace.files import disk_errors

Runner = Callable[[Command, Network], Run]
"""Runs a command in a tree that is mounted."""


class LayeredTrees(ABC):
    """The trees of a session; what they stand on is kept by its layers.

    A level says how a tree is mounted, and how a command is run in it.
    """

    def __init__(self, base: Base, layers: SessionLayers) -> None:
        self.root = base.root
        self._base, self._layers = base, layers

    @abstractmethod
    def _mounted(self, folder: str, stack: Stack, *, warm: bool) -> AbstractContextManager[Runner]:
        """Mount a tree, whose own files are in `files` of that folder, and say how to run there."""

    @contextmanager
    def tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Artifacts | None = None,
        *,
        warm: bool = True,
        network: Network | None = None,
    ) -> Iterator[LayeredTree]:
        network = network or self._base.sandbox.network
        with self._tree(files, artifacts or {}, network, warm=warm) as tree:
            yield tree

    def prepare(self, command: Command) -> tuple[Run, tuple[Change, ...]]:
        with self._tree({}, {}, Network.HOST, warm=False) as tree:
            run = tree.run(command)
            changed = tree.changes()
            if run.ok:
                self._layers.prepare(tree.upper)
        return run, changed

    def advance(self, commit: str) -> Collection[str]:
        return self._layers.advance(commit)

    def keep_warm(self, tree: LayeredTree) -> None:
        """Put what a tree has written to ignored places on top of the warm layer."""
        self._layers.warm(tree.upper, tree.below)

    @contextmanager
    def _tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Artifacts,
        network: Network,
        *,
        warm: bool,
    ) -> Iterator[LayeredTree]:
        with self._layers.tree() as (folder, stack):
            below = self._layers.below(PROJECT, stack, warm=warm)[::-1]
            with disk_errors("make a run's tree"):
                top = f"{folder}/files"
                lay(top, files, artifacts, below)
            runs = stack.layers(PROJECT, stack.warm if warm else ())[::-1]
            given = self._layers.below(PROJECT, replace(stack, tip=()), warm=False)[::-1]
            tracked = [top, *stack.layers(PROJECT, stack.tip)[::-1]]
            with self._mounted(folder, stack, warm=warm) as run:
                yield LayeredTree(self, folder, below, runs, tracked, given, run, network)


class LayeredTree:
    """One tree: its upper layer, and the stack of the project below it, the top first.

    Of that stack `runs` are the layers that earlier runs wrote, `tracked` those of git's files,
    `given` the rest: the user's files, and what `setup_command` made.
    """

    def __init__(
        self,
        trees: LayeredTrees,
        folder: str,
        below: Sequence[str],
        runs: Sequence[str],
        tracked: Sequence[str],
        given: Sequence[str],
        run: Runner,
        network: Network,
    ) -> None:
        self.root, self.upper = trees.root, f"{folder}/upper"
        self.below = [f"{folder}/files", *below]
        self._runs, self._tracked, self._given = runs, tracked, given
        self._trees, self._run, self._network = trees, run, network

    def run(self, command: Command) -> Run:
        return self._run(command, self._network)

    def changes(self) -> tuple[Change, ...]:
        with disk_errors("read what a run wrote"):
            return changes(f"{self.upper}/{PROJECT}", self.below)

    def artifacts(self, patterns: Sequence[str]) -> dict[str, Path | None]:
        layers = [f"{self.upper}/{PROJECT}", *self._runs]
        found: dict[str, Path | None] = {}
        with disk_errors("read what a run wrote"):
            for path in deleted(layers, self._given, self._tracked):
                if matches(path, patterns):
                    found[path] = None
            for path, at in written(layers, self._tracked):
                if matches(path, patterns):
                    found[path] = Path(at)
        return found

    def written(self) -> set[str]:
        with disk_errors("read what a run wrote"):
            return {path for path, _ in written([f"{self.upper}/{PROJECT}"], self._tracked)}

    def has_built(self) -> bool:
        with disk_errors("read what a run wrote"):
            return has_built(self.upper)

    def find(self, path: str) -> Path | None:
        with disk_errors("read what a run wrote"):
            found = find([f"{self.upper}/{PROJECT}", *self.below], path)
        return Path(found[0]) if found else None

    def keep_warm(self) -> None:
        self._trees.keep_warm(self)
