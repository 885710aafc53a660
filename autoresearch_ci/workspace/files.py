"""Files below a root that an experiment may have turned inside out.

Nothing here follows a symlink: an experiment can put one anywhere in the tree.
It is called only when every process of the experiment is dead.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autoresearch_ci.core.errors import AutoresearchError, WorkspaceError
from autoresearch_ci.core.files import as_its_folder
from autoresearch_ci.workspace.git import no_space

_SCRATCH = ".autoresearch-"


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Turn the disk's refusals into errors that say what to do."""
    try:
        yield
    except OSError as error:
        raise _disk_error(error, doing) from error


def _disk_error(error: OSError, doing: str) -> AutoresearchError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space()
    return WorkspaceError(
        f"Could not {doing}: {error.strerror or error}.",
        detail=str(error.filename or ""),
        remedy="Check that you own the files and that the disk is writable, then run again.",
    )


def write_atomic(path: str, data: bytes, *, mode: int, scratch: Path) -> None:
    """Put `data` at `path` in one step; readers see the old content or the new.

    The temporary file lies in `scratch`, outside the tree, where the filesystem
    allows a rename from there.
    """
    _put(path, lambda file: file.write(data), mode, scratch)


def _put(path: str, fill: Callable[[BinaryIO], object], mode: int, scratch: Path) -> None:
    for folder in (str(scratch), os.path.dirname(path)):
        # In the tree an experiment may have put a link where it knows that we will write.
        temporary = os.path.join(folder, f"{_SCRATCH}{secrets.token_hex(8)}.tmp")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(fd, "wb") as file:
                fill(file)
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            os.replace(temporary, path)
            as_its_folder(path)
        except OSError as error:
            if os.path.lexists(temporary):
                os.unlink(temporary)
            if error.errno != errno.EXDEV:
                raise
        else:
            return
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
