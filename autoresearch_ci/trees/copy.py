"""Run trees as copies, where nothing can be mounted: Landlock, another user and seccomp around.

A working copy, with a home and a temporary folder, is brought back to what it is to hold before
every tree. For every run it is put to the same path, since what `setup_command` installed may
name it. So one command runs at a time.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path

from autoresearch_ci.core.environment import checked, environment
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.globs import matches
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.local import supervise
from autoresearch_ci.executors.users import lease
from autoresearch_ci.trees import Artifacts, Base, Change, Network, Obstacle, sandbox
from autoresearch_ci.trees.copy_slot import BUILDS, TEMPORARY, Slot, sweep_shared_memory
from autoresearch_ci.trees.copy_sources import (
    Stores,
    content_of,
    date,
    date_as_the_users,
    is_folder,
    lay_over,
    without,
)
from autoresearch_ci.trees.engine import SOCKETS
from autoresearch_ci.trees.machine import CACHE_VARIABLES, CACHES, home_of
from autoresearch_ci.trees.sandbox import Confinement, confined
from autoresearch_ci.trees.sandbox_paths import (
    DOWNLOADS,
    READ_IN_PLACE,
    devices,
    may_be_entered,
    readable,
    require_paths,
)
from autoresearch_ci.trees.watcher import watched
from autoresearch_ci.trees.working_copy import remove
from autoresearch_ci.workspace.files import disk_errors

NAME = "copy"
_CAPABILITIES = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 7
"""CHOWN, KILL, SETGID and SETUID, as capability.h numbers them."""
_DOING = "make a run's tree"
_LEFTOVERS = "autoresearch_ci.trees.leftovers"
_RUNS = "AUTORESEARCH_TREES"
"""The variable by which what a killed session left is found where it has no user of its own."""


class CopyTrees:
    """The contents of a session's trees, and the working copies that are brought to them."""

    name = NAME

    def __init__(self, base: Base, user: int | None) -> None:
        self._base, self._user, self._commit = base, user, base.commit
        self._place, self._root = str(base.place), str(base.root)
        self._at = f"{self._place}/at"
        self.root = Path(self._at, "project", base.root.name)
        self._lock, self._running, self._numbers = threading.Lock(), threading.Lock(), count(1)
        self._idle: list[Slot] = []
        self._active: Slot | None = None
        self._sealed = 0.0
        variables = environment(checked(base.sandbox.allow), {})
        require_paths(base.sandbox)
        self._home = str(home_of(variables))
        machine = readable(variables, Path(self._home), base.root)
        self._readable = self._reachable((*machine, *base.sandbox.read))
        self._env = self._variables(variables)
        with disk_errors("copy the project for its runs"):
            os.chmod(self._place, 0o711)  # noqa: S103 - the runs' user has to get through
            os.mkdir(f"{self._place}/idle", 0o700)
            self._stores = Stores(f"{self._place}/store")
            self._make_contents()

    def _make_contents(self) -> None:
        source, commit = self._base.source, self._commit
        tip = self._stores.check_out(source, commit)
        date_as_the_users(tip, self._root, source.edited(commit))
        ignored = self._stores.copy_ignored(source, commit, self._root, tip, str(self.root))
        self._tracked = content_of(tip)
        project = lay_over(content_of(ignored), self._tracked)
        fetched = {Path(self._home, name) for name in DOWNLOADS}
        unseen = fetched - {Path(self._home, name) for name in READ_IN_PLACE}
        tools = [path for path in self._readable if path not in fetched]
        self._setup_home = content_of(self._stores.links(self._home, tools))
        shown = [path for path in self._readable if path not in unseen]
        home = content_of(self._stores.links(self._home, shown))
        self._projects, self._homes = {True: project, False: project}, {True: home, False: home}
        self._warm: frozenset[str] = frozenset()

    @contextmanager
    def tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Artifacts | None = None,
        *,
        warm: bool = True,
        network: Network | None = None,
    ) -> Iterator[CopyTree]:
        network, home = network or self._base.sandbox.network, self._homes[warm]
        with self._tree(files, artifacts or {}, network, home, warm=warm) as tree:
            yield tree

    def prepare(self, command: Command) -> tuple[Run, tuple[Change, ...]]:
        with self._tree({}, {}, Network.HOST, self._setup_home, warm=False) as tree:
            run = tree.run(command)
            changed = tree.changes()
            if run.ok:
                with self._lock, disk_errors("keep what setup_command made"):
                    written, gone = (set(paths) - self._tracked.keys() for paths in tree.touched())
                    made = content_of(self._stores.take(tree.project, written, folders=True))
                    fetched = [p for p in tree.home.touched()[0] if not matches(p, BUILDS)]
                    home = self._stores.take(tree.home, fetched, folders=True)
                    for warm in (True, False):
                        content = without(self._projects[warm], gone)
                        self._projects[warm] = lay_over(content, made)
                        self._homes[warm] = lay_over(self._homes[warm], content_of(home))
                    self._sealed = time.time()
        return run, changed

    def advance(self, commit: str) -> Collection[str]:
        if commit == self._commit:
            return ()
        found = self._base.source.differences(self._commit, commit)
        there = [path for path, is_there in found.items() if is_there]
        with self._lock, disk_errors("make the files of the campaign's tip"):
            tip = content_of(self._stores.check_out(self._base.source, commit, there))
            date({path: source for path, source in tip.items() if path in found}, self._free)
            gone = found.keys() - set(there)
            for warm, project in self._projects.items():
                self._projects[warm] = lay_over(without(project, gone), tip)
            self._tracked = lay_over(without(self._tracked, gone), tip)
            self._commit = commit
        return found.keys()

    def run(self, slot: Slot, command: Command, network: Network) -> Run:
        with self._running:
            self._put_in_place(slot)
            cwd = self.root / command.cwd.relative_to(self._root)
            if not cwd.is_dir():
                raise MachineError(
                    f"The folder {command.cwd}, where a command was to run, is not in the run's "
                    "tree.",
                    remedy="Commit the folder, or have setup_command make it.",
                )
            own = (self.root, Path(self._at, "home"), Path(self._at, TEMPORARY))
            write = (*own, *devices(), *self._base.sandbox.write)
            wanted = Confinement(self._readable, write, network, self._user, slot.newest)
            slot.touch()
            try:
                return supervise(
                    replace(command, cwd=cwd),
                    {**self._env, **command.env, _RUNS: self._place},
                    uid=self._user,
                    wrap=lambda env: confined(wanted, env),
                )
            finally:
                sweep_shared_memory(self._user)

    def artifacts(self, tree: CopyTree, patterns: Sequence[str]) -> dict[str, Path | None]:
        """Find what runs wrote and deleted.

        Files of this tree are shared with a store, as the copy moves.
        """
        copy = tree.project
        with self._lock, disk_errors("keep what a run wrote"):
            written = [p for p in copy.touched()[0] if p not in tree.tracked]
            store = self._stores.share(copy, [p for p in written if matches(p, patterns)])
            tree.stores.append(store)
            found = {p: s for p, s in content_of(store).items() if not is_folder(s)}
            for path in tree.warm.difference(written, tree.tracked):
                if matches(path, patterns) and (source := copy.kept(path)):
                    found[path] = source
            gone = [
                path
                for path, source in tree.first.items()
                if not copy.has(path) and path not in tree.tracked and not is_folder(source)
            ]
        there = {path: Path(source) for path, source in found.items()}
        return there | {path: None for path in gone if matches(path, patterns)}

    def keep_warm(self, tree: CopyTree) -> None:
        written, gone = tree.touched()
        ignored = set(self._base.source.ignored(self._commit, [*written, *gone]))
        cached = {path for path in tree.home.touched()[0] if matches(path, _BELOW_HOME)}
        with self._lock, disk_errors("keep the outputs of a run"):
            made = content_of(self._stores.take(tree.project, ignored & set(written)))
            home = content_of(self._stores.take(tree.home, cached))
            kept = {path: s for path, s in self._projects[True].items() if path not in ignored}
            self._projects[True] = lay_over(kept, made)
            self._warm = frozenset(made) | self._warm & self._projects[True].keys()
            self._homes[True] = lay_over(self._homes[True], home)
            self._sealed = time.time() if made or home else self._sealed

    @contextmanager
    def _tree(
        self,
        files: Mapping[str, bytes],
        artifacts: Artifacts,
        network: Network,
        home: Mapping[str, str],
        *,
        warm: bool,
    ) -> Iterator[CopyTree]:
        # Builds and caches look at times, some at whole seconds: a candidate's is a new one.
        time.sleep(max(0.0, self._free - time.time()))
        with self._lock, disk_errors(_DOING):
            given = self._stores.lay(files, artifacts, self._projects[warm])
            gone = {p for p, source in artifacts.items() if source is None and p not in files}
            below = {p: s for p, s in self._projects[warm].items() if p not in gone}
            project = lay_over(below, content_of(given))
            slot = self._slot(warm=warm)
            tracked = self._tracked.keys() | content_of(given).keys()
            written = self._warm if warm else frozenset()
            tree = CopyTree(self, slot, network, tracked, written, self._projects[False], given)
        try:
            with disk_errors(_DOING):
                slot.restore(project, home)
            yield tree
        finally:
            with self._running:
                if self._active is slot:
                    self._put_in_place(None)
            slot.empty()
            for store in tree.stores:
                remove(store)
            with self._lock:
                self._idle.append(slot)

    @property
    def _free(self) -> float:
        """The first whole second that no kept file can have."""
        return float(int(self._sealed) + 1)

    def _slot(self, *, warm: bool) -> Slot:
        for slot in self._idle:
            if slot.warm is warm:
                self._idle.remove(slot)
                return slot
        rest = f"{self._place}/idle/{next(self._numbers)}"
        return Slot(rest, self.root.name, self._user, warm=warm)

    def _put_in_place(self, slot: Slot | None) -> None:
        if self._active is not slot:
            if self._active is not None:
                self._active.move(self._active.rest)
            if slot is not None:
                slot.move(self._at)
            self._active = slot

    def _reachable(self, paths: Iterable[Path]) -> list[Path]:
        """Leave out what the runs' user cannot get at."""
        return [path for path in paths if self._user is None or may_be_entered(path)]

    def _variables(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Lead what names the project or the home to those of the trees."""
        home, temporary = f"{self._at}/home", f"{self._at}/{TEMPORARY}"
        led = {
            name: value.replace(f"{self._root}/", f"{self.root}/")
            for name, value in variables.items()
            if not name.startswith("XDG_")
        }
        for name in CACHE_VARIABLES.keys() & led.keys():
            led[name] = led[name].replace(f"{self._home}/", f"{home}/")
        java = f"{led.get('JAVA_TOOL_OPTIONS', '')} -Djava.io.tmpdir={temporary}".strip()
        ours = {"HOME": home, "TMPDIR": temporary, "JAVA_TOOL_OPTIONS": java}
        if self._user is not None:
            ours |= dict.fromkeys(("USER", "LOGNAME"), "autoresearch")
        return led | ours


_BELOW_HOME = tuple(f"/{name}" for name in CACHES)


class CopyTree:
    """One tree: a slot for as long as it is open.

    `tracked` are the paths of git's and of what was given, `warm` those that earlier runs wrote.
    `first` is what all trees begin with that are not warm, `stores` go with the tree.
    """

    def __init__(
        self,
        trees: CopyTrees,
        slot: Slot,
        network: Network,
        tracked: Collection[str],
        warm: frozenset[str],
        first: Mapping[str, str],
        given: str,
    ) -> None:
        self._trees, self._slot, self._network = trees, slot, network
        self.tracked, self.warm, self.first, self.stores = tracked, warm, first, [given]
        self.root, self.project, self.home = trees.root, slot.project, slot.home

    def run(self, command: Command) -> Run:
        return self._trees.run(self._slot, command, self._network)

    def changes(self) -> tuple[Change, ...]:
        with disk_errors("read what a run wrote"):
            return self.project.changes()

    def touched(self) -> tuple[list[str], list[str]]:
        with disk_errors("read what a run wrote"):
            return self.project.touched()

    def artifacts(self, patterns: Sequence[str]) -> dict[str, Path | None]:
        return self._trees.artifacts(self, patterns)

    def written(self) -> set[str]:
        with disk_errors("read what a run wrote"):
            return {path for path, _ in self.project.written() if path not in self.tracked}

    def has_built(self) -> bool:
        with disk_errors("read what a run wrote"):
            return self._slot.has_built()

    def find(self, path: str) -> Path | None:
        return self.project.find(path)

    def keep_warm(self) -> None:
        self._trees.keep_warm(self)


@contextmanager
def open_trees(base: Base) -> Iterator[CopyTrees]:
    """The trees of a session. Should the session be killed, what runs in them is, too."""
    place = str(base.place)
    with (
        lease() if os.geteuid() == 0 else nullcontext() as user,
        watched(_LEFTOVERS, _RUNS, place, str(user or "")),
    ):
        yield CopyTrees(base, user)


def obstacle(base: Base) -> Obstacle | None:
    """Find what stands in the way of a copy of the project below its place."""
    if os.geteuid() != 0:
        return None
    if not _may_become_another():
        return Obstacle(
            "root may not become another user here, and runs as root could do anything",
            "Start as an ordinary user, or give CHOWN, SETUID, SETGID and KILL to the container.",
        )
    above = base.place.parent
    if not may_be_entered(above):
        return Obstacle(
            f"the folder {above} is closed to the user whom runs are given",
            "Let TMPDIR name a folder that every user may enter.",
        )
    # No rule of Landlock's keeps a program from a socket that has a path: its owner does.
    for socket in map(Path, SOCKETS):
        if socket.exists() and socket.stat().st_mode & 0o002 and may_be_entered(socket.parent):
            return Obstacle(
                f"anybody may use {socket}, and so could a run: it would own this machine",
                f"On the machine: `chmod o-w {socket}`.",
            )
    return None


def _may_become_another() -> bool:
    """Tell whether root has what that takes; a container may have taken it away."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:  # no Linux
        return True
    has = int(status.partition("CapEff:")[2].split()[0], 16)
    return has & _CAPABILITIES == _CAPABILITIES


def weaknesses() -> tuple[str, ...]:
    """Name what runs can get at on this machine and should not."""
    if sys.platform != "linux":
        return ("everything that this user may read or write: this system has no Landlock",)
    return (
        *sandbox.weaknesses(0 if os.geteuid() == 0 else None),
        *_sockets(),
        "the names and arguments of other processes, in /proc",
    )


def _sockets() -> tuple[str, ...]:
    """Name the engine's socket where runs, as our own user, may use it."""
    usable = (name for name in SOCKETS if os.geteuid() and os.access(name, os.W_OK))
    return tuple(f"{name}, which owns this machine" for name in usable)
