"""One JSON document: the campaign, and the experiments that were asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from autoresearch_ci.reports.document import document
from autoresearch_ci.reports.formats import Report


def render(report: Report) -> Iterator[str]:
    """The lines of the document, whose schema is schema/results.schema.json."""
    found = document(
        report.tag,
        report.history,
        report.rows,
        report.sessions,
        report.running,
        report.importance(),
    )
    yield from json.dumps(asdict(found), ensure_ascii=False, indent=1).splitlines()
