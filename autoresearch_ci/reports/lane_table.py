"""The lanes of a session as a table: what each did, where, and why it ended."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.core.history import History
from autoresearch_ci.core.lane_group import LaneSession
from autoresearch_ci.core.model import Reason, Status
from autoresearch_ci.reports.markdown import escape
from autoresearch_ci.reports.session import STOPPED

_LOST = "it was lost; what it had published is here"


def lane_table(lanes: Sequence[LaneSession], history: History) -> str:
    """Write it in Markdown, by the lanes' numbers; empty without lanes."""
    if not lanes:
        return ""
    rows = [
        "| lane | experiments | kept | superseded | crashed | ended |",
        "|---|---|---|---|---|---|",
    ]
    for lane in sorted(lanes, key=lambda each: each.start.lane):
        mine = [e for e in history.experiments if e.session == lane.start.session]
        kept, crashed = (
            sum(e.status is status for e in mine) for status in (Status.KEEP, Status.CRASH)
        )
        superseded = sum(e.reason is Reason.SUPERSEDED for e in mine)
        why = (lane.end.note or STOPPED[lane.end.reason]) if lane.end else _LOST
        cells = (lane.start.lane, len(mine), kept, superseded, crashed, escape(why))
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)
