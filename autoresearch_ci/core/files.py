"""Files: signatures that tell changes, deletion, ownership. No symlink is followed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import time
from collections.abc import Collection, Iterable

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


def sign(path: str) -> Signature | None:
    """A signature to remember.

    One of a file that changed within the last clock tick equals no other, since
    the file could change again without its ctime telling.
    """
    now = signature(path)
    if now is None or time.time_ns() - now[3] > TICK:
        return now
    return now[0], now[1], now[2], -1, now[4]


def is_directory(sig: Signature | None) -> bool:
    """Tell whether it is a real directory, not a link to one."""
    return sig is not None and stat.S_ISDIR(sig[0])


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


_LENT = stat.S_ISVTX | stat.S_IWGRP


def as_its_folder(path: str | os.PathLike[str], file: int | None = None) -> None:
    """Give what we made at `path` to the owner of the folder it lies in; no link is followed.

    `file` is the same as an open descriptor, where there is one.
    """
    if os.geteuid() != 0:
        return
    folder = os.stat(os.path.dirname(os.path.abspath(path)), follow_symlinks=False)
    now = os.stat(path, follow_symlinks=False) if file is None else os.fstat(file)
    lent = folder.st_uid == 0 and folder.st_mode & _LENT == _LENT
    uid, gid = folder.st_gid if lent else folder.st_uid, folder.st_gid
    if (now.st_uid, now.st_gid) == (uid, gid):
        return
    if file is None:
        os.chown(path, uid, gid, follow_symlinks=False)
    else:
        os.fchown(file, uid, gid)


def lend(top: str, user: int) -> None:
    """Make a working tree this user's, whose group has the same number, but for its `.git`.

    The folder itself stays ours and is sticky: they make and remove files in it, and cannot
    put another `.git` in the place of ours. Raises OSError, as `give`.
    """
    give(top, user, user, spare=(".git",), own_only=True)
    os.chown(top, 0, user, follow_symlinks=False)
    os.chmod(top, stat.S_IMODE(os.stat(top).st_mode) | _LENT | 0o070)  # noqa: S103 - it has to be


def give(
    top: str, uid: int, gid: int, *, spare: Collection[str] = (), own_only: bool = False
) -> None:
    """Make all of `top` this user's, itself included; no link is followed. Raises OSError.

    With `own_only` files that have another name somewhere are left out: their content is
    somebody else's, too, such as a package in a store that projects share.

    Names in `spare`, right below `top`, are left out with all that is in them. So is what
    lies so deep that it has no path: nobody made that in good faith. To be called when nothing
    of the owner runs that could put a link in our way.
    """
    os.chown(top, uid, gid, follow_symlinks=False)
    folders = [top]
    while folders:
        here = folders.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                if here == top and entry.name in spare:
                    continue
                try:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if not own_only or is_folder or entry.stat(follow_symlinks=False).st_nlink == 1:
                        os.chown(entry.path, uid, gid, follow_symlinks=False)
                    if is_folder:
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
