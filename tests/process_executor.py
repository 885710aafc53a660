"""Commands as processes of this machine: what copies are run by, without a sandbox around it."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.core.environment import checked, environment
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.local import supervise


class ProcessExecutor:
    """Runs each command with the allow-listed environment and `allow`, as every level does."""

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._allow = checked(allow)

    def run(self, command: Command) -> Run:
        return supervise(command, environment(self._allow, command.env))
