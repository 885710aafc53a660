"""From the bytes of a ledger to the campaigns in it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from autoresearch_ci.campaign.ledger import union
from autoresearch_ci.campaign.ledger.publication import Publication, key_of
from autoresearch_ci.campaign.ledger.records import (
    FORMAT,
    TOOL,
    ForeignRecordError,
    NewerRecordError,
    decode,
    encode,
    parse,
)
from autoresearch_ci.campaign.ledger.standing import Known, standing
from autoresearch_ci.campaign.ledger.union import Entry, Streams
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Confirmation,
    Diagnosis,
    Direction,
    Experiment,
    ExperimentStart,
    IdeaRequest,
    Lane,
    MutationCheck,
    PairMeasured,
    ProposalRejected,
    Record,
    Request,
    SessionEnd,
    SessionStart,
    StopReason,
    StopRequest,
)


@dataclass(slots=True)
class CampaignLog:
    """Records of one campaign in a ledger.

    `lines` are the raw lines, newline included, in the order they were written.
    `started` is the record of the last experiment that was started, as a parsed
    line: half of a ledger are such records, and only the last can matter. `stops` are
    all the times that somebody asked the sessions at work to end, `waiting` those
    that came when the next session was on its way, and none has begun since. `lanes` are those of
    the sessions that worked beside others, by session, and `under_way` their experiments without
    an end; then the lines are in the order of their union. `gone` are sessions that have not ended
    and are taken for dead.
    """

    tag: str
    history: History
    sessions: list[SessionStart | SessionEnd] = field(default_factory=list)
    stops: list[StopRequest] = field(default_factory=list)
    waiting: tuple[StopRequest, ...] = ()
    lines: list[bytes] = field(default_factory=list)
    started: Mapping[str, Any] | None = None
    lanes: dict[str, Lane] = field(default_factory=dict)
    under_way: list[ExperimentStart] = field(default_factory=list)
    gone: Collection[str] = ()
    publication: Publication = field(default_factory=Publication)
    _asked: set[str] = field(default_factory=set)

    def add(self, record: Record | None, line: bytes) -> None:
        """Take in the next record. One that is there already changes nothing."""
        if self.knows(record):
            return
        self.lines.append(line)
        if isinstance(record, SessionStart | SessionEnd):
            self.sessions.append(record)
        match record:
            case SessionStart():
                self._begin(record)
            case ExperimentStart():
                self.started = encode(record)
            case ProposalRejected():
                number = self.history.next_number
                self.history.rejected.append(replace(record, experiment=number))
            case Confirmation():
                self.history.judged(self._renumbered(record))
            case PairMeasured() | Diagnosis() | MutationCheck():
                self.history.judged(record)
            case Experiment():
                self._add_experiment(record)
                self.started = None
            case IdeaRequest() | StopRequest():
                self._ask(record)

    def _begin(self, start: SessionStart) -> None:
        if start.lanes:
            self.lanes[start.session] = Lane(start.lane, start.lanes)
        self.history.direction = start.direction
        self.waiting = ()

    def _add_experiment(self, done: Experiment) -> None:
        number, key = self.history.next_number, key_of(done)
        if done.experiment > number:
            raise ValueError(f"experiment {done.experiment} after {number - 1}")
        if done.session in self.lanes:
            self.history.add(done, key, key)
        else:
            name = self.publication.name(done)
            self.history.add(self.publication.read(done, number), name, key)

    def _renumbered(self, confirmation: Confirmation) -> Confirmation:
        """The same with the numbers that what was kept has here."""
        numbers = {each.commit: each.experiment for each in self.history.kept}
        findings = confirmation.findings
        now = {each.experiment: numbers.get(each.commit, each.experiment) for each in findings}
        placed = tuple(
            replace(
                each,
                experiment=now[each.experiment],
                group=tuple(now.get(number, number) for number in each.group),
            )
            for each in findings
        )
        return replace(confirmation, findings=placed)

    def _ask(self, request: Request) -> None:
        self._asked.add(request.session)
        if isinstance(request, StopRequest):
            self.stops.append(request)
            self.waiting += (request,) if self.next_is_on_its_way else ()
        else:
            self.history.queue(request)

    def knows(self, record: Record | None) -> bool:
        """Tell whether it is there already: a kill can leave one that was taken in."""
        if isinstance(record, Experiment):
            return self.history.number(key_of(record)) is not None
        return isinstance(record, IdeaRequest | StopRequest) and record.session in self._asked

    @property
    def unfinished(self) -> ExperimentStart | None:
        """An experiment without a verdict: it is under way, or it was interrupted."""
        record = decode(self.started, self.history.next_number) if self.started else None
        return record if isinstance(record, ExperimentStart) else None

    @property
    def at_work(self) -> set[str]:
        """The sessions that have begun and not ended.

        One that was killed is among them, until it is taken for dead.
        """
        ended = {record.session for record in self.sessions if isinstance(record, SessionEnd)}
        return {record.session for record in self.sessions} - ended - {*self.gone}

    @property
    def next_is_on_its_way(self) -> bool:
        """Tell whether a session has started the next one, by its records, and none has begun."""
        starts = [each for each in self.sessions if isinstance(each, SessionStart)]
        going = {each.session for each in starts if each.goes_on}
        for each in reversed(self.sessions):
            if isinstance(each, SessionStart):
                return False
            begun = each.reason is StopReason.SETUP_ONLY  # what goes on after that are lanes
            if each.session in going and (begun or each.reason.is_limit):
                return True
        return False

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


_BEGIN = f'{{"tool":"{TOOL}",'.encode()
"""The first bytes of every record."""


def read(data: bytes, origin: str) -> dict[str, CampaignLog]:
    """Every campaign in the ledger by its tag, the least recently begun first.

    `origin` names the ledger in errors. Raises LedgerError where the ledger is
    not ours, from a newer version, or damaged before its last line.
    """
    campaigns: dict[str, CampaignLog] = {}
    entries: dict[str, list[Entry]] = {}
    for number, line in _lines(data):
        with _place(origin, number):
            _take(parse(line), line, campaigns, entries)
    return campaigns | {tag: arranged(tag, union.split(found)) for tag, found in entries.items()}


def read_lane(data: bytes, origin: str) -> Streams:
    """The streams in the log of one lane; errors as above."""
    found = []
    for number, line in _lines(data):
        with _place(origin, number):
            found.append(union.entry(line, parse(line)))
    return union.split(found)


@contextmanager
def _place(origin: str, number: int) -> Iterator[None]:
    """Say of a line that cannot be read where it is, and what to do."""
    try:
        yield
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


def arranged(tag: str, streams: Streams, on: str = "") -> CampaignLog:
    """The campaign of several lanes; `on` is the commit that its branch is at, where that is known.

    Numbers and the keeps that count follow from the streams alone, and from `on`.
    """
    entries = union.ordered(streams)
    starts = [each.record for each in entries if isinstance(each.record, SessionStart)]
    log = CampaignLog(tag, History(starts[0].direction if starts else Direction.LOWER))
    log.lanes = {each.session: Lane(each.lane, each.lanes) for each in starts if each.lanes}
    tried = [each.record for each in entries if isinstance(each.record, Experiment)]
    keys, names, read = list(map(key_of, tried)), list[str](), list[Experiment]()
    for number, done in enumerate(tried):
        beside = done.session in log.lanes
        names.append(keys[number] if beside else log.publication.name(done))
        read.append(done if beside else log.publication.read(done, number))
    places = {name: number for known in (names, keys) for number, name in enumerate(known)}
    heads = [each.head for each in starts if each.head]
    found = standing(read, Known(places, log.history.direction, log.lanes, heads, on))
    for each in entries:
        if isinstance(each.record, Experiment):
            log.lines.append(each.line)
            number = log.history.next_number
            log.history.add(found[number], names[number], keys[number])
        elif isinstance(each.record, ExperimentStart):
            log.lines.append(each.line)
        else:
            log.add(each.record, each.line)
    begun = [union.unfinished(streams[name]) for name in sorted(streams)]
    log.under_way = [each for each in begun if each]
    alone = (each for each in log.under_way if each.session not in log.lanes)
    log.started = next(map(encode, alone), None)
    return log


def in_order(tag: str, entries: Sequence[Entry]) -> CampaignLog:
    """The campaign of sessions without lanes, in the order of their lines."""
    log = CampaignLog(tag, History(Direction.LOWER))
    for each in entries:
        log.add(each.record, each.line)
    return log


def require_ours(torn: bytes, origin: str) -> None:
    """Raise LedgerError where a last line without an end is not what a kill leaves of a record."""
    begin = _BEGIN[: len(torn)]
    if torn.strip(b"\0") and torn[: len(begin)] != begin:
        raise LedgerError(
            f"{origin}: its last line is not a record of autoresearch-ci.", remedy=_remedy(origin)
        )


def _take(
    parsed: Any, line: bytes, campaigns: dict[str, CampaignLog], entries: dict[str, list[Entry]]
) -> None:
    """Add a parsed line to its campaign: to its `entries` once it is known to have lanes."""
    details = parsed.get("details") if isinstance(parsed, dict) else None
    if not isinstance(details, dict) or parsed.get("tool") != TOOL:
        raise ForeignRecordError
    tag = str(details.get("tag", ""))
    log = campaigns.get(tag) or CampaignLog(tag, History(Direction.LOWER))
    if tag not in entries and details.get("lanes"):
        entries[tag] = union.entries(log.lines)
    if tag in entries:
        entries[tag].append(union.entry(line, parsed))
    elif parsed.get("action") == "experiment_start":
        log.started = parsed
        log.lines.append(line)
    else:
        log.add(decode(parsed, log.history.next_number), line)
    campaigns[tag] = log


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
