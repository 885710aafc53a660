"""Files: signatures that tell changes, deletion, ownership. No symlink is followed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Iterable

Signature = tuple[int, int, int, int, int]
"""Mode, size, mtime, ctime and inode: equal means that nobody changed the file.

A program can set the mtime but not the ctime.
"""

TICK = 20_000_000
"""Nanoseconds within which a filesystem may give two changes the same ctime."""


def signature(path: str) -> Signature | None:
    """The state of a file; None when nothing can be seen there."""
    try:
        st = os.lstat(path)
    except OSError:
        return None
    return st.st_mode, st.st_size, st.st_mtime_ns, st.st_ctime_ns, st.st_ino


def is_there(path: str | os.PathLike[str]) -> bool:
    """Tell whether anything can be seen at a path; false, too, where the system will not look."""
    return os.path.exists(path)


_AT_ONCE = 100  # paths among the arguments of one program


def delete(paths: Iterable[str]) -> None:
    """Delete these and all that is below them; no link is followed. What cannot be deleted stays.

    Folders by programs that go down step by step, where every call with a path would fail.
    """
    folders = []
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            folders.append(path)
        elif os.path.lexists(path):
            os.unlink(path)
    for first in range(0, len(folders), _AT_ONCE):
        # `chmod` follows a link that is an argument, and none that it meets.
        for words in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run(
                [*words, "--", *folders[first : first + _AT_ONCE]], check=False, capture_output=True
            )


def as_its_folder(path: str | os.PathLike[str], file: int | None = None) -> None:
    """Give what we made at `path` to the owner of the folder it lies in; no link is followed.

    `file` is the same as an open descriptor, where there is one.
    """
    if os.geteuid() != 0:
        return
    folder = os.stat(os.path.dirname(os.path.abspath(path)), follow_symlinks=False)
    now = os.stat(path, follow_symlinks=False) if file is None else os.fstat(file)
    uid, gid = folder.st_uid, folder.st_gid
    if (now.st_uid, now.st_gid) == (uid, gid):
        return
    if file is None:
        os.chown(path, uid, gid, follow_symlinks=False)
    else:
        os.fchown(file, uid, gid)


def give(top: str, uid: int, gid: int) -> None:
    """Make all of `top` this user's, itself included; no link is followed. Raises OSError.

    What lies so deep that it has no path is left out: nobody made that in good faith. To be called
    when nothing of the owner runs that could put a link in our way.
    """
    os.chown(top, uid, gid, follow_symlinks=False)
    folders = [top]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                try:
                    os.chown(entry.path, uid, gid, follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                except OSError as error:
                    if error.errno != errno.ENAMETOOLONG:
                        raise


def give_ours(top: str, uid: int, gid: int) -> None:
    """Give what is root's at `top` and below it to a user; no link is followed. Raises OSError.

    Nothing where nothing is there. For root.
    """
    found = [top] if os.path.lexists(top) else []
    for path in found:  # grows under way
        st = os.lstat(path)
        if st.st_uid == 0 and uid:
            os.chown(path, uid, gid, follow_symlinks=False)
        if stat.S_ISDIR(st.st_mode):
            with os.scandir(path) as entries:
                found += [entry.path for entry in entries]
