"""Aligned columns for people: a headline, the experiments, and what is under way."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator

from autoresearch_ci.core.model import SessionStart, StopReason
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.document import lanes_of
from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.session import STOPPED, outcome
from autoresearch_ci.reports.sparkline import sparkline
from autoresearch_ci.reports.table import Layout, headline, table
from autoresearch_ci.reports.terminal import Paint, cut, has_colour, window

_WIDTH = 60


def render(report: Report) -> Iterator[str]:
    """Lines as wide and as coloured as standard output takes them."""
    history, start = report.history, report.start
    if report.quiet:
        yield outcome(start, history)
        return
    width, paint = window(sys.stdout), Paint(colour=has_colour(sys.stdout))
    head = [*headline(start, history, paint), *_progress(report, width, paint), ""]
    yield from _fitted(head, width)
    if not history.experiments:
        for text in nothing_yet(report):
            yield from textwrap.wrap(text, width) if width else [text]
        return
    yield from table(report.rows, Layout(width, paint, history))
    if len(report.rows) < history.next_number:
        line = f"{len(report.rows)} of {history.next_number} shown"
        yield from _fitted([paint(line, "dim")], width)
    if report.running is not None:
        line = f"#{report.running.experiment} is running: {clean(report.running.description)}"
        yield from _fitted([line], width)
    elif report.under_way:
        lanes = lanes_of(report.sessions)
        lines = [f"lane {lanes[e.session]} tries: {clean(e.description)}" for e in report.under_way]
        yield from _fitted(lines, width)


def _fitted(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """The lines, none wider than the window. The rows of a table fit already."""
    yield from lines if width is None else (cut(line, width) for line in lines)


def _progress(report: Report, width: int | None, paint: Paint) -> Iterator[str]:
    best = sparkline(report.history, width or _WIDTH)
    if best and _shows(best):
        yield paint(best, "good")


def _shows(text: str) -> bool:
    """Tell whether standard output has letters for it."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def nothing_yet(report: Report) -> list[str]:
    """Why a campaign has no experiment, and what to do about it."""
    if report.running is not None:
        return ["The baseline is being measured."]
    last, again = report.sessions[-1], f"autoresearch-ci run --tag {clean(report.tag)}"
    if isinstance(last, SessionStart):
        why = "The last session has not ended: it is at work, or was killed before its baseline."
    elif last.reason is StopReason.ERROR:
        why = f"The baseline gave no number: {clean(last.note) or 'an error'}"
    else:
        why = f"The last session ended before its baseline: {STOPPED[last.reason]}."
    return [why, f"Then go on: {again}"]
