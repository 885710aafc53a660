"""One run under way: a loop over its output, its end, its limits and its memory."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from autoresearch_ci.core.errors import MachineError, SettingsError
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.log import CappedLog, Capture, log_trouble
from autoresearch_ci.executors.memory import (
    Meter,
    first_to_go,
    out_of_memory_kills,
    says_out_of_memory,
)
from autoresearch_ci.executors.process_tree import Tree

_SHELL = "/bin/sh"
_GRACE = 0.5  # seconds between SIGTERM and SIGKILL when time is up or the user interrupts
_SETTLE = 0.2  # seconds in which what outlives its leader may end by itself, as `tee` does
_TICK = 0.01  # seconds between looks where nothing wakes us
_CHUNK = 256 * 1024
_PIPE_SIZE = 1024 * 1024


class Attempt:
    """One command and its tree. `run` once; `stop` early; `close` when the tree is dead.

    `wrapper` is the program, with its arguments, that is to start the shell, such as a
    sandbox; it inherits the descriptors in `inherited`. Its exit code has to be the shell's.
    """

    def __init__(
        self,
        command: Command,
        tree: Tree,
        first_sample: float,
        wrapper: Sequence[str] = (),
        inherited: Sequence[int] = (),
    ) -> None:
        self._command = command
        self._words = [*wrapper, _SHELL, "-c", command.shell]
        self._inherited = inherited
        self._tree = tree
        self._meter = Meter(command.memory_limit, first_sample)
        self._selector = selectors.DefaultSelector()
        self._buffer = memoryview(bytearray(_CHUNK))
        self._log: CappedLog | None = None
        self._output, self._errors = Capture(), Capture()
        self._process: subprocess.Popen[bytes] | None = None
        self._pidfd: int | None = None

    def run(self, env: dict[str, str]) -> Run:
        command, tree, meter = self._command, self._tree, self._meter
        kills = out_of_memory_kills()
        if command.log is not None:
            with log_trouble(command.log):
                self._log = CappedLog(command.log, command.log_limit)
        began = time.monotonic()
        self._start(env)
        self._watch(began + command.kill_after, lambda: tree.ended or meter.exceeded)
        timed_out = tree.ended is None and not meter.exceeded
        if timed_out:
            self.stop()
        if tree.ended is None:
            tree.destroy()
        seconds = time.monotonic() - began
        if tree.members():
            self._settle(_SETTLE)
            seconds = time.monotonic() - began  # work that goes on behind the leader's back counts
            tree.destroy()
        said = self._finish()
        code = self._exit_code()
        starved = meter.exceeded or (
            code != 0
            and not timed_out
            and (out_of_memory_kills() > kills or says_out_of_memory(said))
        )
        return Run(
            returncode=code if code >= 0 else None,
            seconds=seconds,
            signal=-code if code < 0 else None,
            timed_out=timed_out,
            out_of_memory=starved,
            peak_memory=meter.peak,
            peak_gpu_memory=meter.gpu.peak,
            output=self._output.text(),
            errors=self._errors.text(),
        )

    def stop(self) -> None:
        """Ask everything to end, and give it a moment in which its output is still read."""
        self._tree.signal(signal.SIGTERM)
        self._settle(_GRACE)

    def close(self) -> None:
        self._meter.gpu.close()
        for key in list(self._selector.get_map().values()):
            self._forget(key)
        self._selector.close()
        if self._process is not None and self._process.returncode is None:
            self._process.returncode = 0  # it was waited for by the tree
        if self._log is not None:
            with contextlib.suppress(OSError):  # an error is on its way already
                self._log.finish()

    def _start(self, env: dict[str, str]) -> None:
        merged = self._log is not None
        try:
            with Path(self._command.stdin or os.devnull).open("rb") as given, first_to_go():
                process = self._process = subprocess.Popen(
                    self._words,
                    cwd=self._command.cwd,
                    env=env,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                    bufsize=0,
                    start_new_session=True,
                    pass_fds=self._inherited,
                )
        except ValueError as error:
            raise SettingsError(
                f"The command {self._command.shell!r} holds a character that no command can have.",
                remedy="Remove the NUL or broken character from the command in the settings.",
            ) from error
        except OSError as error:
            raise MachineError(
                f"{self._words[0]} cannot be started: {error.strerror}.", remedy=_remedy(error)
            ) from error
        self._tree.leader = process.pid
        self._meter.started()
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):  # an old kernel
                self._pidfd = os.pidfd_open(process.pid)
                self._selector.register(self._pidfd, selectors.EVENT_READ)
        for pipe, sink in (
            (process.stdout, self._log or self._output),
            (process.stderr, self._errors),
        ):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                _enlarge(pipe.fileno())
                self._selector.register(pipe, selectors.EVENT_READ, sink)

    def _watch(self, until: float, done: Callable[[], object], tick: float = 60.0) -> None:
        """Read, sample and reap until `done()` or `until`."""
        if self._pidfd is None:
            tick = min(tick, _TICK)
        while not done() and (left := until - time.monotonic()) > 0:
            wait = min(left, tick, self._meter.due - time.monotonic())
            for key, _ in self._selector.select(max(wait, 0)):
                self._serve(key)
            if self._pidfd is None:
                self._reap()
            if time.monotonic() >= self._meter.due:
                self._reap()
                self._meter.sample(self._tree.members())

    def _settle(self, seconds: float) -> None:
        """Up to `seconds` in which what is still there may end by itself."""

        def gone() -> bool:
            self._reap()
            return not self._tree.members()

        self._watch(time.monotonic() + seconds, gone, tick=_TICK)

    def _reap(self) -> None:
        had_ended = self._tree.ended is not None
        self._tree.reap()
        if self._tree.ended is not None and not had_ended:
            self._meter.collected(self._tree.ended[1])

    def _serve(self, key: selectors.SelectorKey) -> None:
        if key.data is None:  # the leader has ended
            self._reap()
            self._forget(key)
        elif self._read(key) == 0:
            self._forget(key)

    def _read(self, key: selectors.SelectorKey) -> int | None:
        """Read some. Returns the number of bytes: 0 at the end, None while there are none."""
        try:
            size = os.readv(key.fd, [self._buffer])
        except BlockingIOError:
            return None
        with log_trouble(self._command.log) if self._log else contextlib.nullcontext():
            key.data.write(self._buffer[:size])
        return size

    def _forget(self, key: selectors.SelectorKey) -> None:
        self._selector.unregister(key.fileobj)
        if isinstance(key.fileobj, io.IOBase):
            key.fileobj.close()
        else:
            os.close(key.fd)

    def _finish(self) -> str:
        """Put what the pipes still hold into its place; returns the end of what was said."""
        for key in list(self._selector.get_map().values()):
            most = 2 * _PIPE_SIZE  # should somebody outside the tree hold the other end and write
            while key.data is not None and most > 0 and (size := self._read(key)):
                most -= size
        if self._log is None:
            return f"{self._output.text()}\n{self._errors.text()}"
        log, self._log = self._log, None
        with log_trouble(self._command.log):
            return log.finish()

    def _exit_code(self) -> int:
        """The exit code, or minus the signal's number."""
        status = self._tree.ended[0] if self._tree.ended else None
        if status is None:
            raise MachineError(
                "The command's exit code was lost, because this process ignores SIGCHLD.",
                remedy="Start autoresearch-ci from a shell that does not ignore SIGCHLD.",
            )
        return os.waitstatus_to_exitcode(status)


def _enlarge(pipe: int) -> None:
    """A larger pipe lets a chatty command run on while we are elsewhere."""
    with contextlib.suppress(AttributeError, OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)


def _remedy(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "Install a POSIX shell as /bin/sh; commands are run by it."
    if error.errno == errno.E2BIG:
        return "Shorten the command, or put it in a script and run that."
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return (
            "Close other programs or raise the limit of open files (ulimit -n), then start again."
        )
    if error.errno in (errno.ENOMEM, errno.EAGAIN):
        return "End other programs, or raise the limit of processes (ulimit -u), then start again."
    return "Make the folder and /bin/sh accessible to this user, then start again."
