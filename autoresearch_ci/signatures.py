"""Whether a file is as it was, without reading it. Nothing here follows a symlink."""

from __future__ import annotations

import os
import stat
import time

Signature = tuple[int, int, int, int, int]
"""Mode, size, mtime, ctime and inode: equal means that nobody changed the file.

A program can set the mtime but not the ctime.
"""

TICK = 20_000_000
"""Nanoseconds within which a filesystem may give two changes the same ctime."""


def signature(path: str) -> Signature | None:
    """How the file stands; None when nothing can be seen there."""
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
    """Whether it is a real directory, not a link to one."""
    return sig is not None and stat.S_ISDIR(sig[0])
