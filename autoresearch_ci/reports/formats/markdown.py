"""The campaign's page: the README of its logs branch."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.page import Page


def render(report: Report) -> Iterator[str]:
    """The page without its picture, which is on the logs branch alone."""
    yield from Page(report.tag, report.history, report.start).readme().splitlines()
