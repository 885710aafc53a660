"""`results --watch`: a calm view of a campaign that follows its log, until Ctrl-C."""

from __future__ import annotations

import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.campaign import phase
from autoresearch_ci.campaign.phase import CurrentPhase
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.model import ExperimentStart
from autoresearch_ci.core.text import clean, duration
from autoresearch_ci.reports.terminal import cut, is_live

if TYPE_CHECKING:
    from autoresearch_ci.campaign.select import CampaignView

PAUSE = 0.5
"""Seconds between two looks at the log."""

LAST = 10
"""Experiments that a terminal shows."""

_AROUND = 9
"""Lines of a page that are not rows."""

_IDEA = 36
"""Columns that the idea keeps at least."""

Look = Callable[[], "CampaignView"]
Lines = Callable[["CampaignView", int | None], list[str]]
"""The lines of a view, with the last so many of its experiments; None is all of them."""


def watch(look: Look, lines: Lines, arguments: Namespace) -> None:
    """Draw it again whenever the log or the window changes: over itself on a terminal."""
    if not is_live(sys.stdout):
        _follow(look, lines, arguments, lambda text: print(f"{text}\n", flush=True))
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        _follow(
            look,
            lines,
            arguments,
            lambda text: live.update(Text.from_ansi(text, no_wrap=True), refresh=True),
        )


def _follow(look: Look, lines: Lines, arguments: Namespace, draw: Callable[[str], object]) -> None:
    read: object = None
    drawn: object = None
    view: CampaignView | None = None
    while True:
        size = shutil.get_terminal_size()
        now = (stamp(view), size)
        if view is None or now != read:
            read = now
            try:
                view = look()
            except LedgerError as error:
                view, text = None, f"{error.message} Waiting for one to begin."
        if view is not None:
            text = "\n".join(_page(view, lines, arguments))
        if (text, size) != drawn:
            drawn = (text, size)
            draw(text)
        time.sleep(PAUSE)


def _page(view: CampaignView, lines: Lines, arguments: Namespace) -> list[str]:
    """The view as it is now; on a terminal with the last few rows, and what goes on."""
    if not is_live(sys.stdout):
        return lines(view, None)
    window = shutil.get_terminal_size()
    running = [view.running] if view.running else list(view.under_way)
    doing = {each.session: each for each in map(phase.read, view.phases) if each}
    room = window.lines - _AROUND - max(len(running) - 1, 0)
    found = lines(view, max(min(arguments.last or LAST, room), 1))
    for at, each in enumerate(running, -len(running)):
        found[at] = _with_clock(found[at], each, doing.get(each.session), window.columns)
    now = None if running else doing.get(view.sessions[-1].session)
    return [*found, cut(f"{_words(now, limit=True)} so far", window.columns)] if now else found


def _with_clock(line: str, running: ExperimentStart, now: CurrentPhase | None, columns: int) -> str:
    """The line, how long it has run and the command that it is at; the idea gives way first."""
    total = f"  {duration(_since(running))}"
    tails = [f"{total}; {_words(now, limit=limit)}" for limit in (True, False)] if now else []
    tail = next((each for each in tails if columns - len(each) >= _IDEA), total)
    return cut(line, columns - len(tail)) + tail


def _words(now: CurrentPhase, *, limit: bool) -> str:
    """`guard_command 4.2s of 10m00s`."""
    seconds, most = duration(time.time() - now.since), now.phase.limit
    return f"{clean(now.phase.text)} {seconds}{f' of {duration(most)}' if limit and most else ''}"


def _since(running: ExperimentStart) -> float:
    """Seconds since an experiment began; 0 where its record has no time that can be read."""
    try:
        began = datetime.fromisoformat(clean(running.timestamp))
    except ValueError:
        return 0.0
    return max((datetime.now(UTC) - began.astimezone(UTC)).total_seconds(), 0.0)


def stamp(view: CampaignView | None) -> tuple[tuple[int, int], ...]:
    """Another value once the log has changed; a long log is not read again for nothing."""
    return tuple(map(_state, (view.log_path, *view.grows))) if view else ()


def _state(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (state.st_size, state.st_mtime_ns)
