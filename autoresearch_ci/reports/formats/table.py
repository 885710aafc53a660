"""Aligned columns for people: a headline, the experiments, and what is under way."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from autoresearch_ci.core.model import SessionStart, StopReason
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.session import STOPPED, outcome
from autoresearch_ci.reports.table import Layout, headline, table
from autoresearch_ci.reports.terminal import Paint, cut, has_colour, window


def render(report: Report) -> Iterator[str]:
    """Lines as wide and as coloured as standard output takes them."""
    history, start = report.history, report.start
    if report.quiet:
        yield outcome(start, history)
        return
    width, paint = window(sys.stdout), Paint(colour=has_colour(sys.stdout))
    head = [*headline(start, history, paint), ""]
    yield from head if width is None else (cut(line, width) for line in head)
    if not history.experiments:
        yield from nothing_yet(report)
        return
    yield from table(report.rows, Layout(width, paint, history))
    if len(report.rows) < history.next_number:
        yield paint(f"{len(report.rows)} of {history.next_number} shown", "dim")
    if report.running is not None:
        line = f"#{report.running.experiment} is running: {clean(report.running.description)}"
        yield line if width is None else cut(line, width)


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
