"""The append-only log of a campaign: JSON lines on disk are the truth.

A record is on the disk before `append` returns, so a kill at any instant costs
at most the record being written, whose torn line the next reader drops. The
table `results.tsv` is a view, written after the truth and rebuilt from it when
a session begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from autoresearch_ci.campaign.ledger.guarded_file import GuardedFile
from autoresearch_ci.campaign.ledger.merge import Merged, merge
from autoresearch_ci.campaign.ledger.publication import key_of
from autoresearch_ci.campaign.ledger.reading import (
    CampaignLog,
    arranged,
    read,
    read_lane,
    require_ours,
    whole,
)
from autoresearch_ci.campaign.ledger.records import SHORT, dumps, encode, loads, parse
from autoresearch_ci.campaign.ledger.union import PLAIN, Streams, entries, split, union
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import Direction, Experiment, ExperimentStart, Record
from autoresearch_ci.core.text import plural

__all__ = [
    "CampaignLog",
    "LaneLedger",
    "Ledger",
    "Merged",
    "dumps",
    "encode",
    "forget",
    "joined",
    "loads",
    "read",
    "read_lane",
    "table",
]

R = TypeVar("R", bound=Record)

Gone = Callable[[Sequence[ExperimentStart], History], Collection[str]]
"""From what others have begun to those of their sessions that are taken for dead."""

HEADER = "commit\tmetric\tvalue\tstatus\tdescription\n"


def joined(log: CampaignLog, others: Iterable[Streams], on: str) -> CampaignLog:
    """The campaign with what its lanes have written; `on` is where its branch is."""
    return arranged(log.tag, union(*others, split(entries(log.lines))), on)


def row(experiment: Experiment) -> str:
    """A line of `results.tsv`: a 7-character commit, six decimals, zero where there is no value."""
    description = re.sub(r"\s+", " ", experiment.description).strip()
    return (
        f"{experiment.commit[:SHORT]}\t{experiment.metric}\t{experiment.value or 0:.6f}\t"
        f"{experiment.status}\t{description}\n"
    )


def table(history: History) -> str:
    """The whole `results.tsv` of a campaign."""
    return HEADER + "".join(row(experiment) for experiment in history.experiments)


def forget(log: Path, results: Path, tag: str) -> bytes:
    """Take a campaign's records out of a log that others share, and its table; the records.

    A table of another campaign stays.
    """
    own = GuardedFile(log, durable=True)
    campaign = read(whole(own.content), _name(log)).get(tag)
    if campaign is None:
        return b""
    lines = whole(own.content).splitlines(keepends=True)
    own.replace(b"".join(line for line in lines if line.strip() and _tag(line) != tag))
    if results.exists() and results.read_text(errors="replace") == table(campaign.history):
        results.unlink()
    return b"".join(campaign.lines)


class Ledger:
    """One campaign's records in `log`, a file that other campaigns share, and `results`.

    `published` is what the campaign's logs branch holds of the log, if anything:
    records that are only there (the work of another machine, or of a working
    tree that was cleaned) are brought to the file first, and come before those that
    are only here. A torn last line is cut off, so that the next record begins on its
    own. `others` are what lanes have written, where they are to be combined: then keeps count that
    stand on the commit `on`.

    Raises LedgerError where the log cannot be read, and where `results` holds
    rows that no ledger knows: they would be lost.
    """

    def __init__(
        self,
        log: Path,
        results: Path,
        tag: str,
        direction: Direction,
        *,
        published: bytes = b"",
        others: Iterable[Streams] = (),
        on: str = "",
    ) -> None:
        self.log, self.results, self.tag = log, results, tag
        self._log = GuardedFile(log, durable=True)
        campaigns = self._read_file()
        here = campaigns.get(tag) or CampaignLog(tag, History(direction))
        before = list(here.lines)
        there = self._read(published)
        ahead = before[: len(there.lines)] == there.lines
        self.campaign = here if ahead else merge(there, here).log
        if others:
            self.campaign = self._combined([*others], on)
        self._refuse_foreign_table([*campaigns.values(), self.campaign])
        if self.campaign.lines[: len(before)] != before:
            self._log.replace(self._whole_log())
        elif fresh := self.campaign.lines[len(before) :]:
            self._log.append(b"".join(fresh))
        self._table = GuardedFile(results, durable=False)
        self._table.replace(table(self.history).encode())

    def _combined(self, others: list[Streams], on: str) -> CampaignLog:
        """The campaign with what lanes have written, and who else has worked on it."""
        own = split(entries(self.campaign.lines))
        for other in others:
            ours, theirs = own.get(PLAIN, ()), other.get(PLAIN, ())
            least = min(len(ours), len(theirs))
            if [each.line for each in ours[:least]] != [each.line for each in theirs[:least]]:
                own = split(entries(merge(arranged(self.tag, other), self.campaign).log.lines))
        return arranged(self.tag, union(own, *others), on)

    def _read_file(self) -> dict[str, CampaignLog]:
        """The campaigns of the file, from which a torn last line is cut off."""
        kept, tail = whole(self._log.content), self._log.content
        campaigns = read(kept, _name(self.log))
        if torn := tail.removeprefix(kept):
            require_ours(torn, _name(self.log))
            self._log.replace(kept)
        return campaigns

    @property
    def history(self) -> History:
        return self.campaign.history

    @property
    def lines(self) -> list[bytes]:
        """The lines that whoever has this ledger publishes."""
        return self.campaign.lines

    def name(self, experiment: Experiment) -> str:
        """The name of an experiment that is about to be written."""
        if experiment.session in self.campaign.lanes:
            return key_of(experiment)
        return f"{experiment.experiment:04}"

    def append(self, record: R) -> R:
        """Write the record; it is on the disk when this returns. Raises MachineError.

        A request that is there already is not written again.
        """
        if self.campaign.knows(record):
            return record
        line = dumps(record)
        with deferred():  # the file and what we know of it stay one
            self._log.append(line)
            self.campaign.add(record, line)
            self._show(record)
        return record

    def _show(self, record: Record) -> None:
        if isinstance(record, Experiment):
            self._table.append(row(record).encode())

    def merged(self, published: bytes) -> Merged:
        """Merge our records behind those published; nothing is written.

        Raises LedgerError where those are of another target or metric.
        """
        there = self._read(published)
        self._require_same(there)
        return merge(there, self.campaign)

    def take(self, merged: Merged) -> None:
        """Make what was merged the campaign, on the disk and for whoever has its history."""
        with deferred():
            history = self.history
            history.become(merged.log.history)
            self.campaign = merged.log
            self.campaign.history = history
            # The table first: rows that the log does not know would be taken for foreign.
            self._table.replace(table(history).encode())
            self._log.replace(self._whole_log())

    def _require_same(self, there: CampaignLog) -> None:
        ours, theirs = self.campaign.start, there.start
        if ours is None or theirs is None:
            return
        for what in ("target", "metric", "direction"):
            here, elsewhere = getattr(ours, what), getattr(theirs, what)
            if here != elsewhere:
                raise LedgerError(
                    f"The campaign {self.tag} was published with {what} {elsewhere}; here it is "
                    f"{here}.",
                    remedy="Use the same settings in both places, or begin another "
                    "campaign: `autoresearch-ci run --new`.",
                )

    def _read(self, published: bytes) -> CampaignLog:
        there = read(published, f"autoresearch-logs/{self.tag}").get(self.tag)
        return there or CampaignLog(self.tag, History(Direction.LOWER))

    def _whole_log(self) -> bytes:
        """The other campaigns of this file, then this one."""
        lines = whole(self._log.content).splitlines(keepends=True)
        others = [line for line in lines if line.strip() and _tag(line) != self.tag]
        return b"".join([*others, *self.campaign.lines])

    def _refuse_foreign_table(self, campaigns: list[CampaignLog]) -> None:
        if not self.results.exists():
            return
        text = self.results.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines(keepends=True)
        known, of_lanes = {HEADER}, set[tuple[str, ...]]()
        for campaign in campaigns:
            rows = [row(experiment) for experiment in campaign.history.experiments]
            known.update(rows)
            if campaign.lanes:
                of_lanes.update(map(_measured, rows))
        unknown = [
            line
            for line in lines
            if line.strip() and line not in known and _measured(line) not in of_lanes
        ]
        if unknown and not text.endswith("\n") and any(k.startswith(lines[-1]) for k in known):
            unknown.pop()  # a kill tore the last line
        if unknown:
            raise LedgerError(
                f"{self.results.name} holds {plural(len(unknown), 'line')} that the ledger does "
                f"not have, and would be overwritten. The first: {unknown[0].strip()[:100]}",
                remedy=f"Keep it as another file: mv {self.results.name} old-{self.results.name}",
            )


class LaneLedger(Ledger):
    """The records of one lane in `log`, and a campaign that is all that is known of all lanes.

    What is appended is the lane's own; `beside` is the campaign with what the others have, and
    `take_over` makes it this one. There is no table.
    """

    def __init__(self, log: Path, tag: str, direction: Direction) -> None:
        self.log, self.tag = log, tag
        self._log = GuardedFile(log, durable=True)
        found = self._read_file().get(tag)
        self.campaign = found or CampaignLog(tag, History(direction))
        self._begun: Sequence[ExperimentStart] = ()

    @property
    def lines(self) -> list[bytes]:
        return whole(self._log.content).splitlines(keepends=True)

    def beside(self, others: Iterable[Streams], on: str = "") -> CampaignLog:
        """All that is known with what others have written; `on` is where the branch is."""
        own = split(entries(self.lines))
        log = arranged(self.tag, union(*others, own), on)
        log.history.under_way = [e for e in log.under_way if e.session not in own]
        return log

    def take_over(self, log: CampaignLog) -> None:
        """Let it be the campaign, for whoever has its history."""
        with deferred():
            history = self.history
            history.become(log.history)
            log.history, self.campaign = history, log
            self._begun = history.under_way

    def leave_out(self, gone: Gone) -> None:
        """Let what those have begun be under way no more that are taken for dead."""
        history = self.history
        self.campaign.gone = gone(self._begun, history)
        history.under_way = [e for e in self._begun if e.session not in self.campaign.gone]

    def _show(self, record: Record) -> None:
        """Show nothing: the table is of all lanes, and their combination's."""


def _measured(line: str) -> tuple[str, ...]:
    """The cells of a row that stay whatever other lanes have found: no commit and no status."""
    _commit, *cells = line.split("\t")
    return (*cells[:2], *cells[3:])


def _name(path: Path) -> str:
    return "/".join(path.parts[-3:]) if path.suffix == ".jsonl" else path.name


def _tag(line: bytes) -> str:
    return str(parse(line)["details"].get("tag", ""))
