"""Whose the files are that we make where somebody else works.

As root in a container we write into a working tree that belongs to the user whom
experiments run as. What is made there has to be that user's, or the next
experiment could not change it. For anybody but root nothing happens here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection

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
