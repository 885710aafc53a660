"""JSON Lines: the finished experiments as they stand in the log, for jq."""

from __future__ import annotations

import json
from collections.abc import Iterator

from autoresearch_ci.reports.formats import Report


def render(report: Report) -> Iterator[str]:
    """One object a line, nothing without an experiment."""
    return (json.dumps(report.encode(each), ensure_ascii=False) for each in report.rows)
