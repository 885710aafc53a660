"""Our own files in the git directory, and what the disk has against them."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch_ci.core.errors import AutoresearchError, WorkspaceError
from autoresearch_ci.core.files import as_its_folder
from autoresearch_ci.workspace.git import no_space


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


def write_atomic(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step: readers see the old content or the new. OSError."""
    temporary = path.with_name(f".autoresearch-{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    as_its_folder(path)
