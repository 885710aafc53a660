"""The campaign as one page that a browser opens from disk, offline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autoresearch_ci.reports.document import lanes_of
from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.formats.table import nothing_yet
from autoresearch_ci.reports.web import page
from autoresearch_ci.reports.web.data import content


def render(report: Report) -> Iterator[str]:
    """The lines of the page: every campaign of the repository in brief, this one whole."""
    yield from page(shown(report), dark=report.dark).split("\n")


def shown(report: Report, *, live: bool = False) -> dict[str, Any]:
    """The data of the page; one that is `live` asks for changes one by one."""
    return content(
        report.start,
        report.history,
        report.running,
        report.others(),
        report.recall,
        importance=report.importance(),
        lanes=lanes_of(report.sessions),
        nothing=() if report.history.experiments else nothing_yet(report),
        live=live,
    )
