"""The product's rules for several lanes, on records alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from autoresearch_ci.campaign.ledger.publication import key_of
from autoresearch_ci.campaign.ledger.standing import Known, standing
from autoresearch_ci.campaign.ledger.union import Entry, ordered, unfinished
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Lane


def history_of(
    streams: Mapping[str, Sequence[Entry]], lanes: Mapping[str, Lane], direction: Direction
) -> History:
    """The campaign as somebody sees it who knows these records."""
    done = [each for each in ordered(streams) if isinstance(each.record, Experiment)]
    keys = [key_of(each.record) for each in done]
    history = History(direction)
    places = {key: place for place, key in enumerate(keys)}
    found = standing([each.record for each in done], Known(places, direction, lanes))
    for each, key in zip(found, keys, strict=True):
        history.add(each, key)
    history.under_way = [each for each in map(unfinished, streams.values()) if each]
    return history


@lru_cache(100_000)
def merged(base: str, theirs: str, ours: str) -> str | None:
    """What `theirs` changed since `base`, on top of `ours`; None where both touched a line."""
    old, new, mine = (text.splitlines(keepends=True) for text in (base, theirs, ours))
    hunks = [
        (start, end, text[first:last])
        for text in (new, mine)
        for start, end, first, last in _changed(old, text)
    ]
    result, at, before = list[str](), 0, -1
    for start, end, piece in sorted(hunks):
        if start < at or start == before:
            return None
        result += [*old[at:start], *piece]
        at, before = end, start
    return "".join(result + old[at:])


def _changed(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """The lines that went, and what came: each line for itself where it is clear which is which."""
    for tag, start, end, first, last in SequenceMatcher(None, old, new, False).get_opcodes():
        if tag == "replace" and end - start == last - first:
            for n in range(end - start):
                yield start + n, start + n + 1, first + n, first + n + 1
        elif tag != "equal":
            yield start, end, first, last
