"""From the bytes of a ledger to the campaigns in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from autoresearch_ci.errors import LedgerError
from autoresearch_ci.history import History
from autoresearch_ci.ledger.records import FORMAT, ForeignRecordError, NewerRecordError, decode
from autoresearch_ci.model import (
    Direction,
    Experiment,
    ExperimentStart,
    Record,
    SessionEnd,
    SessionStart,
)


@dataclass(slots=True)
class CampaignLog:
    """What a ledger holds of one campaign.

    `lines` are the raw lines, newline included, in the order they were written.
    `unfinished` is an experiment that was started and has no verdict yet: it is
    under way, or it was interrupted.
    """

    tag: str
    history: History
    sessions: list[SessionStart | SessionEnd] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    unfinished: ExperimentStart | None = None

    def add(self, record: Record | None, line: bytes) -> None:
        """Take in the next record. One that is there already changes nothing."""
        if isinstance(record, Experiment) and record.experiment < self.history.next_number:
            return
        self.lines.append(line)
        if isinstance(record, SessionStart | SessionEnd):
            self.sessions.append(record)
        elif isinstance(record, ExperimentStart):
            self.unfinished = record
        elif isinstance(record, Experiment):
            self.history.add(record)
            self.unfinished = None

    @property
    def start(self) -> SessionStart | None:
        """The last session's beginning."""
        starts = [record for record in self.sessions if isinstance(record, SessionStart)]
        return starts[-1] if starts else None

    @property
    def ended(self) -> SessionEnd | None:
        """The last session's end, None while it runs or after it was killed."""
        last = self.sessions[-1] if self.sessions else None
        return last if isinstance(last, SessionEnd) else None


def whole(data: bytes) -> bytes:
    """The data up to the end of its last whole record.

    A kill or a power cut can tear the last line, or leave zero bytes behind it;
    that record was never acknowledged and is dropped.
    """
    end = data.rfind(b"\n") + 1
    tail = data[end:].strip(b"\0 \r\t")
    try:
        return data[:end] + tail + b"\n" if isinstance(json.loads(tail), dict) else data[:end]
    except ValueError:
        return data[:end]


def read(data: bytes, origin: str) -> dict[str, CampaignLog]:
    """Every campaign in the ledger by its tag, the least recently begun first.

    `origin` names the ledger in errors. Raises LedgerError where the ledger is
    not ours, from a newer version, or damaged before its last line.
    """
    campaigns: dict[str, CampaignLog] = {}
    for number, line in _lines(data):
        try:
            parsed = json.loads(line)
            if not isinstance(parsed, dict):
                raise ForeignRecordError
            details = parsed.get("details")
            tag = str(details.get("tag", "")) if isinstance(details, dict) else ""
            log = campaigns.get(tag)
            record = decode(parsed, log.history.next_number if log else 0)
            if log is None:
                direction = (
                    record.direction if isinstance(record, SessionStart) else Direction.LOWER
                )
                log = campaigns.setdefault(tag, CampaignLog(tag, History(direction)))
            log.add(record, line)
        except NewerRecordError:
            raise LedgerError(
                f"{origin}:{number}: this record was written by a newer version of autoresearch-ci "
                f"(this one reads formats up to {FORMAT}).",
                remedy="Upgrade autoresearch-ci, or move the file away to begin anew.",
            ) from None
        except ForeignRecordError:
            raise LedgerError(
                f"{origin}:{number}: this is not a record of autoresearch-ci.",
                remedy=_remedy(origin),
            ) from None
        except ValueError as error:
            raise LedgerError(
                f"{origin}:{number}: this record is damaged ({error}).", remedy=_remedy(origin)
            ) from None
    return campaigns


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(whole(data).splitlines(keepends=True), start=1):
        if line.strip():
            yield number, line


def _remedy(origin: str) -> str:
    return (
        f"Look at that line; if the file is not worth keeping here, move it away "
        f"(mv {origin} {origin}.old). What was published of a campaign is also on its "
        f"autoresearch-logs branch and is read from there."
    )
