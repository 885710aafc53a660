"""The contents of trees that are copies: where each file lies that a tree is to hold.

A store is a folder that no run can reach. It is filled once and then left alone, so a path in it
stands for one content for ever. A content names, for each path in a tree, such a source.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import Artifacts, Source
from autoresearch_ci.trees.relocation import relocate
from autoresearch_ci.trees.working_copy import WorkingCopy, clone, look


class Stores:
    """Makes stores below a folder, each with a number."""

    def __init__(self, folder: str) -> None:
        self._folder, self._numbers = folder, count(1)
        os.mkdir(folder, 0o700)

    def new(self) -> str:
        store = f"{self._folder}/{next(self._numbers)}"
        os.mkdir(store, 0o700)
        return store

    def check_out(self, source: Source, commit: str, paths: Sequence[str] | None = None) -> str:
        """Make a store of a commit's files, or of these of them."""
        store = self.new()
        source.check_out(commit, Path(store), paths)
        return store

    def copy_ignored(self, source: Source, commit: str, root: str, tip: str, at: str) -> str:
        """Make a store of the user's ignored files, whose dependencies are to work at `at`."""
        store, tracked = self.new(), content_of(tip)
        hidden = frozenset(source.hidden(commit))
        pending = [""]
        while pending:
            folder = pending.pop()
            for entry in _listed(f"{root}/{folder}"):
                path = f"{folder}{entry.name}"
                if path in hidden:
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    if path not in tracked:
                        _copy(entry, f"{store}/{path}")
                elif path not in tracked or is_folder(tracked[path]):
                    os.mkdir(f"{store}/{path}")
                    with suppress(FileNotFoundError):  # the user has just deleted it
                        os.chmod(f"{store}/{path}", 0o700 | entry.stat().st_mode & 0o777)
                    pending.append(f"{path}/")
        for folder in relocate(store, root, at):
            shutil.rmtree(f"{store}/{folder}")
        return store

    def links(self, folder: str, paths: Iterable[Path]) -> str:
        """Make a store of links to those that lie below a folder, each at its place there."""
        store = self.new()
        for path in sorted(path for path in paths if path.is_relative_to(folder)):
            link = Path(store, path.relative_to(folder))
            if not any(above.is_symlink() for above in (link, *link.parents)):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        return store

    def lay(
        self, files: Mapping[str, bytes], artifacts: Artifacts, below: Mapping[str, str]
    ) -> str:
        """Make a store of given files, each with the mode of the one that it takes the place of."""
        store = self.new()
        for path, source in artifacts.items():
            if path not in files and source is not None:
                os.makedirs(os.path.dirname(f"{store}/{path}"), exist_ok=True)
                clone(str(source), f"{store}/{path}")
        for path, data in files.items():
            full, old = Path(store, path), below.get(path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(data)
            is_there = old is not None and stat.S_ISREG(os.lstat(old).st_mode)
            full.chmod(stat.S_IMODE(os.lstat(old).st_mode) if old and is_there else 0o644)
        return store

    def share(self, copy: WorkingCopy, paths: Iterable[str]) -> str:
        """Make a store of regular files that a working copy has, without copying any."""
        store = self.new()
        for path in paths:
            full = f"{copy.path}/{path}"
            mode = os.lstat(full).st_mode
            if stat.S_ISREG(mode):
                if not mode & stat.S_IRUSR:
                    os.chmod(full, stat.S_IMODE(mode) | stat.S_IRUSR)
                os.makedirs(os.path.dirname(f"{store}/{path}"), exist_ok=True)
                os.link(full, f"{store}/{path}", follow_symlinks=False)
        copy.touch()
        return store

    def take(self, copy: WorkingCopy, paths: Collection[str], *, folders: bool = False) -> str:
        """Move files and links out of a working copy to a new store, and name all its folders."""
        store = self.new()
        for path in paths:
            full = f"{copy.path}/{path}"
            mode = os.lstat(full).st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                _make_folder(copy.path, store, os.path.dirname(path))
                os.rename(full, f"{store}/{path}")
        if folders:
            for path, sig in look(copy.path):
                if stat.S_ISDIR(sig[0]):
                    _make_folder(copy.path, store, path)
        copy.touch()
        return store


def content_of(store: str) -> dict[str, str]:
    """Name everything in a store."""
    return {path: f"{store}/{path}" for path, _ in look(store)}


def is_folder(source: str) -> bool:
    """Tell a folder from a link to one."""
    return stat.S_ISDIR(os.lstat(source).st_mode)


def lay_over(content: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Put a content over another one; folders that both have stay as they are."""
    merged, replaced = dict(content), set()
    for path, source in added.items():
        old = content.get(path)
        if old is not None and is_folder(old):
            if is_folder(source):
                continue
            replaced.add(path)
        merged[path] = source
    if not replaced:
        return merged
    return {p: s for p, s in merged.items() if p in added or not replaced & set(_parents(p))}


def without(content: Mapping[str, str], gone: Collection[str]) -> dict[str, str]:
    """Leave out paths, and the folders that have nothing in them without these."""
    left = {path: source for path, source in content.items() if path not in gone}
    above = {parent for path in gone for parent in _parents(path)}
    kept = {
        parent for path, source in left.items() if path not in above for parent in _parents(path)
    }
    return {path: source for path, source in left.items() if path not in above or path in kept}


def date_as_the_users(tip: str, root: str, edited: Collection[str]) -> None:
    """Give files that are as the user has them their times: builds are as fresh as they are there.

    Others have a time of now.
    """
    for path, _ in look(tip):
        if path not in edited:
            with suppress(OSError):
                st = os.lstat(f"{root}/{path}")
                times = (st.st_atime_ns, st.st_mtime_ns)
                os.utime(f"{tip}/{path}", ns=times, follow_symlinks=False)


def date(content: Mapping[str, str], first: float) -> None:
    """Make files as new as they are, and not older than `first`."""
    now = max(time.time(), first)
    for source in content.values():
        os.utime(source, (now, now), follow_symlinks=False)


def _listed(folder: str) -> list[os.DirEntry[str]]:
    """List a folder of the user's; nothing of one that was deleted by now."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []
    except PermissionError as error:
        raise _unreadable(folder) from error


def _copy(entry: os.DirEntry[str], path: str) -> None:
    try:
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), path)
        elif entry.is_file():
            clone(entry.path, path)
            os.chmod(path, entry.stat().st_mode & 0o777)
    except FileNotFoundError:  # the user has just deleted it
        Path(path).unlink(missing_ok=True)
    except PermissionError as error:
        raise _unreadable(entry.path) from error


def _unreadable(path: str) -> MachineError:
    return MachineError(
        f"{path} cannot be read, and runs get a copy of what the project ignores.",
        remedy="Give yourself the right to read it, move it out of the project, or let runs lie "
        "over the project (`isolation: overlay`), which copies nothing.",
    )


def _make_folder(old: str, new: str, path: str) -> None:
    """Make a folder and those above it as they are in another place."""
    for at in (*_parents(path), path):
        if at and not os.path.isdir(f"{new}/{at}"):
            os.mkdir(f"{new}/{at}")
            os.chmod(f"{new}/{at}", 0o700 | os.lstat(f"{old}/{at}").st_mode & 0o777)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]
