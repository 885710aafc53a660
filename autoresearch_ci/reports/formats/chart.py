"""The campaign's picture, an SVG, as on its logs branch."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.reports.chart import chart
from autoresearch_ci.reports.document import lanes_of
from autoresearch_ci.reports.formats import Report


def render(report: Report) -> Iterator[str]:
    """The lines of the SVG. Raises MachineError where matplotlib is not installed."""
    yield from picture(report, "svg").decode().splitlines()


def picture(report: Report, form: str) -> bytes:
    """The picture as `svg` or `png`. Raises MachineError where matplotlib is not installed."""
    try:
        return chart(
            report.history,
            report.start.target_value,
            importance=report.importance(),
            lanes=lanes_of(report.sessions),
            form=form,
            dark=report.dark,
        )
    except ModuleNotFoundError as error:
        raise MachineError(
            f"A chart is drawn with {error.name}, which is not installed.",
            remedy="Install it: pip install 'autoresearch-ci[chart]'",
        ) from error
