"""The file in which a run can leave its numbers, under a name that no run before it had."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

LARGEST = 1 << 20
"""Bytes of the file that are read."""


def new_name() -> str:
    """A name at the project's top; another one for each run, so that what is there is of this."""
    return f".autoresearch-{secrets.token_hex(8)}.json"


def take(path: Path) -> str:
    """The text of the file, which is then gone; empty where a run left no plain file there."""
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return ""
            with suppress(OSError):
                path.unlink()
            return os.read(file, LARGEST).decode("utf-8", errors="replace")
        finally:
            os.close(file)
    return ""
