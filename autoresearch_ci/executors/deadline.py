"""Runs commands by another executor for as long as there is time."""

from __future__ import annotations

import time
from dataclasses import replace

from autoresearch_ci.core.errors import OutOfTimeError
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command, Executor


class Deadline:
    """Until `until`, an instant of `time.monotonic`. What is not over by then is ended.

    Then OutOfTimeError is raised, since what became of the command says nothing of it.
    """

    name = "deadline"

    def __init__(self, executor: Executor, until: float) -> None:
        self._executor, self._until = executor, until

    def run(self, command: Command) -> Run:
        left = self._until - time.monotonic()
        if left > command.kill_after:
            return self._executor.run(command)
        if left > 0:
            run = self._executor.run(replace(command, kill_after=left))
            if not run.timed_out:
                return run
        raise OutOfTimeError(
            "The time that was given to this was over before it had ended.",
            remedy="Give it more time, or make a run shorter.",
        )
