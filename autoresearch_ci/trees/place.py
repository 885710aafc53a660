"""The folder of a session's layers: where it can lie, and the removal of what a kill has left."""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees.layers import discard
from autoresearch_ci.trees.machine import file_system, home_of
from autoresearch_ci.workspace.files import disk_errors

_UNFIT = ("overlay", "fuse", "fuseblk", "9p", "nfs", "nfs4", "cifs", "vfat", "msdos", "exfat")
"""File systems on which no upper layer can lie."""

End = Callable[[Path], None]


def _nothing(_place: Path) -> None:
    """Do nothing: all that ran there ended with its session."""


def candidates(root: Path, temporary: str = "", *, mounted: bool = True) -> list[Path]:
    """Folders in which what trees of this project are made of could lie, the best first.

    One that the user has chosen, by TMPDIR, comes before all. On a disk rather than in memory.
    Where it is to be `mounted`, on a file system that can be, and neither in the project nor in
    the home: a folder cannot be a layer of what it lies in.
    """
    home = home_of(dict(os.environ))
    temporary = temporary or tempfile.gettempdir()
    chosen, runner = (os.environ.get(name, "") for name in ("TMPDIR", "RUNNER_TEMP"))
    found = [chosen, "/var/tmp", temporary, runner, "/dev/shm"]
    paths = dict.fromkeys(Path(name).resolve() for name in found if name)
    return [
        path
        for path in paths
        if os.access(path, os.W_OK | os.X_OK)
        and not path.is_relative_to(root)
        and (not mounted or _is_fit(path, home))
    ]


def _is_fit(path: Path, home: Path) -> bool:
    inside = path.is_relative_to(home) and home != Path("/")
    return not inside and file_system(str(path)) not in _UNFIT


@contextmanager
def session_place(parents: Sequence[Path], end: End = _nothing) -> Iterator[Path]:
    """A new folder in the first of these that only we can enter; deleted in the end.

    What killed sessions of this user have left there is deleted before: the kernel freed their
    locks when they ended. `end` ends what may still run in the trees of such a folder.
    """
    if not parents:
        raise MachineError(
            "There is no folder in which the layers of run trees can lie.",
            remedy="Let TMPDIR name a writable folder outside of the project and the home, on a "
            "local disk.",
        )
    top = top_in(parents[0])
    with disk_errors(f"use {top}"):
        top.mkdir(mode=0o700, exist_ok=True)
        st = top.lstat()
        if st.st_uid != os.getuid() or not top.is_dir() or top.is_symlink():
            raise MachineError(
                f"{top} belongs to somebody else.", remedy=f"Remove {top}, then start again."
            )
        top.chmod(0o711)
        sweep(top, end)
        place = top / secrets.token_hex(8)
        lock = os.open(f"{place}.new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(f"{place}.new", f"{place}.lock")  # nobody sees one that we do not hold yet
        place.mkdir(mode=0o700)  # after its lock: should we be killed, somebody finds it
    try:
        yield place
    finally:
        with disk_errors(f"remove {place}"):
            discard(str(place))
            os.unlink(f"{place}.lock")
        os.close(lock)


def top_in(parent: Path) -> Path:
    """The folder of all sessions of this user in one of the candidates."""
    return parent / f"autoresearch-{os.getuid()}"


def sweep(top: Path, end: End = _nothing) -> None:
    """Delete the folders whose session holds its lock no more, and `end` what runs in them."""
    for path in top.glob("*.lock"):
        with suppress(FileNotFoundError), open(path, "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if os.path.isdir(folder := path.with_suffix("")):
                end(folder)
                discard(str(folder))
            path.unlink(missing_ok=True)
