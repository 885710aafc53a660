"""The append-only log of a campaign: JSON lines on disk are the truth.

A record is on the disk before `append` returns, so a kill at any instant costs
at most the record being written, whose torn line the next reader drops. The
table `results.tsv` is a view, written after the truth and rebuilt from it when
a session begins.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from autoresearch_ci.errors import LedgerError, MachineError
from autoresearch_ci.history import History
from autoresearch_ci.ledger.reading import CampaignLog, read, whole
from autoresearch_ci.ledger.records import dumps, encode
from autoresearch_ci.ledger.tsv import HEADER, row
from autoresearch_ci.model import Direction, Experiment, Record

__all__ = ["CampaignLog", "Ledger", "encode", "read", "table"]

R = TypeVar("R", bound=Record)


def table(history: History) -> str:
    """The whole `results.tsv` of a campaign."""
    return HEADER + "".join(row(experiment) for experiment in history.experiments)


class Ledger:
    """One campaign's records in `log`, a file that other campaigns share, and `results`.

    `published` is what the campaign's logs branch holds of the log, if anything:
    records that are only there (the work of another machine, or of a working
    tree that was cleaned) are brought back to the file first.

    Raises LedgerError where the log cannot be read, and where `results` holds
    rows that no ledger knows: they would be lost.
    """

    def __init__(
        self, log: Path, results: Path, tag: str, direction: Direction, *, published: bytes = b""
    ) -> None:
        self.log, self.results, self.tag = log, results, tag
        self._repair()
        campaigns = read(log.read_bytes() if log.exists() else b"", _name(log))
        here = campaigns.get(tag) or CampaignLog(tag, History(direction))
        self.campaign = _merge(here, published)
        self._refuse_foreign_table([*campaigns.values(), self.campaign])
        if fresh := self.campaign.lines[len(here.lines) :]:
            self._write(b"".join(fresh))
        self.results.write_text(table(self.history), encoding="utf-8")

    @property
    def history(self) -> History:
        return self.campaign.history

    def append(self, record: R) -> R:
        """Write the record; it is on the disk when this returns. Raises MachineError."""
        line = dumps(record)
        self._write(line)
        self.campaign.add(record, line)
        if isinstance(record, Experiment):
            with self.results.open("a", encoding="utf-8") as file:
                file.write(row(record))
        return record

    def _repair(self) -> None:
        """Cut a torn last line off, so that the next record begins on its own line."""
        if not self.log.exists():
            self.log.parent.mkdir(parents=True, exist_ok=True)
            return
        data = self.log.read_bytes()
        kept = whole(data)
        if kept != data:
            with self.log.open("r+b") as file:
                file.truncate(len(data[: data.rfind(b"\n") + 1]))
                file.seek(0, os.SEEK_END)
                file.write(kept[data.rfind(b"\n") + 1 :])

    def _write(self, line: bytes) -> None:
        with self.log.open("ab") as file:
            size = file.tell()
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                # Half a line would look like a torn tail; leave none behind.
                with suppress(OSError):
                    os.truncate(self.log, size)
                raise MachineError(
                    f"{_name(self.log)} could not be written: {error.strerror}.",
                    remedy="Free space on this device, then run again: everything up to the last "
                    "finished experiment is safe, and the campaign goes on from there.",
                ) from error

    def _refuse_foreign_table(self, campaigns: list[CampaignLog]) -> None:
        if not self.results.exists():
            return
        text = self.results.read_text(encoding="utf-8", errors="replace")
        lines = text[: text.rfind("\n") + 1].splitlines(keepends=True)
        known = {HEADER}
        for campaign in campaigns:
            known.update(row(experiment) for experiment in campaign.history.experiments)
        unknown = [line for line in lines if line.strip() and line not in known]
        if unknown:
            raise LedgerError(
                f"{self.results.name} holds {len(unknown)} lines that are not in the ledger, and "
                f"would be overwritten. The first: {unknown[0].strip()[:100]}",
                remedy=f"Keep it as another file: mv {self.results.name} old-{self.results.name}",
            )


def _merge(here: CampaignLog, published: bytes) -> CampaignLog:
    """What is here, then what only the logs branch has."""
    origin = f"autoresearch-logs/{here.tag}"
    there = read(published, origin).get(here.tag)
    known = set(here.lines)
    missing = [line for line in there.lines if line not in known] if there else []
    if not missing:
        return here
    return read(b"".join([*here.lines, *missing]), origin)[here.tag]


def _name(log: Path) -> str:
    return "/".join(log.parts[-3:])
