"""An executor that returns what it was told to: for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Callable

from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command


class ScriptedExecutor:
    """Answers each command with `play(command)`, writing `Run.output` to its log."""

    name = "scripted"

    def __init__(self, play: Callable[[Command], Run]) -> None:
        self._play = play

    def run(self, command: Command) -> Run:
        run = self._play(command)
        if command.log is not None:
            command.log.write_text(run.output, encoding="utf-8")
        return run
