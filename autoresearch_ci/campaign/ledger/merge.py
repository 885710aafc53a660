"""Two sessions wrote to one campaign: both of their records, each once, without gaps.

What is published keeps its place and its numbers. The records of our own that are not
published yet follow it, renumbered. Of these a keep stays a keep only where it was
compared with what is the incumbent now; else another session's keep came first, and ours
is a discard, `superseded`: it was never compared with the version that it would replace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autoresearch_ci.campaign.ledger.reading import CampaignLog, arranged
from autoresearch_ci.campaign.ledger.records import decode, dumps, parse
from autoresearch_ci.campaign.ledger.union import PLAIN, entries, split, union
from autoresearch_ci.core.model import (
    DROP,
    Confirmation,
    Experiment,
    ExperimentStart,
    PairMeasured,
    ProposalRejected,
    Reason,
    Record,
    Status,
)

Recommit = Callable[[Experiment, Experiment], str]
"""From a kept experiment as it was and as it is now to a commit that says the new number."""


@dataclass(frozen=True, slots=True)
class Merged:
    """`log` is the campaign with the records of both.

    `tip` is the commit of the incumbent in what was published, empty without one;
    `moved` has the number of each of our unpublished experiments before, and now.
    """

    log: CampaignLog
    tip: str
    moved: Mapping[int, int] = field(default_factory=dict)


def merge(published: CampaignLog, own: CampaignLog, recommit: Recommit | None = None) -> Merged:
    """`published`, then what only `own` has. Neither is to be used afterwards.

    Without `recommit` no keep can change its number, and becomes a discard instead.
    """
    incumbent = published.history.incumbent
    tip = incumbent.commit if incumbent else ""
    if not published.lines:
        moved = {number: number for number in range(own.history.next_number)}
        return Merged(own, tip, moved)
    if published.lanes or own.lanes:
        return _beside_lanes(published, own, recommit, tip)
    moved = _weave(published, own.lines, published.lines, recommit)
    return Merged(published, tip, moved)


def _beside_lanes(
    published: CampaignLog, own: CampaignLog, recommit: Recommit | None, tip: str
) -> Merged:
    """The same where there are lanes: only what belongs to none of them is to be woven in."""
    theirs, ours = split(entries(published.lines)), split(entries(own.lines))
    plain = theirs.get(PLAIN, ())
    streams = {**union(theirs, ours), PLAIN: plain}
    log = arranged(own.tag, streams, tip)
    before = len(log.lines)
    mine = [each.line for each in ours.get(PLAIN, ())]
    moved = _weave(log, mine, [each.line for each in plain], recommit)
    woven = entries(log.lines[before:])
    return Merged(arranged(own.tag, {**streams, PLAIN: [*plain, *woven]}, tip), tip, moved)


def _weave(
    log: CampaignLog, own: Iterable[bytes], published: Iterable[bytes], recommit: Recommit | None
) -> dict[int, int]:
    """Put those of our own lines that are not `published` behind the log.

    The number of each of their experiments before, and now.
    """
    # One process writes the records of a session, in order, and publishes a beginning of
    # them. So their count says which are there, also where they got other numbers.
    there = Counter(_session(parse(line)) for line in published)
    weaving = _Weaving(log, recommit)
    position = 0
    for line in own:
        parsed = parse(line)
        record = decode(parsed, position)
        if isinstance(record, Experiment):
            position += 1
        session = _session(parsed)
        if there[session]:
            there[session] -= 1
            if isinstance(record, Experiment) and record.status is Status.KEEP:
                weaving.before = record.commit
        else:
            weaving.take(record, line)
    return weaving.moved


class _Weaving:
    """Takes in our unpublished records, one by one, behind those that are published."""

    def __init__(self, log: CampaignLog, recommit: Recommit | None) -> None:
        self.log, self._recommit = log, recommit
        self.moved: dict[int, int] = {}
        self.before = ""  # the commit that our own keeps follow
        self._commits: dict[str, str] = {}

    def take(self, record: Record | None, line: bytes) -> None:
        new = record
        if isinstance(record, ExperimentStart):
            new = replace(
                record,
                experiment=self.log.history.next_number,
                parent=self._commits.get(record.parent, record.parent),
            )
        elif isinstance(record, ProposalRejected):
            new = replace(record, experiment=self.log.history.next_number)
        elif isinstance(record, PairMeasured):
            new = replace(record, head=self._commits.get(record.head, record.head))
        elif isinstance(record, Confirmation):
            new = self._confirmation(record)
        elif isinstance(record, Experiment):
            new = self._numbered(record)
            self.moved[record.experiment] = new.experiment
        self.log.add(new, line if new == record or new is None else dumps(new))

    def _confirmation(self, record: Confirmation) -> Confirmation:
        findings = tuple(
            replace(
                each,
                experiment=self.moved.get(each.experiment, each.experiment),
                group=tuple(self.moved.get(number, number) for number in each.group),
            )
            for each in record.findings
        )
        head = self._commits.get(record.head, record.head)
        return replace(record, head=head, findings=findings)

    def _numbered(self, old: Experiment) -> Experiment:
        parent = self._commits.get(old.parent, old.parent)
        new = replace(old, experiment=self.log.history.next_number, parent=parent)
        if old.status is not Status.KEEP:
            return replace(new, commit=self._commits.get(old.commit, old.commit))
        baseline = old.is_baseline
        compared_with = self.before if baseline else parent
        tip = self.log.history.incumbent
        if tip is not None and compared_with != tip.commit:
            return self._superseded(new, tip)
        if not baseline and (new.experiment, new.parent) != (old.experiment, old.parent):
            if self._recommit is None:
                return self._superseded(new, tip or old)
            new = replace(new, commit=self._recommit(old, new))
            self._commits[old.commit] = new.commit
        self.before = new.commit
        return new

    def _superseded(self, new: Experiment, tip: Experiment) -> Experiment:
        # A change that is taken out may well leave what there was before it.
        same = None if new.proposer == DROP else self.log.history.tried(new.candidate)
        return replace(
            new,
            status=Status.DISCARD,
            reason=Reason.DUPLICATE if same else Reason.SUPERSEDED,
            commit=new.parent,
            error=f"the same as experiment {same.experiment} of another session"
            if same
            else f"experiment {tip.experiment} of another session was kept and published first",
        )


def _session(parsed: Mapping[str, Any]) -> str:
    return str(parsed.get("details", {}).get("session", ""))
