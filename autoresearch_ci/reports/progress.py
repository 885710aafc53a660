"""A session as it happens: a live line on a terminal, plain lines elsewhere, or nothing.

Output that goes away (a closed terminal, `| head`) never raises here, since the session
still has to be ended in order.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TextIO

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Check,
    Diagnosis,
    Event,
    Experiment,
    ExperimentStart,
    IncumbentMeasured,
    Note,
    Phase,
    ProposalRejected,
)
from autoresearch_ci.core.text import clean, duration, number
from autoresearch_ci.reports import examination
from autoresearch_ci.reports.table import Layout
from autoresearch_ci.reports.terminal import Paint, fit, has_colour

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.live import Live
    from rich.text import Text

SILENCE, LONGEST_SILENCE = 15.0, 600.0
"""Seconds without a line until a pipe is told what goes on: doubled each time, up to the second."""

STOPPING = "stopping; the experiment under way is being undone"


class Progress:
    """Shows one session on `stream`, event by event; without one it shows nothing.

    What is over is a line. What goes on is a line below them that moves, where the stream is a
    `live` terminal, `line` where it is not a session's; elsewhere one that is written seldom, and
    ever more seldom. `gone` turns true when the stream's reader has left, which raises nothing.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        live: bool = False,
        line: LiveLine | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = _Survivor(stream) if stream else None
        self._paint = Paint(colour=bool(stream and has_colour(stream)))
        self._line = line or LiveLine(clock)
        self._live = _rich_live(self._stream, self._line) if live and self._stream else None
        self._clock, self._lock, self._over = clock, threading.RLock(), threading.Event()
        self._last, self._silence = clock(), SILENCE

    @property
    def gone(self) -> bool:
        return self._stream is not None and self._stream.gone

    def __enter__(self) -> Self:
        if self._live:
            self._live.start(refresh=True)
        elif self._stream:
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._live:
            self._live.stop()

    def begin(self, opening: str, history: History, budget: float) -> None:
        """Say what the session is about; `budget` is the seconds that a run may take."""
        self._line.history, self._line.budget = history, budget
        self._print(opening, "", self._layout().heading())

    def show(self, event: Event) -> None:
        with self._lock:
            self._line.show(event)
            self._print(*self._lines(event))
        if self._live:
            self._live.refresh()

    def beat(self) -> None:
        """Say what goes on, if that has not been said for long."""
        with self._lock:
            now, phase = self._clock(), self._line.phase
            if phase and not self._over.is_set() and now - self._last >= self._silence:
                self._silence = min(2 * self._silence, LONGEST_SILENCE)
                elapsed = duration(now - self._line.since)
                self._print(f"      {clean(phase.text)}: {elapsed} so far")

    def stopping(self) -> None:
        """Say that the session is being ended; may be called from a signal handler."""
        self._line.state = STOPPING
        if self._stream and not self._live:
            # A buffered stream must not be entered again from a signal handler.
            with suppress(OSError, ValueError):
                os.write(self._stream.fileno(), f"{STOPPING}\n".encode())

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            self.beat()

    def _lines(self, event: Event) -> Iterator[str]:
        """The event as lines: those that stay."""
        match event:
            case Phase() if event.opens and not self._live:
                yield f"      {clean(event.text)}"
            case ExperimentStart() if not self._live:
                yield f"{event.experiment:>4}  started  {clean(event.description)}"
            case Experiment():
                yield self._layout().row(event)
            case IncumbentMeasured():
                again = f"{number(event.value)} in {duration(event.seconds)}"
                yield f"      the incumbent measured again: {again}"
            case ProposalRejected():
                yield f"      nothing to try from {clean(event.proposer)}: {clean(event.error)}"
            case Check():
                yield examination.line(event, self._paint)
            case Diagnosis():
                yield from examination.closing(event, self._paint)
            case Note():
                yield f"      note: {clean(event.text)}"

    def _layout(self) -> Layout:
        """Made for every line, since a window may have another size by now."""
        width = self._live.console.width if self._live else None
        return Layout(width, self._paint, self._line.history)

    def _print(self, *lines: str) -> None:
        if not lines or self._stream is None:
            return
        with self._lock:
            self._last = self._clock()
            for line in lines:
                if self._live:
                    _print_above(self._live, line)
                else:
                    print(line, file=self._stream, flush=True)


def _rich_live(stream: _Survivor, line: LiveLine) -> Live:
    from rich.console import Console, ConsoleRenderable  # noqa: PLC0415 - only a terminal needs it
    from rich.control import Control  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.segment import ControlType  # noqa: PLC0415

    class OneLine(Live):
        """Erases the whole of a line that a window made narrower has wrapped."""

        def process_renderables(
            self, renderables: list[ConsoleRenderable]
        ) -> list[ConsoleRenderable]:
            rows = max(0, line.cells - 1) // self.console.width
            up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)) * rows
            return [Control(*up), *super().process_renderables(renderables)]

    console = Console(file=stream, highlight=False, markup=False, emoji=False)  # type: ignore[arg-type]
    return OneLine(line, console=console, transient=True, refresh_per_second=4)


def _print_above(live: Live, line: str) -> None:
    from rich.text import Text  # noqa: PLC0415

    live.console.print(Text.from_ansi(line), soft_wrap=True)


class LiveLine:
    """The moving line, drawn anew by rich's own thread while the main one waits.

    `cells` is the width of what stands there now.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.history: History | None = None
        self.budget = 0.0
        self.state = "preparing"
        self._clock = clock
        self._running: ExperimentStart | None = None
        self.phase: Phase | None = None
        self.since = clock()
        self.cells = 0

    def show(self, event: Event) -> None:
        if isinstance(event, Note):
            return
        self.phase = event if isinstance(event, Phase) else None
        if isinstance(event, Phase):
            pass
        elif isinstance(event, ExperimentStart):
            self._running = event
        elif isinstance(event, Experiment | ProposalRejected):
            self._running = None
            self.state = "choosing the next experiment"
        else:
            self.state = "measuring what is there"
        self.since = self._clock()

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text  # noqa: PLC0415

        text = Text(self.text(options.max_width), no_wrap=True, overflow="crop", end="")
        self.cells = text.cell_len
        yield text

    def text(self, width: int) -> str:
        """The line in at most so many cells; the idea gives way first.

        Not padded, since a window made narrower wraps what is written on it.
        """
        elapsed = self._clock() - self.since
        spin = "|/-\\"[int(self._clock() * 4) % 4]
        running = self._running
        if running is None or self.state == STOPPING:
            phase = self.phase if self.state != STOPPING else None
            doing = clean(phase.text) if phase else self.state
            return fit(f"{spin} {doing}  {duration(elapsed)}", width).rstrip()
        head = f"{spin} #{running.experiment} "
        limit = self.phase.limit if self.phase else self.budget
        doing = f"  {clean(self.phase.text)}" if self.phase else ""
        tail = f"{doing}  {duration(elapsed)} of {duration(limit)}{self._best()}"
        room = width - len(head) - len(tail)
        idea = clean(running.description)
        if room < 8:  # noqa: PLR2004 - too narrow for an idea: the clock says more
            line = f"{head}{duration(elapsed)}{doing}{self._best()}  {idea}"
            return fit(line, width).rstrip()
        return head + fit(idea, room).rstrip() + tail

    def _best(self) -> str:
        best = self.history.incumbent if self.history else None
        return f"  best {number(best.value)}" if best else ""


class _Survivor:
    """A stream whose reader may go away: then it swallows, and says so.

    Rich's refresh thread writes too, and nobody would catch its exception.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False

    def write(self, text: str) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, action: Callable[[], object]) -> None:
        if self.gone:
            return
        try:
            action()
        except OSError as error:
            if not is_gone(error):
                raise
            self.gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def is_gone(error: OSError) -> bool:
    """Tell whether the other end of a stream has gone away: a closed pipe or terminal."""
    return error.errno in {errno.EPIPE, errno.EIO, errno.ESHUTDOWN, errno.ECONNRESET}
