"""The campaign as one page that a browser opens from disk, offline."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.reports.document import lanes_of
from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.web import page
from autoresearch_ci.reports.web.data import content


def render(report: Report) -> Iterator[str]:
    """The lines of the page: every campaign of the repository in brief, this one whole."""
    data = content(
        report.start,
        report.history,
        report.running,
        report.others(),
        report.recall,
        importance=report.importance(),
        lanes=lanes_of(report.sessions),
    )
    yield from page(data, dark=report.dark).split("\n")
