"""The campaign's picture as pixels, for what shows no SVG."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.formats.chart import picture


def render(report: Report) -> Iterator[bytes]:
    """The PNG. Raises MachineError where matplotlib is not installed."""
    yield picture(report, "png")
