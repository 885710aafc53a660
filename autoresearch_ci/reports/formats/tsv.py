"""Tab-separated values: header and rows of results.tsv."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.reports.formats import Report


def render(report: Report) -> Iterator[str]:
    """The header, then one line an experiment."""
    header, *every = report.tsv(report.history).split("\n")
    yield header
    for each in report.rows:
        yield every[each.experiment]
