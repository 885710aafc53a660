"""The upper layer of an overlay: the changes that it holds, and what of it is to be kept."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence

from autoresearch_ci.trees import Change, Kind
from autoresearch_ci.trees.layers import (
    entries,
    find,
    is_opaque,
    is_whiteout,
    make_parents,
    names,
    parents,
    step,
)

_CHUNK = 1 << 20

_Pair = tuple[str, list[str], str]
"""A folder of the upper layer, the folders that were merged below it, its path in the tree."""


def changes(upper: str, below: Sequence[str]) -> tuple[Change, ...]:
    """Compare an upper layer with the stack that it lay on."""
    found: list[Change] = []
    pending: list[_Pair] = [(upper, list(below), "")]
    while pending:
        folder, under, at = pending.pop()
        here = set()
        for entry in entries(folder):
            here.add(entry.name)
            path = f"{at}{entry.name}"
            st, old = entry.stat(follow_symlinks=False), step(under, entry.name)
            if is_whiteout(st):
                if old:
                    found.append(Change(path, Kind.DELETED, is_file=False))
            elif stat.S_ISDIR(st.st_mode):
                if old and not _is_folder(old[0]):
                    found.append(Change(path, Kind.DELETED, is_file=False))
                    old = []
                pending.append((entry.path, old, f"{path}/"))
            elif not old or not _is_same(entry.path, st, old[0]):
                kind = Kind.CHANGED if old else Kind.ADDED
                found.append(Change(path, kind, is_file=stat.S_ISREG(st.st_mode)))
        if under and is_opaque(folder):
            for name in names(under) - here:
                found.append(Change(f"{at}{name}", Kind.DELETED, is_file=False))
    return tuple(sorted(found))


def _is_folder(path: str) -> bool:
    return stat.S_ISDIR(os.lstat(path).st_mode)


def _is_same(path: str, st: os.stat_result, old: str) -> bool:
    was = os.lstat(old)
    if stat.S_IFMT(st.st_mode) != stat.S_IFMT(was.st_mode):
        return False
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path) == os.readlink(old)
    if not stat.S_ISREG(st.st_mode):
        return st.st_rdev == was.st_rdev
    if st.st_size != was.st_size or (st.st_mode ^ was.st_mode) & stat.S_IXUSR:
        return False
    if not st.st_mode & stat.S_IRUSR:
        os.chmod(path, stat.S_IMODE(st.st_mode) | stat.S_IRUSR)
    return _is_equal(path, old)


def _is_equal(one: str, other: str) -> bool:
    """Read two files of the same size."""
    with open(one, "rb") as here, open(other, "rb") as there:
        while data := here.read(_CHUNK):
            if data != there.read(_CHUNK):
                return False
        return True


def written(layers: Sequence[str], tracked: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Find the regular files that layers of runs show together, the top one first.

    Each with where it lies. None that the layers in `tracked` have as well.
    """
    for layer in layers:
        for path in leaves(layer):
            full = f"{layer}/{path}"
            shown = find(layers, path) == [full] and stat.S_ISREG(os.lstat(full).st_mode)
            if shown and not find(tracked, path):
                yield path, full


def deleted(layers: Sequence[str], below: Sequence[str], tracked: Sequence[str]) -> Iterator[str]:
    """Find what is no folder in the stack `below`, and no more in it with layers of runs on top.

    None that the layers in `tracked` have.
    """
    stack = [*layers, *below]
    for path in {path for layer in layers for path in _hidden(layer, below)}:
        for each in _within(find(below, path), path):
            if not find(stack, each) and not find(tracked, each):
                yield each


def _hidden(layer: str, below: Sequence[str]) -> Iterator[str]:
    """The paths that a layer hides by a whiteout, or by the mark of their folder."""
    pending = [(layer, "")]
    while pending:
        folder, at = pending.pop()
        if at and is_opaque(folder):
            yield from (f"{at}{name}" for name in names(find(below, at.rstrip("/"))))
        for entry in entries(folder):
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, f"{at}{entry.name}/"))
            elif is_whiteout(entry.stat(follow_symlinks=False)):
                yield f"{at}{entry.name}"


def _within(found: list[str], path: str) -> Iterator[str]:
    """A path if it is no folder's, else what is in that; `found` is what a stack has there."""
    if found and not _is_folder(found[0]):
        yield path
        return
    for name in names(found):
        yield from _within(step(found, name), f"{path}/{name}")


def leaves(upper: str) -> Iterator[str]:
    """The paths of all that is no folder in a layer, whiteouts too."""
    pending = [(upper, "")]
    while pending:
        folder, at = pending.pop()
        for entry in entries(folder):
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, f"{at}{entry.name}/"))
            else:
                yield f"{at}{entry.name}"


def move(upper: str, layer: str, wanted: Collection[str], below: Sequence[str]) -> None:
    """Move these leaves of an upper layer to a new layer; folders that are wanted whole at once.

    By rename, since a copy would lose whiteouts and the marks of opaque folders.
    """
    mixed = {parent for path in leaves(upper) if path not in wanted for parent in parents(path)}
    moved: set[str] = set()
    for path in sorted(wanted):
        top = next((parent for parent in parents(path) if parent not in mixed), path)
        if top not in moved:
            moved.add(top)
            make_parents(layer, top, [upper, *below])
            os.rename(f"{upper}/{top}", f"{layer}/{top}")


def visible(stack: Sequence[str], path: str) -> str | None:
    """The regular file that a stack shows at a path; None where there is none."""
    found = find(stack, path)
    if not found or not stat.S_ISREG(os.lstat(found[0]).st_mode):
        return None
    return found[0]
