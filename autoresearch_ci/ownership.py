"""Whose the files are that we make where somebody else works.

As root in a container we write into a working tree that belongs to the user whom
experiments run as. What is made there has to be that user's, or the next
experiment could not change it. For anybody but root nothing happens here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection


def as_its_folder(path: str | os.PathLike[str], file: int | None = None) -> None:
    """Give what we made at `path` to the owner of the folder it lies in; no link is followed.

    `file` is the same as an open descriptor, where there is one.
    """
    if os.geteuid() != 0:
        return
    folder = os.stat(os.path.dirname(os.path.abspath(path)), follow_symlinks=False)
    now = os.stat(path, follow_symlinks=False) if file is None else os.fstat(file)
    if (now.st_uid, now.st_gid) == (folder.st_uid, folder.st_gid):
        return
    if file is None:
        os.chown(path, folder.st_uid, folder.st_gid, follow_symlinks=False)
    else:
        os.fchown(file, folder.st_uid, folder.st_gid)


def give(top: str, uid: int, gid: int, *, spare: Collection[str] = ()) -> None:
    """Make all of `top` this user's, itself included; no link is followed. Raises OSError.

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
                    os.chown(entry.path, uid, gid, follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                except OSError as error:
                    if error.errno != errno.ENAMETOOLONG:
                        raise
