"""Layers on the disk: folders that an overlay puts one over the other, and what a stack shows.

A stack is a list of folders, the top one first. A whiteout, which is a character device 0:0, hides
what lies below it; a folder with the mark of an opaque one hides what is in those below it.
Layers are never changed once they are in a stack. No link is followed.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress

from autoresearch_ci.core.files import delete

_OPAQUE = "user.overlay.opaque"
_OPEN = 0o700


def is_whiteout(st: os.stat_result) -> bool:
    """Tell a file that hides what lies below it."""
    return stat.S_ISCHR(st.st_mode) and st.st_rdev == 0


def is_opaque(folder: str) -> bool:
    """Tell a folder that hides what is in those below it."""
    try:
        return os.getxattr(folder, _OPAQUE, follow_symlinks=False) == b"y"
    except OSError:
        return False


def step(folders: Sequence[str], name: str) -> list[str]:
    """Find what merged folders show under a name: folders to merge, one other file, or nothing."""
    found: list[str] = []
    for folder in folders:
        full = f"{folder}/{name}"
        st = _lstat(full)
        if st is None:
            continue
        if not stat.S_ISDIR(st.st_mode):
            return found if found or is_whiteout(st) else [full]
        found.append(full)
        if is_opaque(full):
            break
    return found


def find(stack: Sequence[str], path: str) -> list[str]:
    """The same for a path in a stack."""
    found = list(stack)
    *above, last = path.split("/")
    for name in above:
        found = step(found, name)
        st = _lstat(found[0]) if found else None
        if st is None or not stat.S_ISDIR(st.st_mode):
            return []
    return step(found, last)


def names(folders: Sequence[str]) -> set[str]:
    """The names in merged folders."""
    shown: set[str] = set()
    hidden: set[str] = set()
    for folder in folders:
        for entry in listed(folder):
            if entry.name not in shown and entry.name not in hidden:
                st = _lstat(entry.path)
                (hidden if st is None or is_whiteout(st) else shown).add(entry.name)
    return shown


def listed(folder: str) -> list[os.DirEntry[str]]:
    """List a folder that may be the user's; nothing of one that is closed, or gone by now."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            raise
        return []


def entries(folder: str) -> list[os.DirEntry[str]]:
    """List a folder of ours, also one that a run has closed; nothing of one that has no path."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except PermissionError:
        os.chmod(folder, _OPEN)
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return []


def hide(layer: str, paths: Iterable[str], below: Sequence[str]) -> None:
    """Put whiteouts for these paths into a layer that is to lie on the stack `below`.

    Where a folder of such a path is not there, it is what is hidden.
    """
    for path in paths:
        above = [*parents(path), path]
        hidden = next((at for at in above if not find(below, at)), path)
        make_parents(layer, hidden, below)
        if not os.path.lexists(f"{layer}/{hidden}"):
            make_whiteout(f"{layer}/{hidden}")


def prune(layer: str, paths: Iterable[str], below: Sequence[str]) -> None:
    """Hide the folders of these paths in which nothing is shown any more, as git removes them."""
    for path in paths:
        for at in reversed(parents(path)):
            if names(find([layer, *below], at)):
                break
            discard(f"{layer}/{at}")
            make_whiteout(f"{layer}/{at}")


def make_whiteout(path: str) -> None:
    """Make a file that hides what lies below it; the kernel lets anybody do that."""
    os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))


def make_opaque(folder: str) -> None:
    """Make a folder hide what is in those below it."""
    os.setxattr(folder, _OPAQUE, b"y")


def parents(path: str) -> list[str]:
    """The folders above a path, the outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def make_parents(layer: str, path: str, below: Sequence[str]) -> None:
    """Make the folders above a path in a layer, each like the one in the stack `below`."""
    at, shown = layer, list(below)
    for name in path.split("/")[:-1]:
        at, shown = f"{at}/{name}", step(shown, name)
        if _lstat(at) is None:
            os.mkdir(at)
            if shown and os.path.isdir(shown[0]):
                with suppress(FileNotFoundError):  # the user has just deleted it
                    imitate(shown[0], at)


def imitate(folder: str, other: str) -> None:
    """Give `other` the mode, times and owner of a folder."""
    st = os.lstat(folder)
    if os.geteuid() == 0:
        os.chown(other, st.st_uid, st.st_gid)
    os.chmod(other, stat.S_IMODE(st.st_mode))
    os.utime(other, ns=(st.st_atime_ns, st.st_mtime_ns))


def flatten(stack: Sequence[str], layer: str) -> None:
    """Make one layer of those of a stack, by hard links; it hides all that they hide."""
    pending = [(list(stack), layer)]
    while pending:
        folders, at = pending.pop()
        imitate(folders[0], at)
        if any(map(is_opaque, folders)):
            make_opaque(at)
        for name in {entry.name for folder in folders for entry in entries(folder)}:
            found = step(folders, name)
            full = f"{at}/{name}"
            if not found:
                make_whiteout(full)
            elif os.path.isdir(found[0]) and not os.path.islink(found[0]):
                os.mkdir(full)
                pending.append((found, full))
            else:
                os.link(found[0], full, follow_symlinks=False)


def discard(folder: str) -> None:
    """Delete a folder of ours with all that a run left in it, whatever that is."""
    try:
        shutil.rmtree(folder)
    except OSError:
        delete([folder])


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return None
