"""Records of many writers as one campaign: a union, and an order in which everybody reads it.

One process writes a session's records, in order, and publishes a beginning of them. So a session
of a lane is a stream of its own, and of two copies the longer one is the stream. Sessions without
lanes are one stream in the order of their file, as logs always were. A request belongs to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from autoresearch_ci.campaign.ledger.publication import key_of
from autoresearch_ci.campaign.ledger.records import decode, parse
from autoresearch_ci.core.history import tries_again
from autoresearch_ci.core.model import (
    Experiment,
    ExperimentStart,
    IdeaRequest,
    Reason,
    Record,
    SessionStart,
    Status,
    StopRequest,
)

PLAIN = ""
"""The name of the one stream of all sessions without lanes."""


class Entry(NamedTuple):
    """A line, newline included, with its record: None for one that this version does not know."""

    line: bytes
    record: Record | None
    session: str
    timestamp: str


Streams = Mapping[str, Sequence[Entry]]


def entries(lines: Iterable[bytes]) -> list[Entry]:
    """Read lines of one campaign in the order in which they were written.

    Raises ValueError, as decode does.
    """
    found: list[Entry] = []
    number = 0
    for line in lines:
        found.append(entry(line, parse(line), number))
        number += isinstance(found[-1].record, Experiment)
    return found


def entry(line: bytes, parsed: Mapping[str, Any], number: int = 0) -> Entry:
    """Read a line; `number` is what an experiment gets whose record does not say it."""
    details = parsed.get("details", {})
    return Entry(
        line,
        decode(parsed, number),
        str(details.get("session", "")),
        str(details.get("timestamp", "")),
    )


def split(entries: Iterable[Entry]) -> Streams:
    """The streams of a campaign's log, whatever order its lines are in."""
    entries = list(entries)
    of_lanes = lane_sessions(entries)
    streams = defaultdict[str, list[Entry]](list)
    for each in entries:
        request = isinstance(each.record, StopRequest | IdeaRequest)
        streams[each.session if request or each.session in of_lanes else PLAIN].append(each)
    return streams


def lane_sessions(entries: Iterable[Entry]) -> set[str]:
    """The sessions that worked beside others, and those that combined."""
    starts = (each.record for each in entries)
    return {each.session for each in starts if isinstance(each, SessionStart) and each.lanes}


def union(*sides: Streams) -> Streams:
    """All that any side has: of each stream the longest copy.

    Of two that are as long and differ (somebody took a session for dead that was not) one is
    chosen, the same by everybody.
    """
    found: dict[str, Sequence[Entry]] = {}
    for side in sides:
        for name, stream in side.items():
            known = found.get(name)
            if known is None or _rank(stream, known):
                found[name] = stream
    return found


def _rank(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    """Tell whether the one is to be preferred: what has ended to what was taken for dead."""
    if len(one) != len(other) or one is other:
        return len(one) > len(other)
    cut = [sum(_is_cut(each.record) for each in side) for side in (one, other)]
    if cut[0] != cut[1]:
        return cut[0] < cut[1]
    return [each.line for each in one] > [each.line for each in other]


def _is_cut(record: Record | None) -> bool:
    return isinstance(record, Experiment) and record.reason is Reason.INTERRUPTED


def unfinished(stream: Sequence[Entry]) -> ExperimentStart | None:
    """The experiment of a stream that has begun and not ended."""
    for each in reversed(stream):
        if isinstance(each.record, ExperimentStart):
            return each.record
        if isinstance(each.record, Experiment):
            return None
    return None


def ordered(streams: Streams) -> list[Entry]:
    """The records of all streams in one order, a function of the streams alone.

    By time, no stream's clock ever going back, then by the session's name. What rests on an
    experiment of another stream (it was tried on its commit, or tries it again) comes after it,
    however wrong a clock is.
    """
    return list(_Merge(streams).entries())


class _Merge:
    """The streams, each as far as it was taken."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._at = dict.fromkeys(streams, 0)
        self._clock = dict.fromkeys(streams, "")
        self._missing = {
            told: name
            for name, stream in streams.items()
            for each in stream
            for told in _tells(each, plain=name == PLAIN)
        }
        self._ready: list[tuple[str, str]] = []
        self._waiting = defaultdict[str, list[str]](list)

    def entries(self) -> Iterator[Entry]:
        for name in sorted(self._streams):
            self._offer(name)
        while True:
            while self._ready:
                yield self._take(heappop(self._ready)[1])
            stuck = sorted(name for names in self._waiting.values() for name in names)
            if not stuck:
                return
            self._waiting.clear()  # a circle: no honest log has one
            self._ready = [(self._clock[name], name) for name in stuck]
            heapify(self._ready)

    def _offer(self, name: str) -> None:
        """Let the stream's next record be taken, or wait for what it rests on."""
        at, stream = self._at[name], self._streams[name]
        if at == len(stream):
            return
        self._clock[name] = max(self._clock[name], stream[at].timestamp)
        for need in _needs(stream[at]):
            if self._missing.get(need, name) != name:
                self._waiting[need].append(name)
                return
        heappush(self._ready, (self._clock[name], name))

    def _take(self, name: str) -> Entry:
        taken = self._streams[name][self._at[name]]
        self._at[name] += 1
        for told in _tells(taken, plain=name == PLAIN):
            self._missing.pop(told, None)
            for other in self._waiting.pop(told, ()):
                self._offer(other)
        self._offer(name)
        return taken


def _tells(each: Entry, *, plain: bool) -> Iterable[str]:
    record = each.record
    if not isinstance(record, Experiment):
        return
    yield key_of(record)
    if plain:  # earlier versions told of these by their number
        yield f"{record.experiment:04}"
    if record.status is Status.KEEP:
        yield record.commit


def _needs(each: Entry) -> Iterable[str]:
    record = each.record
    if isinstance(record, ExperimentStart):
        return (record.parent,)
    if isinstance(record, Experiment):
        return (record.parent, *tries_again(record))
    return ()
