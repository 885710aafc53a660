"""Lanes as they work beside each other: one stream of lines, and one line that moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Event, Experiment, ExperimentStart, SessionEnd, Status
from autoresearch_ci.core.text import duration, number, plural
from autoresearch_ci.reports.progress import STOPPING, LiveLine
from autoresearch_ci.reports.terminal import fit


def of_lane(event: Event, lane: int) -> Event:
    """The event with its lane in what people read of it."""
    if isinstance(event, Experiment | ExperimentStart):
        return replace(event, description=f"lane {lane}: {event.description}")
    return event


class LanesLine(LiveLine):
    """The moving line of several lanes: how many work, what they have done, the best value.

    `history` is the campaign's when they began.
    """

    def __init__(
        self, count: int, history: History, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock)
        self.history, self._working, self._done = history, count, 0
        best = history.incumbent
        self._value = best.value if best else None

    def show(self, event: Event) -> None:
        if isinstance(event, SessionEnd):
            self._working -= 1
        if not isinstance(event, Experiment):
            return
        self._done += 1
        value, before = event.value, self._value
        assert self.history is not None
        if event.status is not Status.KEEP or value is None:
            return
        if before is None or self.history.direction.gain(value, before) > 0:
            self._value = value

    def text(self, width: int) -> str:
        spin = "|/-\\"[int(self._clock() * 4) % 4]
        elapsed = duration(self._clock() - self.since)
        if self.state == STOPPING:
            return fit(f"{spin} {STOPPING}  {elapsed}", width).rstrip()
        best = "" if self._value is None else f"  best {number(self._value)}"
        done = plural(self._done, "experiment")
        return fit(
            f"{spin} {plural(self._working, 'lane')} at work, {done}{best}  {elapsed}", width
        ).rstrip()
