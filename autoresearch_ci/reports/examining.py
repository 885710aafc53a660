"""The doctor at work: which change is looked at, of how many, and for how long already."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self, TextIO

from autoresearch_ci.reports.progress import LiveLine
from autoresearch_ci.reports.terminal import is_live

if TYPE_CHECKING:
    from rich.live import Live

STOPPING = "stopping; the copy is being deleted"


class Examining:
    """A live line at a terminal, and elsewhere a line when something begins.

    Nothing is shown without a stream. `titles` are those of all changes, in their order.
    """

    def __init__(
        self,
        stream: TextIO | None,
        titles: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._titles, self._clock = stream, titles, clock
        self._live: Live | None = None
        self._line = LiveLine(clock)
        if stream and is_live(stream):
            from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
            from rich.live import Live  # noqa: PLC0415

            console = Console(file=stream, highlight=False, markup=False, emoji=False)
            self._live = Live(console=console, transient=True, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def begin(self, what: str) -> None:
        """Say what is looked at from now on: a change by its title, or anything else."""
        known = what in self._titles
        place = f"{self._titles.index(what) + 1} of {len(self._titles)}: " if known else ""
        self._show(f"{place}{what}")

    def stopping(self) -> None:
        """Say that it ends early; a signal handler may call it, so the live line is not redrawn."""
        if self._live:
            self._line.state = STOPPING
        else:
            self.say(STOPPING)

    def say(self, *lines: str) -> None:
        """Print lines, above the live one if there is one."""
        for line in lines:
            if self._live:
                from rich.text import Text  # noqa: PLC0415

                self._live.console.print(Text.from_ansi(line), soft_wrap=True)
            elif self._stream:
                print(line, file=self._stream, flush=True)

    def _show(self, state: str) -> None:
        if self._live is None:
            self.say(f"       {state}")
            return
        self._line = LiveLine(self._clock)
        self._line.state = state
        self._live.update(self._line, refresh=True)
