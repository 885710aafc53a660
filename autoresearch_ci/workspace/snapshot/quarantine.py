"""What was undone in the working tree, put aside: a person may have written it.

Nobody can tell who changed a file while a run was at work. So what is undone is not deleted
at once but moved into the git directory, which costs no more. Each time there is a folder, named
by the time, with the files under their own paths; the oldest go when there is no more room.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections import deque
from collections.abc import Collection
from pathlib import Path

from autoresearch_ci.core.files import is_directory, signature
from autoresearch_ci.workspace.files import OWNER, make_way, reachable, remove
from autoresearch_ci.workspace.snapshot.refs import stamp

FILES, BYTES = 1000, 128 * 1024 * 1024
"""The most that is put aside at a time."""

TIMES = 4
"""How many times as much there can be in all."""


class Quarantine:
    """The folder `name` below `home`, for what stood in the tree at `root`.

    `spilled` says that there was no room for something since `begin(anew=True)`.
    """

    def __init__(self, root: Path, home: Path, name: str) -> None:
        self._root = str(root)
        self._home = home
        self._name = name
        self._now = ""
        self._files, self._bytes = 0, 0
        self._earlier: deque[tuple[str, int, int]] = deque()
        self._all_files, self._all_bytes = 0, 0
        self._looked = False
        self.spilled = False
        self._last = ""
        self._began = time.time_ns()

    def begin(self, *, anew: bool = False) -> None:
        """What is taken from now on goes to a folder of its own; `anew` forgets the last one."""
        if self._now:
            self._earlier.append((self._now, self._files, self._bytes))
        self._now, self._files, self._bytes = "", 0, 0
        if anew:
            self._last, self.spilled = "", False

    @property
    def place(self) -> str:
        """The last folder that something was put in, for people; empty where there is none."""
        if not self._last:
            return ""
        full = self._home / self._last
        inside = full.is_relative_to(self._root)
        return str(full.relative_to(self._root) if inside else full)

    def take(self, path: str, *, spare: Collection[str] = ()) -> None:
        """Move what stands at `path` here, where there is room; else it is left to be deleted.

        A directory is taken whole, or not at all where something in `spare` is below it.
        """
        sig = signature(f"{self._root}/{path}")
        if sig is None or not reachable(self._root, path):
            return
        if stat.S_ISDIR(sig[0]):
            if any(each.startswith(f"{path}/") for each in spare):
                return
            files, size = _extent(f"{self._root}/{path}")
        elif stat.S_ISREG(sig[0]) or stat.S_ISLNK(sig[0]):
            files, size = 1, sig[1]
        else:
            return
        if self._files + files > FILES or self._bytes + size > BYTES:
            if _is_older(f"{self._root}/{path}", self._began):
                self._take_moved(path)
            else:
                self.spilled = True
            return
        if self._now and not self._is_free(path):
            self.begin()
        self._make_room(files, size)
        self._now = self._now or stamp()
        self._last = f"{self._name}/{self._now}"
        make_way(str(self._home), f"{self._last}/{path}")
        _move(f"{self._root}/{path}", f"{self._home}/{self._last}/{path}")
        self._files, self._bytes = self._files + files, self._bytes + size

    def _take_moved(self, path: str) -> None:
        """Move what a run has only moved here, such as data that git ignored at its old place.

        It is the user's, so there is always room, and nothing is ever removed again.
        """
        self._last = f"moved/{stamp()}"
        make_way(str(self._home), f"{self._last}/{path}")
        _move(f"{self._root}/{path}", f"{self._home}/{self._last}/{path}")

    def _is_free(self, path: str) -> bool:
        """Whether nothing in the folder of now is in this path's way."""
        at = f"{self._home}/{self._name}/{self._now}"
        for part in path.split("/"):
            at = f"{at}/{part}"
            sig = signature(at)
            if sig is None:
                return True
            if not stat.S_ISDIR(sig[0]):
                return False
        return False

    def _make_room(self, files: int, size: int) -> None:
        """Remove the oldest of earlier times until so much more can be here."""
        if not self._looked:
            self._looked, self._earlier = True, deque(self._found())
            self._all_files = sum(each[1] for each in self._earlier)
            self._all_bytes = sum(each[2] for each in self._earlier)
        self._all_files, self._all_bytes = self._all_files + files, self._all_bytes + size
        most = TIMES * FILES, TIMES * BYTES
        while self._earlier and (self._all_files > most[0] or self._all_bytes > most[1]):
            name, many, much = self._earlier.popleft()
            remove(str(self._home), f"{self._name}/{name}")
            self._all_files, self._all_bytes = self._all_files - many, self._all_bytes - much

    def _found(self) -> list[tuple[str, int, int]]:
        """What earlier sessions left here, the oldest first."""
        if not reachable(str(self._home), f"{self._name}/"):
            return []
        folder = f"{self._home}/{self._name}"
        return [(name, *_extent(f"{folder}/{name}")) for name in sorted(os.listdir(folder))]


def _is_older(full: str, began: int) -> bool:
    """Whether a file, or one below a folder, was there at that time, in nanoseconds.

    To move a folder changes no ctime below it, and a program cannot set one back.
    """
    if not is_directory(signature(full)):
        return os.lstat(full).st_mtime_ns < began
    for at, _, files in os.walk(full):
        if any(os.lstat(f"{at}/{name}").st_ctime_ns < began for name in files):
            return True
    return False


def _extent(full: str) -> tuple[int, int]:
    """How many files and folders there are below a directory, and the bytes of the files.

    It counts no further than it matters; what cannot be read is more than there is room for.
    """
    files, size, stack = 0, 0, [full]
    while stack and files <= FILES:
        try:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            return FILES + 1, size
    return files, size


def _move(source: str, target: str) -> None:
    """Move a file, a link or a directory, also from where an experiment took the right to."""
    sig = signature(source)
    if sig and stat.S_ISDIR(sig[0]) and sig[0] & OWNER != OWNER:
        os.chmod(source, stat.S_IMODE(sig[0]) | OWNER)
    try:
        os.rename(source, target)
    except PermissionError:
        parent = os.path.dirname(source)
        os.chmod(parent, stat.S_IMODE(os.lstat(parent).st_mode) | OWNER)
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(source, target)
