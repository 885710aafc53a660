"""Two changes of one text put together, where that takes no guess.

Line by line first: changes of neighbouring lines are apart, those of the same line are
not. Lines that both touch are compared token by token, and there a token that neither
touches has to lie in between. Where a text repeats itself, what was changed can be read
in more than one way: what depends on the reading is not put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from autoresearch_ci.source_code.syntax.grammar import Kind
from autoresearch_ci.source_code.syntax.words import Token

Split = Callable[[str], Sequence[Token]]
"""A text as its tokens; their texts, joined, are the text."""

_MOST = 2000
"""Tokens that are compared with each other: the time may grow with the square of them."""

_BEHIND_A_LINE = re.compile(r"(?<=\n)")


class _Change(NamedTuple):
    """The pieces `start` to `end` became `new`, in the text number `side`.

    `first` to `last` is all that it may be about: among repeated pieces nobody can tell
    which of them were added or taken away.
    """

    first: int
    last: int
    start: int
    end: int
    side: int
    new: list[str]


_Apart = Callable[[int, int], bool]
"""A test if a change that ends at the one piece is apart from one that begins at the other."""

_Settle = Callable[[str, str, str], list[str] | None]
"""A resolver of a stretch that both changed: as it was, in ours and in theirs."""


def replayed(versions: Sequence[str], onto: str, split: Split) -> str | None:
    """The steps from each version to the next, made on `onto` in place of the first one.

    None where a step overlaps with what makes `onto` differ.
    """
    text: str | None = onto
    for before, after in pairwise(versions):
        if text is not None:
            text = merged(before, text, after, split)
    return text


def merged(base: str, ours: str, theirs: str, split: Split) -> str | None:
    """`base` with the changes of both; None where they overlap, or may do."""
    if ours == theirs:
        return ours

    def by_token(*stretches: str) -> list[str] | None:
        tokens = [split(stretch) for stretch in stretches]
        if max(map(len, tokens)) > _MOST:
            return None

        def apart(end: int, start: int) -> bool:
            return any(token.kind is not Kind.SPACE for token in tokens[0][end:start])

        found = _merged([[token.text for token in side] for side in tokens], apart, _never)
        return None if found is None else _lines("".join(found))

    lines = [_lines(text) for text in (base, ours, theirs)]
    found = _merged(lines, lambda end, start: end <= start, by_token)
    if found is None or not all(line.endswith("\n") for line in found[:-1]):
        return None  # no line may end up behind one without an end
    return "".join(found)


def _lines(text: str) -> list[str]:
    return [line for line in _BEHIND_A_LINE.split(text) if line]


def _merged(texts: list[list[str]], apart: _Apart, settle: _Settle) -> list[str] | None:
    """The pieces of the merged text."""
    base, *sides = texts
    out: list[str] = []
    done = 0
    changes = [change for side, text in enumerate(sides) for change in _changes(base, text, side)]
    for group in _groups(sorted(changes), apart):
        start, end = group[0].first, max(change.last for change in group)
        both = [_with(base, start, end, group, side) for side in range(2)]
        whose = {change.side for change in group}
        if len(whose) == 1:
            pieces: list[str] | None = both[whose.pop()]
        else:
            pieces = settle("".join(base[start:end]), *map("".join, both))
        if pieces is None:
            return None
        out += [*base[done:start], *pieces]
        done = end
    return [*out, *base[done:]]


def _never(*_stretches: str) -> None:
    """Nothing becomes of it."""


def _groups(changes: list[_Change], apart: _Apart) -> Iterator[list[_Change]]:
    """The changes, in order, those together that are not apart or that add at one place."""
    group: list[_Change] = []
    for change in changes:
        end = max((each.last for each in group), default=0)
        adds = change.start == change.end and any(
            each.start == each.end and each.last == change.first for each in group
        )
        if group and apart(end, change.first) and not adds:
            yield group
            group = []
        group.append(change)
    yield group


def _with(base: list[str], start: int, end: int, group: list[_Change], side: int) -> list[str]:
    """A stretch as it is in one of the two texts."""
    out: list[str] = []
    done = start
    for change in sorted(group, key=lambda each: (each.start, each.end)):
        if change.side == side:
            out += [*base[done : change.start], *change.new]
            done = change.end
    return [*out, *base[done:end]]


def _changes(base: list[str], text: list[str], side: int) -> Iterator[_Change]:
    """The changes that a text makes."""
    head, tail = _common(base, text)
    middle, other = base[head : len(base) - tail], text[head : len(text) - tail]
    for kind, *places in SequenceMatcher(None, middle, other, autojunk=False).get_opcodes():
        i1, i2, j1, j2 = (place + head for place in places)
        up = down = 0
        if kind == "delete":
            up, down = _slack(base, i1, i2)
        elif kind == "insert":
            up, down = _slack(text, j1, j2)
        if kind != "equal":
            first, last = max(0, i1 - up), min(len(base), i2 + down)
            yield _Change(first, last, i1, i2, side, text[j1:j2])


def _common(base: list[str], text: list[str]) -> tuple[int, int]:
    """The numbers of pieces that both begin with, and end with."""
    shorter = min(len(base), len(text))
    head = tail = 0
    while head < shorter and base[head] == text[head]:
        head += 1
    while tail < shorter - head and base[-1 - tail] == text[-1 - tail]:
        tail += 1
    return head, tail


def _slack(text: list[str], start: int, end: int) -> tuple[int, int]:
    """The distances that `start` to `end` could lie before and behind, the rest being the same."""
    up = down = 0
    while start - up > 0 and text[start - up - 1] == text[end - up - 1]:
        up += 1
    while end + down < len(text) and text[start + down] == text[end + down]:
        down += 1
    return up, down
