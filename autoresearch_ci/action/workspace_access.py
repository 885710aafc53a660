"""The workspace, handed to the users that commands run as, and back to its owner.

As root in a container we could do anything to the runner's files, and so could an
experiment. So it runs as a user who has nothing but the working tree: `.git`, what
the runner keeps beside the workspace and the engine's socket are closed while a
session runs. What was changed is written down in `.git` before it is changed, so
that after a kill whoever comes next can hand everything back.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.files import give, lend
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.executors.home_dirs import TwoHomes, discard
from autoresearch_ci.executors.process_tree import kill_marked, renounce
from autoresearch_ci.executors.users import UMASK, User, Users, kill_all_of, processes_of
from autoresearch_ci.workspace import clear_copies, sessions_in_copies

EXPERIMENTS, AGENTS = 61001, 61002
"""User ids, and group ids, that nothing else on a runner has."""

SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock")
_RUNNERS = ("workflow", "file_commands", "home", "runner_temp")
_FILES = ("GITHUB_EVENT_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
_NOTE = Path("autoresearch") / "lent.json"
_HOMES = "autoresearch-homes-"
_PATIENCE = 10.0
"""Seconds in which a killed process has to be gone."""


@contextmanager
def lent(workspace: Path, closed: Iterable[Path]) -> Iterator[Users]:
    """Lend the working tree to the experiments within, and close the folders `closed` to them.

    In the end all of the workspace is its owner's, and the folders are as they were.
    Only for root. Raises MachineError.
    """
    take_back(workspace)
    for uid in (EXPERIMENTS, AGENTS):  # also where no note says that they were here
        _end_all_of(uid)
    os.umask(UMASK)
    renounce()
    place = tempfile.mkdtemp(prefix=_HOMES)
    try:
        Path(place).chmod(0o755)
        experiments = _user(EXPERIMENTS, place)
        homes = TwoHomes(place, str(experiments.home), EXPERIMENTS)
        _lend(workspace, [*closed, workspace / ".git"], place)
        yield Users(experiments, _user(AGENTS, place), homes)
    finally:
        with deferred():
            take_back(workspace)
            discard(place)  # where no note came to name it


@contextmanager
def handed_back(workspace: Path) -> Iterator[None]:
    """Use git within, where no experiment runs; in the end `.git` is its owner's.

    So nothing is killed: a session may be at work elsewhere on this machine.
    """
    folder = workspace / ".git"
    owner = (folder / "HEAD").stat()
    try:
        yield
    finally:
        with deferred():
            try:
                if os.geteuid() == 0:
                    give(str(folder), owner.st_uid, owner.st_gid)
            except OSError as error:
                raise _refused("hand the workspace back to its owner", error) from error


def take_back(workspace: Path) -> None:
    """Hand everything back that a session was lent; nothing where none was. For root."""
    try:
        note = json.loads((workspace / ".git" / _NOTE).read_bytes())
        owner, modes = (int(note["uid"]), int(note["gid"])), dict(note["modes"])
        homes = str(note.get("homes", ""))
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MachineError(
            f"{workspace / '.git' / _NOTE} is damaged: whose the files are is not known.",
            remedy=f"chown -R the owner of the runner on {workspace}, and delete that file.",
        ) from error
    for uid in (EXPERIMENTS, AGENTS):
        _end_all_of(uid)
    try:
        give(str(workspace), *owner)
        _restore(modes)
        if _are_homes(homes):
            discard(homes)
        (workspace / ".git" / _NOTE).unlink()
    except OSError as error:
        raise _refused("hand the workspace back to its owner", error) from error


def clear_copies_of(workspace: Path) -> None:
    """Delete the copies of the project that a killed session has left; end what runs in them."""
    home = workspace / ".git" / "autoresearch"
    for killed in sessions_in_copies(home):
        kill_marked(killed)
    clear_copies(home)


def places_of_the_runner(variables: Mapping[str, str], workspace: Path) -> list[Path]:
    """Find folders with the runner's own files: tokens in events, outputs to be, other homes.

    Not one that the workspace lies in, as a home may be on a self-hosted runner.
    """
    found = [Path("/github") / name for name in _RUNNERS]
    found += [Path(variables[name]).parent for name in _FILES if variables.get(name)]
    found += [Path(variables[name]) for name in ("RUNNER_TEMP", "HOME") if variables.get(name)]
    inside = (workspace, *workspace.parents)
    return sorted({path for path in found if path.is_absolute() and path.is_dir()} - {*inside})


def folders_of_sockets(*, in_own_container: bool) -> list[Path]:
    """Find the folders to close so that an engine's socket cannot be reached.

    A socket that anybody may use is closed by its folder, which only in a container of
    our own is ours to close. Elsewhere MachineError.
    """
    folders = []
    for name in SOCKETS:
        path = Path(name)
        with suppress(OSError):
            if not stat.S_ISSOCK(path.stat().st_mode):
                continue
            if in_own_container:
                folders.append(path.parent.resolve())
            elif path.stat().st_mode & stat.S_IWOTH:
                raise MachineError(
                    f"Anybody may use {path}, and so could an experiment: it would own this "
                    "machine.",
                    remedy=f"On the runner: chmod o-w {path}. Then run again.",
                )
    return folders


def _lend(workspace: Path, closed: list[Path], homes: str) -> None:
    try:
        owner = (workspace / ".git" / "HEAD").stat()
        modes = {str(path): stat.S_IMODE(path.stat().st_mode) for path in closed if path.is_dir()}
        top = {str(workspace): stat.S_IMODE(workspace.stat().st_mode)}
        note = workspace / ".git" / _NOTE
        note.parent.mkdir(exist_ok=True)
        with note.open("w", encoding="utf-8") as file:
            whose = {"uid": owner.st_uid, "gid": owner.st_gid}
            json.dump({**whose, "modes": modes | top, "homes": homes}, file)
            file.flush()
            os.fsync(file.fileno())
        for path, mode in modes.items():
            Path(path).chmod(mode & ~0o077)
        lend(str(workspace), EXPERIMENTS)
    except OSError as error:
        raise _refused("hand the workspace to the experiments' user", error) from error


def _restore(modes: Mapping[str, int]) -> None:
    for path, mode in modes.items():
        with suppress(FileNotFoundError):  # the runner clears its own places away
            Path(path).chmod(mode)


def _are_homes(place: str) -> bool:
    """Tell whether a session made it: the workspace's owner can write the note, and is not root."""
    folder, name = os.path.split(place)
    if folder != tempfile.gettempdir() or not name.startswith(_HOMES):
        return False
    with suppress(FileNotFoundError):
        found = os.lstat(place)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == 0
    return False


def _user(uid: int, homes: str) -> User:
    home = Path(homes) / str(uid)
    home.mkdir(mode=0o700)
    os.chown(home, uid, uid)
    return User(uid, uid, home)


def _end_all_of(uid: int) -> None:
    """After a kill of ours something may run on, where it is not a container's end."""
    give_up = time.monotonic() + _PATIENCE
    while kill_all_of(uid):
        if time.monotonic() > give_up:
            raise MachineError(
                f"The processes {processes_of(uid)} of an experiment cannot be killed.",
                remedy="Restart the runner, then run again.",
            )
        time.sleep(0.01)


def _refused(doing: str, error: OSError) -> MachineError:
    return MachineError(
        f"Could not {doing}: {error.strerror}: {error.filename}.",
        remedy="The Action needs a workspace on a disk that root may write to and chown on.",
    )
