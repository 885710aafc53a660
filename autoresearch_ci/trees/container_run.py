"""One command in a container: its output, its limits and its end."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Mapping

from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.log import CappedLog, Capture, log_trouble
from autoresearch_ci.executors.memory import says_out_of_memory
from autoresearch_ci.trees.engine import Engine, RefusedError

_GRACE = 0.5  # seconds between SIGTERM and SIGKILL when time is up
_KILLED = 128 + 9
_HEADER = struct.Struct(">BxxxI")
_LARGEST = 64 * 1024


def run_in_container(engine: Engine, spec: Mapping[str, object], command: Command) -> Run:
    """Run a command in a new container, which is gone when this ends or raises."""
    container = str(engine.ask("POST", "/containers/create", spec)["Id"])
    try:
        with contextlib.ExitStack() as held:
            log = None
            if command.log is not None:
                with log_trouble(command.log):
                    log = CappedLog(command.log, command.log_limit)
            output, errors = Capture(), Capture()
            sinks = {1: log or output, 2: log or errors}
            stream = _Stream(held.enter_context(engine.attached(container)), sinks)
            began = time.monotonic()
            engine.ask("POST", f"/containers/{container}/start")
            timed_out = not stream.read(began + command.kill_after)
            if timed_out:
                with contextlib.suppress(RefusedError):
                    _ask_to_end(engine, container)
                stream.read(time.monotonic() + _GRACE)
                with contextlib.suppress(RefusedError):
                    engine.ask("POST", f"/containers/{container}/kill", signal="KILL")
                stream.read(time.monotonic() + _GRACE)
            seconds = time.monotonic() - began
            said = f"{output.text()}\n{errors.text()}"
            if log is not None:
                with log_trouble(command.log):
                    said = log.finish()
        engine.ask("POST", f"/containers/{container}/wait")
        state = engine.ask("GET", f"/containers/{container}/json")["State"]
    finally:
        with contextlib.suppress(RefusedError):
            engine.ask("DELETE", f"/containers/{container}", force=1, v=1)
    code = int(state["ExitCode"])
    starved = not timed_out and code != 0
    starved = starved and (bool(state["OOMKilled"]) or says_out_of_memory(said))
    # A child that the kernel killed for want of memory is told by its exit code alone.
    starved = starved or (code == _KILLED and command.memory_limit is not None and not timed_out)
    return Run(
        returncode=code,
        seconds=seconds,
        timed_out=timed_out,
        out_of_memory=starved,
        output=output.text(),
        errors=errors.text(),
    )


def _ask_to_end(engine: Engine, container: str) -> None:
    """Send SIGTERM to all in a container; its first process would hand it to one alone."""
    words = {"Cmd": ["/bin/sh", "-c", "kill -TERM -1"]}
    asked = engine.ask("POST", f"/containers/{container}/exec", words)["Id"]
    engine.ask("POST", f"/exec/{asked}/start", {"Detach": True})


class _Stream:
    """The stream of a container's output, taken apart into its two."""

    def __init__(self, connection: socket.socket, sinks: Mapping[int, CappedLog | Capture]) -> None:
        self._connection, self._sinks = connection, sinks
        self._data, self._left, self._sink = bytearray(), 0, 1

    def read(self, until: float) -> bool:
        """Read to the end; false where the time is over before."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._connection], [], [], left)[0]:
                return False
            data = self._connection.recv(_LARGEST)
            if not data:
                return True
            self._data += data
            self._hand_on()
        return False

    def _hand_on(self) -> None:
        while self._data:
            if self._left == 0:
                if len(self._data) < _HEADER.size:
                    return
                self._sink, self._left = _HEADER.unpack_from(self._data)
                del self._data[: _HEADER.size]
            piece = bytes(self._data[: self._left])
            del self._data[: self._left]
            self._left -= len(piece)
            self._sinks.get(self._sink, self._sinks[1]).write(memoryview(piece))
