"""`results`: what a campaign has found, from its log alone."""

from __future__ import annotations

import gc
import json
import shutil
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from autoresearch_ci.cli.parser import Parser, positive
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, SessionStart, Status, StopReason
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.session import STOPPED, outcome
from autoresearch_ci.reports.table import Layout, headline, table
from autoresearch_ci.reports.terminal import Paint, cut, has_colour, is_live, window

if TYPE_CHECKING:
    from autoresearch_ci.campaign.select import CampaignView

PAUSE = 0.5
"""Seconds between two looks at the log."""

_AROUND = 8
"""Lines of a page that are not rows."""


def add_arguments(parser: ArgumentParser) -> None:
    """Which experiments, and in which form."""
    parser.epilog = "--json gives JSON Lines: an object an experiment, and nothing without any."
    parser.add_argument("--tag", help="the campaign (default: the one worked on last)")
    parser.add_argument(
        "--status", type=_statuses, action="extend", metavar="STATUS",
        help="only these verdicts: keep, discard, crash; more than one with commas",
    )  # fmt: skip
    parser.add_argument(
        "--last", type=positive, metavar="N", help="only the last N of what is left"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--tsv", action="store_true", help="exactly as in results.tsv")
    how.add_argument("--watch", action="store_true", help="show it again as it grows, until Ctrl-C")


def _statuses(text: str) -> list[Status]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in set(Status):
            raise ArgumentTypeError(f"{word!r} is not a verdict: keep, discard or crash")
    return [Status(word) for word in words]


def main(arguments: Namespace) -> int:
    """Show them; an empty answer is an answer."""
    if arguments.json and (arguments.watch or arguments.tsv):
        parser = Parser(prog="autoresearch-ci results")
        parser.error("--json, --tsv and --watch are three different forms; give one of them.")
    if arguments.watch:
        watch(arguments)
    # A long log makes many objects and no garbage: looking for some takes a third of the time.
    gc.disable()
    view = look(arguments.repo, arguments.tag)
    rows = chosen(view.history, arguments.status, arguments.last)
    if arguments.json:
        from autoresearch_ci.campaign.ledger import encode  # noqa: PLC0415

        lines: Iterable[str] = (json.dumps(encode(e), ensure_ascii=False) for e in rows)
    elif arguments.tsv:
        from autoresearch_ci.campaign.ledger import table as tsv  # noqa: PLC0415

        header, *every = tsv(view.history).split("\n")
        lines = [header, *(every[experiment.experiment] for experiment in rows)]
    else:
        paint = Paint(colour=has_colour(sys.stdout))
        lines = page(view, rows, paint, quiet=arguments.quiet)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if (arguments.json or arguments.tsv) and not view.history.experiments:
        print(*nothing_yet(view), sep="\n", file=sys.stderr)
    return 0


def chosen(
    history: History, statuses: Sequence[Status] | None, last: int | None
) -> Sequence[Experiment]:
    """The experiments with one of these verdicts, the last so many of them."""
    rows = history.experiments
    if statuses:
        rows = [experiment for experiment in rows if experiment.status in statuses]
    return rows[-last:] if last else rows


def page(
    view: CampaignView, rows: Sequence[Experiment], paint: Paint, *, quiet: bool = False
) -> Iterator[str]:
    """The headline, the table, and what is under way."""
    start = _start(view)
    if quiet:
        yield outcome(start, view.history)
        return
    width = window(sys.stdout)
    head = [*headline(start, view.history, paint), ""]
    yield from head if width is None else (cut(line, width) for line in head)
    if not view.history.experiments:
        yield from nothing_yet(view)
        return
    yield from table(rows, Layout(width, paint, view.history))
    if len(rows) < view.history.next_number:
        yield paint(f"{len(rows)} of {view.history.next_number} shown", "dim")
    if view.running is not None:
        line = f"#{view.running.experiment} is running: {clean(view.running.description)}"
        yield line if width is None else cut(line, width)


def nothing_yet(view: CampaignView) -> list[str]:
    """Why a campaign has no experiment, and what to do about it."""
    if view.running is not None:
        return ["The baseline is being measured."]
    last, again = view.sessions[-1], f"autoresearch-ci run --tag {clean(view.tag)}"
    if isinstance(last, SessionStart):
        why = "The last session has not ended: it is at work, or was killed before its baseline."
    elif last.reason is StopReason.ERROR:
        why = f"The baseline gave no number: {clean(last.note) or 'an error'}"
    else:
        why = f"The last session ended before its baseline: {STOPPED[last.reason]}."
    return [why, f"Then go on: {again}"]


def watch(arguments: Namespace) -> NoReturn:
    """Draw the page again whenever the log or the window changes, until Ctrl-C."""
    read: object = None
    drawn: object = None
    view: CampaignView | None = None
    while True:
        size = shutil.get_terminal_size()
        now = (_stamp(view), size)
        if view is None or now != read:
            read = now
            try:
                view = look(arguments.repo, arguments.tag)
                text = "\n".join(_latest(view, arguments))
            except LedgerError as error:
                text = f"{error.message} Waiting for one to begin."
            if (text, size) != drawn:
                drawn = (text, size)
                _draw(text)
        time.sleep(PAUSE)


def _stamp(view: CampaignView | None) -> tuple[int, ...]:
    """Changes when the log does; a long log is not read again for nothing."""
    try:
        state = view.log_path.stat() if view else None
    except FileNotFoundError:
        state = None
    return (state.st_size, state.st_mtime_ns) if state else ()


def _latest(view: CampaignView, arguments: Namespace) -> list[str]:
    """The page, with as many of the newest rows as the window has room for."""
    rows = chosen(view.history, arguments.status, arguments.last)
    if is_live(sys.stdout):
        rows = rows[-max(shutil.get_terminal_size().lines - _AROUND, 1) :]
    paint = Paint(colour=has_colour(sys.stdout))
    return list(page(view, rows, paint, quiet=arguments.quiet))


def _draw(text: str) -> None:
    sys.stdout.write(f"\x1b[H\x1b[2J{text}\n" if is_live(sys.stdout) else f"{text}\n\n")
    sys.stdout.flush()


def look(repo: Path, tag: str | None) -> CampaignView:
    """The campaign as its log has it; raises LedgerError where there is none."""
    from autoresearch_ci.campaign.select import view  # noqa: PLC0415 - after the usage is checked
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    return view(Workspace.open(repo), tag)


def _start(view: CampaignView) -> SessionStart:
    """The beginning of the last session, which says what the campaign is about."""
    return next(record for record in reversed(view.sessions) if isinstance(record, SessionStart))
