"""Progress of a session: its own experiments and seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass

from autoresearch_ci.core.history import History


class Watch:
    """Tells how far a session is that begins when this is made, with its setup."""

    def __init__(self, history: History) -> None:
        self._history, self._began = history, time.monotonic()
        self._first = max(1, history.next_number)

    def skip(self, count: int) -> None:
        """Leave out experiments of other sessions that came in between, and baselines."""
        self._first += count

    @property
    def progress(self) -> Progress:
        done = max(0, self._history.next_number - self._first)
        return Progress(self._history, done, time.monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a session: its own experiments (the baseline not counted) and seconds.

    `stopped` says that somebody asked for its end.
    """

    history: History
    experiments: int
    seconds: float
    stopped: bool = False
