"""A folder that is brought back to how it was, with another one that has the same files.

Each is the other's copy: what changed in one is taken from the other where that is as it was.
As root, and while nothing runs that could write to either.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Collection, Iterator

from autoresearch_ci.deletion import delete
from autoresearch_ci.signatures import TICK, Signature, signature

Within = Callable[[str, Signature], bool]


class Folder:
    """A folder that belongs to `owner`, user and group, and how what is in it is known to be."""

    def __init__(self, path: str, owner: int) -> None:
        self.path, self._owner = path, owner
        self.known: dict[str, Signature] = {}

    @property
    def size(self) -> int:
        """Bytes of the files that are known."""
        return sum(sig[1] for sig in self.known.values() if stat.S_ISREG(sig[0]))

    def survey(self) -> None:
        """How all is now is how it is to be. Pipes and sockets are nobody's to keep."""
        time.sleep(TICK / 1e9)  # what changes from now on has another time
        self.known = {
            path: sig
            for path, sig in self._walk(within=lambda _path, _sig: True)
            if stat.S_ISREG(sig[0]) or stat.S_ISDIR(sig[0]) or stat.S_ISLNK(sig[0])
        }

    def follow(self, other: Folder, before: dict[str, Signature]) -> None:
        """Become what `other` is, which was surveyed again: until then it was as in `before`."""
        same = {path for path, sig in other.known.items() if before.get(path) == sig}
        self.known = {
            path: self.known.get(path, sig) if path in same else (sig[0], *sig[1:3], -1, sig[4])
            for path, sig in other.known.items()
        }
        self.restore(other)

    def restore(self, other: Folder, spare: Collection[str] = ()) -> None:
        """Put all back but what is below the paths in `spare`, if folders are there.

        What is new is removed. What has changed in both folders is as well: nobody knows what
        it was.
        """
        os.chown(self.path, self._owner, self._owner, follow_symlinks=False)
        os.chmod(self.path, 0o700)
        leads_to_spare = {at for path in spare for at in _parents(path)}
        there, strays = set(), []

        def within(path: str, sig: Signature) -> bool:
            """Whether it stays and is looked into; else it is a stray, or spared."""
            if path in spare and stat.S_ISDIR(sig[0]):
                return False
            known = self.known.get(path)
            if stat.S_ISDIR(sig[0]):
                if path in leads_to_spare or (known and stat.S_ISDIR(known[0])):
                    there.add(path)
                    return True
            elif sig == known:
                there.add(path)
                return False
            strays.append(path)
            return False

        for path, sig in self._walk(within):
            known = self.known.get(path)
            if path in there and known and sig[0] != known[0]:
                os.chmod(self._full(path), stat.S_IMODE(known[0]))
            elif stat.S_ISDIR(sig[0]) and (path in spare or (path in there and not known)):
                # Closed, it would break what runs next.
                os.chmod(self._full(path), stat.S_IMODE(sig[0]) | 0o700)
        delete(self._full(path) for path in strays)
        self._bring([p for p in sorted(self.known.keys() - there) if not _below(p, spare)], other)

    def _bring(self, missing: list[str], other: Folder) -> None:
        brought = []
        for path in missing:
            full, mode = self._full(path), self.known[path][0]
            if stat.S_ISDIR(mode):
                os.mkdir(full)
            elif signature(other._full(path)) == other.known.get(path):
                shutil.copy2(other._full(path), full, follow_symlinks=False)
            else:
                del self.known[path]
                continue
            os.chown(full, self._owner, self._owner, follow_symlinks=False)
            if not stat.S_ISLNK(mode):
                os.chmod(full, stat.S_IMODE(mode))
            brought.append(path)
        if brought:
            time.sleep(TICK / 1e9)  # so that a later change shows
        for path in brought:
            if sig := signature(self._full(path)):
                self.known[path] = sig

    def _walk(self, within: Within) -> Iterator[tuple[str, Signature]]:
        """Everything in the folder; into directories only where `within` says so."""
        stack = [""]
        while stack:
            at = stack.pop()
            with os.scandir(self._full(at)) as entries:
                for entry in entries:
                    path = f"{at}/{entry.name}" if at else entry.name
                    if sig := signature(entry.path):
                        if within(path, sig) and stat.S_ISDIR(sig[0]):
                            stack.append(path)
                        yield path, sig

    def _full(self, path: str) -> str:
        return f"{self.path}/{path}" if path else self.path


def discard(path: str) -> None:
    """Delete a folder, however deep what is in it goes."""
    try:
        os.rmdir(path)
    except OSError:
        delete([path])


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _below(path: str, spare: Collection[str]) -> bool:
    return path in spare or any(at in spare for at in _parents(path))
