"""Running git: one place for its environment, its options and its errors."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoresearch_ci.core.environment import environment_of_git
from autoresearch_ci.core.errors import MachineError, WorkspaceError
from autoresearch_ci.core.interrupts import deferred

OPTIONS = (
    "--literal-pathspecs",
    "--no-replace-objects",  # one that an experiment made would change what a commit holds
    *(
        word
        for option in (
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "core.untrackedCache=false",
            "core.splitIndex=false",
            "core.trustctime=true",
            "core.checkStat=default",
            "core.logAllRefUpdates=true",
            "commit.gpgsign=false",
            "log.showSignature=false",
            "submodule.recurse=false",
        )
        for word in ("-c", option)
    ),
)

_PATIENCE = 3.0
"""Seconds to wait for a lock that another git, an editor's perhaps, holds for a moment."""

OLDEST = (2, 30)
ZERO = "0" * 40
"""The object id that stands for none."""


class Git:
    """Starts git in one directory. Errors become ours; `run` returns standard output.

    Git collects garbage of its own accord only where `collect` says so. It finds the repository
    around `cwd`, unless that of the working tree `cwd` is to be another one.
    """

    def __init__(self, cwd: Path, *, collect: bool = False, repository: Path | None = None) -> None:
        self.cwd = cwd
        self._options = OPTIONS if collect else (*OPTIONS, "-c", "gc.auto=0")
        self.env = environment_of_git()
        self.env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        if repository is not None:
            self.env |= {"GIT_DIR": str(repository), "GIT_WORK_TREE": str(cwd)}

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Sequence[int] = (0,),
        env: Mapping[str, str] | None = None,
    ) -> bytes:
        """Standard output; an exit code not in `ok` is an error."""
        return self.ask(*args, stdin=stdin, ok=ok, env=env)[1]

    def ask(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Sequence[int] = (0, 1),
        env: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """The exit code, one of `ok`, and standard output."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            done = self._start(args, stdin, env)
            if done.returncode in ok:
                return done.returncode, done.stdout
            words = done.stderr.decode(errors="replace").strip()
            held = ".lock': File exists" in words
            if not held or time.monotonic() > deadline:
                raise self._error(args, words)
            time.sleep(0.05)

    def line(self, *args: str, ok: Sequence[int] = (0,)) -> str:
        """The one line that a command prints."""
        return os.fsdecode(self.run(*args, ok=ok)).rstrip("\n")

    def _start(
        self, args: Sequence[str], stdin: bytes | None, env: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            # A git that Ctrl-C ends half-way leaves its locks behind: it gets a process group
            # that the terminal does not signal, and we wait for it.
            with deferred():
                return subprocess.run(
                    ["git", *self._options, *args],
                    cwd=self.cwd,
                    env={**self.env, **env} if env else self.env,
                    input=stdin,
                    stdin=subprocess.DEVNULL if stdin is None else None,
                    capture_output=True,
                    check=False,
                    process_group=0,
                )
        except FileNotFoundError as error:
            if not self.cwd.is_dir():
                raise WorkspaceError(
                    f"{self.cwd} is not there.", remedy="Name an existing directory with --repo."
                ) from error
            raise MachineError(
                "git is not installed, or not on PATH.",
                remedy="Install git 2.30 or newer (https://git-scm.com), then run again.",
            ) from error
        except NotADirectoryError as error:
            raise WorkspaceError(
                f"{self.cwd} is not a directory.", remedy="Name a directory with --repo."
            ) from error

    def _error(self, args: Sequence[str], words: str) -> WorkspaceError | MachineError:
        if any(said in words for said in _FULL):
            return no_space()
        if "dubious ownership" in words:
            owned = words.partition("repository at '")[2].partition("'")[0] or str(self.cwd)
            return WorkspaceError(
                f"git refuses {owned}: it belongs to another user.",
                remedy=f"If you trust it: git config --global --add safe.directory '{owned}'",
            )
        if ".lock': File exists" in words:
            lock = words.partition("'")[2].partition("'")[0]
            return WorkspaceError(
                f"Another git command holds {lock}.",
                remedy="Wait for it to end; if none is running, delete that file. Then run again.",
            )
        settings = {at + 1 for at, arg in enumerate(args) if arg == "-c"}
        verb = next((a for at, a in enumerate(args) if a[:1] != "-" and at not in settings), "")
        return WorkspaceError(
            f"`git {verb}` failed in {self.cwd}.",
            detail=words,
            remedy="Mend what git says above, then run again.",
        )


_FULL = ("No space left on device", "Out of diskspace", "error: unable to write file")
"""Git's words for a full disk; of a file that it could create and not write it says no more."""


def no_space() -> MachineError:
    """The error for a full disk."""
    return MachineError(
        "No space left on the device.",
        remedy="Free some space where the project is and where the trees of runs are (TMPDIR, else "
        "/var/tmp), then run again: nothing that was finished is lost.",
    )


_WHO = (
    "-c",
    "user.name=autoresearch-ci",
    "-c",
    "user.email=autoresearch-ci@users.noreply.github.com",
)


def create_repository(directory: Path, message: str) -> None:
    """Make `directory` a repository of its own, all that is in it one commit on `main`."""
    git = Git(directory)
    git.run("init", "--quiet", "--initial-branch=main")
    git.run("add", "--all")
    git.run(*_WHO, "commit", "--quiet", "--message", message)
