"""A folder that is brought back to what it is to hold before every run, at the cost of a look.

Whoever runs in it cannot set the ctime of a file. So what has the signature that it had when it
was brought is as it was, and all else is made anew from where it comes, as long as no command
begins within the tick of the clock in which something was brought. No link is followed.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from autoresearch_ci.core.files import Signature, delete, signature
from autoresearch_ci.trees import Change, Kind
from autoresearch_ci.trees.layers import entries

Content = Mapping[str, str]
"""Paths in a folder, each with the absolute path of the file, link or folder that it is to be like.

A source never changes. All folders of a path have an entry of their own.
"""

_OWNER = 0o700
_CHUNK = 1 << 20


class WorkingCopy:
    """The folder at `path`, which is empty unless it is `unknown`; what is brought is `owner`'s."""

    def __init__(self, path: str, owner: int | None, *, unknown: bool = False) -> None:
        self.path, self._owner = path, owner
        self._content: Content = {}
        self._brought: dict[str, Signature] = {}
        self.newest = 0  # the last ctime of what was brought
        self._seen: dict[str, Signature] | None = None if unknown else {}

    def touch(self) -> None:
        """Take note that a command is about to run in the folder."""
        self._seen = None

    def restore(self, content: Content) -> None:
        """Make the folder hold this and nothing else; OSError where the disk is full."""
        kept, strays = self._sort(content)
        self._seen = None  # should this be interrupted
        for path in strays:
            remove(self._full(path))
        missing = sorted(content.keys() - kept.keys())
        for path in missing:
            self._bring(content[path], self._full(path))
        self._content = dict(content)
        self._brought = kept
        for path in missing:
            if found := signature(self._full(path)):
                self._brought[path] = found
        self.newest = max((sig[3] for sig in self._brought.values()), default=0)
        self._seen = dict(self._brought)

    def _sort(self, content: Content) -> tuple[dict[str, Signature], list[str]]:
        """Tell what is as it is to be from what is in the way, with all that is in it."""
        kept: dict[str, Signature] = {}
        strays = []
        for path, now in self._look().items():
            parent = _parent(path)
            if parent and parent not in kept:
                continue  # it goes with the folder
            source, was = content.get(path), self._brought.get(path)
            if source is None or was is None or source != self._content[path]:
                strays.append(path)
            elif now == was:
                kept[path] = now
            elif stat.S_ISDIR(now[0]) and stat.S_ISDIR(was[0]):
                if now[0] != was[0]:
                    os.chmod(self._full(path), stat.S_IMODE(was[0]))
                kept[path] = was
            else:
                strays.append(path)
        return kept, strays

    def touched(self) -> tuple[list[str], list[str]]:
        """The paths of what is no folder and was written since, and all paths that are gone."""
        seen = self._look()
        written = [
            path
            for path, now in seen.items()
            if not stat.S_ISDIR(now[0]) and now != self._brought.get(path)
        ]
        return written, [path for path in self._content if path not in seen]

    def written(self) -> Iterator[tuple[str, int]]:
        """Yield the regular files that were written since it was brought, with their modes."""
        for path, now in self._look().items():
            if stat.S_ISREG(now[0]) and now != self._brought.get(path):
                yield path, now[0]

    def kept(self, path: str) -> str | None:
        """The source of a regular file that is as it was brought."""
        now = self._look().get(path)
        is_file = now is not None and stat.S_ISREG(now[0])
        return self._content[path] if is_file and now == self._brought.get(path) else None

    def has(self, path: str) -> bool:
        """Tell whether there is anything at a path."""
        return path in self._look()

    def find(self, path: str) -> Path | None:
        """The place of what is at a path, a link itself; None where a folder on the way is one."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts))]
        signatures = [signature(self._full(at)) for at in above]
        on_the_way = all(sig is not None and stat.S_ISDIR(sig[0]) for sig in signatures)
        return Path(self._full(path)) if on_the_way and signature(self._full(path)) else None

    def changes(self) -> tuple[Change, ...]:
        """Compare with what was brought."""
        seen, found = self._look(), []
        for path, now in seen.items():
            was = self._brought.get(path)
            if was is None:
                if not stat.S_ISDIR(now[0]):
                    found.append(Change(path, Kind.ADDED, stat.S_ISREG(now[0])))
            elif stat.S_ISDIR(was[0]) != stat.S_ISDIR(now[0]):
                kind = Kind.DELETED if stat.S_ISDIR(now[0]) else Kind.CHANGED
                found.append(Change(path, kind, stat.S_ISREG(now[0])))
            elif now != was and not self._is_same(path, now):
                found.append(Change(path, Kind.CHANGED, stat.S_ISREG(now[0])))
        for path in self._content:
            if path not in seen and (not _parent(path) or _is_folder(seen.get(_parent(path)))):
                found.append(Change(path, Kind.DELETED, is_file=False))
        return tuple(sorted(found))

    def _is_same(self, path: str, now: Signature) -> bool:
        full, source = self._full(path), self._content[path]
        was = os.lstat(source)
        if stat.S_IFMT(was.st_mode) != stat.S_IFMT(now[0]):
            return False
        if stat.S_ISLNK(now[0]):
            return os.readlink(full) == os.readlink(source)
        if not stat.S_ISREG(now[0]):
            return stat.S_ISDIR(now[0])
        if now[1] != was.st_size or (now[0] ^ was.st_mode) & stat.S_IXUSR:
            return False
        if not now[0] & stat.S_IRUSR:
            os.chmod(full, stat.S_IMODE(now[0]) | stat.S_IRUSR)
        return _are_equal(full, source)

    def _look(self) -> dict[str, Signature]:
        """Everything in the folder; parents come before what is in them."""
        if self._seen is None:
            if stat.S_IMODE(os.lstat(self.path).st_mode) & _OWNER != _OWNER:
                os.chmod(self.path, 0o700)
            self._seen = dict(look(self.path))
        return self._seen

    def _full(self, path: str) -> str:
        return f"{self.path}/{path}"

    def _bring(self, source: str, path: str) -> None:
        st = os.lstat(source)
        if stat.S_ISLNK(st.st_mode):
            os.symlink(os.readlink(source), path)
        elif stat.S_ISDIR(st.st_mode):
            os.mkdir(path)
        else:
            clone(source, path)
        if self._owner is not None:
            os.chown(path, self._owner, self._owner, follow_symlinks=False)
        if not stat.S_ISLNK(st.st_mode):
            os.chmod(path, st.st_mode & 0o777)


def look(folder: str) -> Iterator[tuple[str, Signature]]:
    """Yield all below a folder with its signature; one that is closed is opened."""
    pending = [""]
    while pending:
        at = pending.pop()
        for entry in entries(f"{folder}/{at}"):
            try:
                st = entry.stat(follow_symlinks=False)
            except OSError as error:
                if error.errno != errno.ENAMETOOLONG:
                    raise
                continue  # nobody made that in good faith
            path = f"{at}{entry.name}"
            yield path, (st.st_mode, st.st_size, st.st_mtime_ns, st.st_ctime_ns, st.st_ino)
            if stat.S_ISDIR(st.st_mode):
                pending.append(f"{path}/")


def remove(path: str) -> None:
    """Delete a file, a link or a folder, however deep what is in it goes."""
    if os.path.isdir(path) and not os.path.islink(path):
        try:
            shutil.rmtree(path)
        except OSError:
            delete([path])
    else:
        os.unlink(path)


def clone(source: str, path: str) -> None:
    """Copy a regular file with its time and its holes, sharing its blocks where the disk can."""
    given = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(given, "rb", buffering=0), open(path, "xb", buffering=0, opener=_only_new) as file:
        st = os.fstat(given)
        for start, end in _parts(given, st):
            _copy_part(given, file.fileno(), start, end)
        if _has_holes(st):
            file.truncate(st.st_size)
        os.utime(file.fileno(), ns=(st.st_atime_ns, st.st_mtime_ns))


def _has_holes(st: os.stat_result) -> bool:
    return st.st_blocks * 512 < st.st_size


def _parts(file: int, st: os.stat_result) -> Iterator[tuple[int, int]]:
    """Yield the beginning and end of each part of a file that has data; between them are holes."""
    if not _has_holes(st):
        yield 0, st.st_size
        return
    end = 0
    while end < st.st_size:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return  # a hole to the end
        end = os.lseek(file, start, os.SEEK_HOLE)
        yield start, end


def _copy_part(given: int, file: int, at: int, end: int) -> None:
    """Copy the bytes between two places of a file, as far as it still has them."""
    try:
        while at < end and (done := os.copy_file_range(given, file, end - at, at, at)):
            at += done
    except (OSError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        # another disk, or a system without such a call
        while at < end and (data := os.pread(given, min(_CHUNK, end - at), at)):
            at += os.pwrite(file, data, at)


def _only_new(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _are_equal(one: str, other: str) -> bool:
    """Read two files of the same size."""
    with open(one, "rb") as here, open(other, "rb") as there:
        while data := here.read(_CHUNK):
            if data != there.read(_CHUNK):
                return False
        return True


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _is_folder(found: Signature | None) -> bool:
    return found is not None and stat.S_ISDIR(found[0])
