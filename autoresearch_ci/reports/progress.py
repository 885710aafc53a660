"""A session as it happens: a live line on a terminal, plain lines elsewhere, or nothing.

Three classes with the same methods. Output that goes away (a closed terminal,
`| head`) never raises here, since the session still has to be ended in order:
`gone` turns true.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, Self, TextIO

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
    from rich.text import Text

SILENCE, LONGEST_SILENCE = 15.0, 600.0
"""Seconds without a line until a pipe is told what goes on: doubled each time, up to the second."""

STOPPING = "stopping; the experiment under way is being undone"


class Progress(Protocol):
    """Shows one session. `stopping` may be called from a signal handler."""

    @property
    def gone(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def begin(self, opening: str, history: History, budget: float, /) -> None: ...
    def show(self, event: Event, /) -> None: ...
    def stopping(self) -> None: ...


class QuietProgress:
    """Shows nothing."""

    gone = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, _opening: str, _history: History, _budget: float) -> None:
        pass

    def show(self, _event: Event) -> None:
        pass

    def stopping(self) -> None:
        pass


class PlainProgress:
    """One line when an experiment starts, one when it ends, each written at once.

    Where that takes long, a line says what goes on: seldom, and ever more seldom.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.gone = False
        self._stream = stream
        self._paint = Paint(colour=has_colour(stream))
        self._history: History | None = None
        self._clock, self._lock, self._over = clock, threading.RLock(), threading.Event()
        self._phase, self._since = "", clock()
        self._last, self._silence = clock(), SILENCE

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def begin(self, opening: str, history: History, _budget: float) -> None:
        self._history = history
        self._print(opening, "", self._layout().heading())

    def beat(self) -> None:
        """Say what goes on, if that has not been said for long."""
        with self._lock:
            now = self._clock()
            if self._phase and not self._over.is_set() and now - self._last >= self._silence:
                self._silence = min(2 * self._silence, LONGEST_SILENCE)
                self._print(f"      {self._phase}: {duration(now - self._since)} so far")

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            self.beat()

    def show(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, Phase):
                self._phase, self._since = clean(event.text), self._clock()
            elif not isinstance(event, Note | ExperimentStart):
                self._phase = ""
            self._show(event)

    def _show(self, event: Event) -> None:
        if isinstance(event, Phase):
            if event.opens:
                self._print(f"      {self._phase}")
        elif isinstance(event, ExperimentStart):
            self._print(f"{event.experiment:>4}  started  {clean(event.description)}")
        elif isinstance(event, Experiment):
            self._print(self._layout().row(event))
        elif isinstance(event, IncumbentMeasured):
            self._print(_measured_again(event))
        elif isinstance(event, ProposalRejected):
            self._print(_no_proposal(event))
        elif isinstance(event, Check):
            self._print(examination.line(event, self._paint))
        elif isinstance(event, Diagnosis):
            self._print(*examination.closing(event, self._paint))
        elif isinstance(event, Note):
            self._print(_noted(event))

    def _layout(self) -> Layout:
        return Layout(None, self._paint, self._history)

    def stopping(self) -> None:
        # A buffered stream must not be entered again from a signal handler.
        with suppress(OSError, ValueError):
            os.write(self._stream.fileno(), f"{STOPPING}\n".encode())

    def _print(self, *lines: str) -> None:
        try:
            with self._lock:
                self._last = self._clock()
                for line in lines:
                    print(line, file=self._stream, flush=True)
        except OSError as error:
            if not is_gone(error):
                raise
            self.gone = True


class LiveProgress:
    """Finished experiments as lines, and below them one that moves while the next runs."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.live import Live  # noqa: PLC0415

        self._stream = _Survivor(stream)
        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False)  # type: ignore[arg-type]
        self._line = LiveLine(clock)
        self._live = Live(self._line, console=self._console, transient=True, refresh_per_second=4)
        self._paint = Paint(colour=has_colour(stream))

    @property
    def gone(self) -> bool:
        return self._stream.gone

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def begin(self, opening: str, history: History, budget: float) -> None:
        self._line.history, self._line.budget = history, budget
        self._print(opening, "", self._layout().heading())

    def show(self, event: Event) -> None:
        self._line.show(event)
        if isinstance(event, Experiment):
            self._print(self._layout().row(event))
        elif isinstance(event, IncumbentMeasured):
            self._print(_measured_again(event))
        elif isinstance(event, ProposalRejected):
            self._print(_no_proposal(event))
        elif isinstance(event, Check):
            self._print(examination.line(event, self._paint))
        elif isinstance(event, Diagnosis):
            self._print(*examination.closing(event, self._paint))
        elif isinstance(event, Note):
            self._print(_noted(event))
        self._live.refresh()

    def stopping(self) -> None:
        self._line.state = STOPPING

    def _layout(self) -> Layout:
        """Made for every line, since the window may have another size by now."""
        return Layout(self._console.width, self._paint, self._line.history)

    def _print(self, *lines: str) -> None:
        from rich.text import Text  # noqa: PLC0415

        for line in lines:
            self._console.print(Text.from_ansi(line), soft_wrap=True)


class LiveLine:
    """The moving line, drawn anew by rich's own thread while the main one waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.history: History | None = None
        self.budget = 0.0
        self.state = "preparing"
        self._clock = clock
        self._running: ExperimentStart | None = None
        self._phase: Phase | None = None
        self._since = clock()

    def show(self, event: Event) -> None:
        if isinstance(event, Note):
            return
        self._phase = event if isinstance(event, Phase) else None
        if isinstance(event, Phase):
            pass
        elif isinstance(event, ExperimentStart):
            self._running = event
        elif isinstance(event, Experiment | ProposalRejected):
            self._running = None
            self.state = "choosing the next experiment"
        else:
            self.state = "measuring what is there"
        self._since = self._clock()

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text  # noqa: PLC0415

        yield Text(self.text(options.max_width), no_wrap=True, overflow="crop", end="")

    def text(self, width: int) -> str:
        """The line in at most so many cells; the idea gives way first.

        Not padded, since a window made narrower wraps what is written on it.
        """
        elapsed = self._clock() - self._since
        spin = "|/-\\"[int(self._clock() * 4) % 4]
        running = self._running
        if running is None or self.state == STOPPING:
            phase = self._phase if self.state != STOPPING else None
            doing = clean(phase.text) if phase else self.state
            return fit(f"{spin} {doing}  {duration(elapsed)}", width).rstrip()
        head = f"{spin} #{running.experiment} "
        limit = self._phase.limit if self._phase else self.budget
        doing = f"  {clean(self._phase.text)}" if self._phase else ""
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

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def is_gone(error: OSError) -> bool:
    """Whether the other end of a stream has gone away: a closed pipe or terminal."""
    return error.errno in {errno.EPIPE, errno.EIO, errno.ESHUTDOWN, errno.ECONNRESET}


def _noted(event: Note) -> str:
    return f"      note: {clean(event.text)}"


def _measured_again(event: IncumbentMeasured) -> str:
    return f"      the incumbent measured again: {number(event.value)} in {duration(event.seconds)}"


def _no_proposal(event: ProposalRejected) -> str:
    return f"      nothing to try from {clean(event.proposer)}: {clean(event.error)}"
