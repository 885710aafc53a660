"""The layers of a session, of which trees are stacked, and how they change from run to run."""

from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from autoresearch_ci.trees import Artifacts, Base
from autoresearch_ci.trees.artifacts import is_built
from autoresearch_ci.trees.layers import (
    discard,
    entries,
    find,
    flatten,
    hide,
    imitate,
    make_opaque,
    make_parents,
    prune,
)
from autoresearch_ci.trees.machine import CACHES, hidden_in_home, way_in_home
from autoresearch_ci.trees.sandbox_paths import BUILD_CACHES
from autoresearch_ci.trees.upper import leaves, move, visible
from autoresearch_ci.workspace.files import disk_errors

PROJECT, HOME = "project", "home"
BUILDS = "b"
"""The first letter of the names of places that are build caches outside of the home."""

_MOST = 4
"""Layers of one kind, before they are made one."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers by what made them, the bottom first: folders with a folder for each place.

    A place is the project, the home or a cache that is elsewhere. What is tracked comes last: it is
    as committed whatever a run has written.
    """

    mask: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    warm: tuple[str, ...] = ()
    tip: tuple[str, ...] = ()

    def of(self, place: str, *, warm: bool) -> list[str]:
        layers = (*self.mask, *self.prepared, *(self.warm if warm else ()), *self.tip)
        return self.layers(place, layers)

    @staticmethod
    def layers(place: str, layers: Sequence[str]) -> list[str]:
        """The folders that these layers have for a place."""
        return [folder for layer in layers if os.path.isdir(folder := f"{layer}/{place}")]


class SessionLayers:
    """Makes and keeps the layers in `base.place`; trees take the stack as it is when they begin.

    `places` are the folders that the places show below all layers, by the names of their folders
    in a layer: the user's own project and home, and caches elsewhere.
    """

    def __init__(self, base: Base, places: Mapping[str, str]) -> None:
        self._base, self._root, self._commit = base, str(base.root), base.commit
        self._home, self._places = places[HOME], places
        self._lock, self._numbers, self._open = threading.Lock(), count(1), 0
        self._spare: deque[str] = deque()
        self._sealed = 0.0
        self._folders: dict[str, int] = {}
        self._stack = Stack()
        with disk_errors("make the layers of the run trees"):
            self._stack = replace(self._stack, tip=(self._first_tip(),))
            self._look()

    @contextmanager
    def tree(self) -> Iterator[tuple[str, Stack]]:
        """A folder for a tree, and the stack that it is to stand on, for the block.

        It has an empty folder `upper`, `work` and `files` with one for each place, `tmp` and
        `var-tmp`. Not before a new second: builds and caches look at times, some at whole seconds,
        and a candidate's is to be newer than all that lies below it.
        """
        time.sleep(max(0.0, self._next_second - time.time()))
        with self._lock, disk_errors("make a run's tree"):
            self._look_again()
            stack = self._stack
            self._open += 1
            folder = self._spare.popleft() if len(self._spare) > 1 else ""
        try:
            with disk_errors("make a run's tree"):
                folder = folder or self._new_folder()
            yield folder, stack
        finally:
            with disk_errors("remove a run's tree"):
                self._empty(folder)
            with self._lock:
                self._open -= 1
                self._spare.append(folder)

    def _new_folder(self) -> str:
        folder = f"{self._base.place}/t{next(self._numbers)}"
        os.mkdir(folder, 0o700)
        for name in ("upper", "work"):
            os.mkdir(f"{folder}/{name}", 0o700)
        for place in self._places:
            os.mkdir(f"{folder}/work/{place}")
        self._empty(folder)
        return folder

    def _empty(self, folder: str) -> None:
        """Throw away what a run wrote. To make folders anew costs more, where it wrote nothing."""
        written = [f"upper/{place}" for place in self._places]
        for name in (*written, "files", "tmp", "var-tmp"):
            at = f"{folder}/{name}"
            if os.path.isdir(at) and entries(at):
                discard(at)
            if not os.path.isdir(at):
                os.mkdir(at)
            os.chmod(at, 0o1777 if name.endswith("tmp") else 0o755)
        imitate(self._root, f"{folder}/upper/{PROJECT}")

    def below(self, place: str, stack: Stack, *, warm: bool) -> list[str]:
        """The folders that show a place, the bottom first: the user's own, and layers."""
        return [self._places[place], *stack.of(place, warm=warm)]

    def prepare(self, upper: str) -> None:
        """Take all that a tree has written for every tree from now on."""
        with self._lock, disk_errors("keep what setup_command made"):
            layer = self._new()
            for place in self._places:
                os.rename(f"{upper}/{place}", f"{layer}/{place}")
                os.mkdir(f"{upper}/{place}")
            for cache in _build_caches(layer):
                discard(cache)
            self._stack = replace(self._stack, prepared=(*self._stack.prepared, layer))
            self._sealed = time.time()

    def warm(self, upper: str, below: Sequence[str]) -> None:
        """Take what a tree, on the stack `below`, has written to ignored places and to caches."""
        with self._lock, disk_errors("keep the outputs of a run"):
            layer, written = self._new(), f"{upper}/{PROJECT}"
            wanted = self._base.source.ignored(self._commit, list(leaves(written)))
            os.mkdir(f"{layer}/{PROJECT}")
            imitate(self._root, f"{layer}/{PROJECT}")
            move(written, f"{layer}/{PROJECT}", wanted, below)
            for place in self._places.keys() - {PROJECT, HOME}:
                os.rename(f"{upper}/{place}", f"{layer}/{place}")
            os.mkdir(f"{layer}/{HOME}", 0o700)
            for name in CACHES:
                if os.path.isdir(f"{upper}/{HOME}/{name}"):
                    make_parents(f"{layer}/{HOME}", name, [f"{upper}/{HOME}"])
                    os.rename(f"{upper}/{HOME}/{name}", f"{layer}/{HOME}/{name}")
            if any(True for _ in leaves(layer)):  # else there is nothing to be newer than
                self._sealed = time.time()
            self._stack = replace(self._stack, warm=self._joined((*self._stack.warm, layer)))

    def advance(self, commit: str) -> Collection[str]:
        """Show the files of a commit; those in which it differs, which it names, are new."""
        source = self._base.source
        if commit == self._commit:
            return ()
        with self._lock, disk_errors("make the layer of the campaign's tip"):
            layer = self._new()
            folder = f"{layer}/{PROJECT}"
            os.mkdir(folder)
            found = source.differences(self._commit, commit)
            below = self.below(PROJECT, self._stack, warm=False)[::-1]
            there = sorted(path for path, is_there in found.items() if is_there)
            gone = sorted(path for path, is_there in found.items() if not is_there)
            for path in there:
                make_parents(folder, path, below)
            source.check_out(commit, Path(folder), there)
            hide(folder, gone, below)
            prune(folder, gone, below)
            imitate(self._root, folder)
            now = max(time.time(), self._next_second)
            for path in there:
                os.utime(f"{folder}/{path}", (now, now), follow_symlinks=False)
            self._stack = replace(self._stack, tip=self._joined((*self._stack.tip, layer)))
            self._commit = commit
            self._look()
        return found.keys()

    @property
    def _next_second(self) -> float:
        """The first whole second that no file of a sealed layer can have."""
        return float(int(self._sealed) + 1)

    def _first_tip(self) -> str:
        """All tracked files, each with the time of the user's where that is the same file.

        So what the user has built from them is as fresh, or as old, as it is by hand.
        """
        layer, source = self._new(), self._base.source
        folder = f"{layer}/{PROJECT}"
        os.mkdir(folder)
        source.check_out(self._commit, Path(folder))
        edited = source.edited(self._commit)
        for at, folders, names in os.walk(folder, topdown=False):
            inside = at[len(folder) + 1 :]
            for name in (*names, *folders):
                path = f"{inside}/{name}" if inside else name
                if path not in edited:
                    _date_as(f"{self._root}/{path}", f"{at}/{name}")
        imitate(self._root, folder)
        return layer

    def _look(self) -> None:
        """Hide what is in the user's folders now, and remember how these are."""
        tips = self._stack.of(PROJECT, warm=False)
        shown = {self._root + at[len(tip) :] for tip in tips for at, _, _ in os.walk(tip)}
        unlisted, looked = hidden_in_home(self._home, self._root)
        self._folders = {folder: _changed(folder) for folder in (*shown, *looked)}
        layer = self._new()
        for place, paths in (
            (PROJECT, self._base.source.hidden(self._commit)),
            (HOME, unlisted),
        ):
            os.mkdir(f"{layer}/{place}")
            hide(f"{layer}/{place}", paths, [self._places[place]])
            imitate(self._places[place], f"{layer}/{place}")
        if way := way_in_home(self._home, self._root):  # and nothing else that is on it
            os.makedirs(f"{layer}/{HOME}/{way[-1]}")
            make_opaque(f"{layer}/{HOME}/{way[0]}")
        self._stack = replace(self._stack, mask=(layer,))

    def _look_again(self) -> None:
        """Hide what the user has added to a folder with tracked files since."""
        if any(_changed(path) != then for path, then in self._folders.items()):
            self._look()

    def _new(self) -> str:
        layer = f"{self._base.place}/l{next(self._numbers)}"
        os.mkdir(layer)
        return layer

    def _joined(self, layers: tuple[str, ...]) -> tuple[str, ...]:
        """The same as one layer, once they are many and no other tree is open that needs them."""
        if len(layers) <= _MOST or self._open > 1:
            return layers
        layer = self._new()
        for place in self._places:
            if folders := [at for each in layers if os.path.isdir(at := f"{each}/{place}")]:
                os.mkdir(f"{layer}/{place}")
                flatten(folders[::-1], f"{layer}/{place}")
        for old in layers:
            discard(old)
        return (layer,)


def has_built(upper: str) -> bool:
    """Tell whether what was written here is, in part, the output of a build."""
    if any(True for cache in _build_caches(upper) for _ in leaves(cache)):
        return True
    project = f"{upper}/{PROJECT}"
    found = ((path, os.lstat(f"{project}/{path}").st_mode) for path in leaves(project))
    return any(stat.S_ISREG(mode) and is_built(path, mode) for path, mode in found)


def _build_caches(layer: str) -> list[str]:
    """The folders that a layer has of build caches."""
    places = [entry.path for entry in entries(layer) if entry.name.startswith(BUILDS)]
    inside = (f"{layer}/{HOME}/{name}" for name in BUILD_CACHES)
    return [*places, *filter(os.path.isdir, inside)]


def lay(layer: str, files: Mapping[str, bytes], artifacts: Artifacts, below: Sequence[str]) -> None:
    """Fill the layer of a candidate, on the stack `below`: artifacts, then its files."""
    for path, source in artifacts.items():
        if path not in files and source is not None:
            make_parents(layer, path, below)
            _link(source, f"{layer}/{path}")
    gone = (path for path, source in artifacts.items() if path not in files and source is None)
    # Where nothing is below it, the kernel would list the whiteout.
    hide(layer, [path for path in gone if find(below, path)], [layer, *below])
    for path, content in files.items():
        make_parents(layer, path, below)
        with open(f"{layer}/{path}", "xb") as file:
            file.write(content)
        if old := visible(below, path):
            shutil.copymode(old, f"{layer}/{path}")


def _link(source: Path, path: str) -> None:
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError:  # another disk
        shutil.copy2(source, path, follow_symlinks=False)


def _date_as(path: str, other: str) -> None:
    """Give `other` the times of a path of the user's, and its mode where it is a folder."""
    try:
        st = os.lstat(path)
    except OSError:  # it is not in the user's tree
        return
    os.utime(other, ns=(st.st_atime_ns, st.st_mtime_ns), follow_symlinks=False)
    if os.path.isdir(other) and not os.path.islink(other):
        os.chmod(other, st.st_mode & 0o7777)


def _changed(folder: str) -> int:
    """The time at which an entry of a folder last came or went; 0 where there is none."""
    try:
        return os.lstat(folder).st_mtime_ns
    except OSError:
        return 0
