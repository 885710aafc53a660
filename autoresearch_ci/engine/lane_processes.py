"""Processes of lanes on this machine, and one stream of what they say.

Each has a process group of its own, so that Ctrl-C at a terminal reaches us alone, and is passed
on once. One that has lost us ends by itself: what it says goes to a pipe that nobody reads.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Self

from autoresearch_ci.engine.lane_resources import Place

PATIENCE = 30.0
"""Seconds in which a lane that was interrupted may undo what is under way; then it is killed."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the lane `number`: of its data, or of what it says to `people`."""

    number: int
    line: str
    people: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The lane `number` has ended, with this exit code; negative is the signal that killed it."""

    number: int
    code: int


class LaneProcesses:
    """A process for each of the places; `command` makes that of a lane, by its number from 1.

    `environment` is theirs, with the variables of their place. Raises OSError where one cannot be
    started; those that were are ended then. `working` are those that have not said that they ended.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        places: Sequence[Place],
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._command, self._places = command, places
        self._folder, self._environment = folder, environment
        self._heard = Queue[Said | Ended]()
        self.working = 0
        self.processes: dict[int, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        try:
            for number, place in enumerate(self._places, 1):
                self.processes[number] = process = self._started(number, place)
                self.working += 1
                threading.Thread(target=self._follow, args=(number, process), daemon=True).start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End those that are still at work, and wait for them."""
        self.interrupt()
        for process in self.processes.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()

    def stream(self, tick: Callable[[], None], every: float = 1.0) -> Iterator[Said | Ended]:
        """Yield what they say as they say it, until all have ended; call `tick` in between."""
        while self.working:
            try:
                heard = self._heard.get(timeout=every)
            except Empty:
                tick()
                continue
            self.working -= isinstance(heard, Ended)
            yield heard
            tick()

    def interrupt(self) -> None:
        """Have all of them end in order, without an experiment more."""
        for process in self.processes.values():
            _signal(process, signal.SIGTERM)  # a shell's background job has SIGINT ignored

    def _started(self, number: int, place: Place) -> subprocess.Popen[str]:
        """Start one where its cores are ours for a moment: it has them from its first instant."""
        with _pinned(place.cores):
            return subprocess.Popen(
                self._command(number),
                cwd=self._folder,
                env={**self._environment, **place.variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )

    def _follow(self, number: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        people = threading.Thread(
            target=self._read, args=(number, process.stderr), kwargs={"people": True}, daemon=True
        )
        people.start()
        self._read(number, process.stdout)
        people.join()
        self._heard.put(Ended(number, process.wait()))

    def _read(self, number: int, stream: IO[str], *, people: bool = False) -> None:
        with stream:
            for line in stream:
                self._heard.put(Said(number, line.rstrip("\n"), people))


@contextmanager
def _pinned(cores: Sequence[int]) -> Iterator[None]:
    """Within, this thread and what it starts run on these cores alone; none are all."""
    if not cores or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _signal(process: subprocess.Popen[str], number: int) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            process.send_signal(number)
