"""Changes of some lines, and applying them: exactly, or with white space tolerated, or not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from autoresearch_ci.proposers.llm.answer.lines import Line, common_ends, is_blank
from autoresearch_ci.proposers.llm.answer.locate import Page, Place
from autoresearch_ci.proposers.llm.answer.result import Unusable


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines to look for, and what is to stand there.

    A number in `new` is the place of a line in `old` that stays as the file has it.
    `at` is the line's number, from 0, where the answer gives one.
    """

    old: tuple[str, ...]
    new: tuple[str | int, ...]
    at: int | None = None

    @classmethod
    def replacing(cls, old: list[str], new: list[str]) -> Edit:
        """What both begin and end with stays as the file has it, white space and all."""
        head, tail = common_ends(old, new)
        middle = new[head : len(new) - tail]
        return cls(tuple(old), (*range(head), *middle, *range(len(old) - tail, len(old))))

    @property
    def without_blank_ends(self) -> Edit:
        """The same, not looking for the blank lines around."""
        head, tail = 0, len(self.old)
        while head < tail and is_blank(self.old[head]):
            head += 1
        while tail > head and is_blank(self.old[tail - 1]):
            tail -= 1
        new = tuple(
            entry if isinstance(entry, str) else entry - head
            for entry in self.new
            if isinstance(entry, str) or head <= entry < tail
        )
        at = None if self.at is None else self.at + head
        return Edit(self.old[head:tail], new, at)

    @property
    def kept(self) -> tuple[int, int]:
        """How many lines stay at the beginning and at the end of what is looked for."""
        head = 0
        while head < len(self.new) and self.new[head] == head:
            head += 1
        tail = 0
        while tail < len(self.new) - head and self.new[-1 - tail] == len(self.old) - 1 - tail:
            tail += 1
        return head, tail


@dataclass(frozen=True, slots=True)
class Change:
    """One block or hunk of an answer: `name` is what to call it in a problem.

    `readings` are the ways to read it, the likeliest first.
    """

    name: str
    readings: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Lines `start` to `end` of the file go, `lines` come."""

    start: int
    end: int
    lines: tuple[Line, ...]


def apply(changes: list[Change], source: list[Line]) -> list[Line]:
    """The lines with all changes made, each found in the source as it is; else Unusable.

    Where that fails, each is looked for in what the ones before it made of the source.
    """
    changes = list({change.readings: change for change in changes}.values())
    try:
        return _at_once(changes, source)
    except Unusable:
        if len(changes) > 1:
            with suppress(Unusable):
                return _in_turn(changes, source)
        raise


def _at_once(changes: list[Change], source: list[Line]) -> list[Line]:
    page = Page([line.text for line in source])
    cuts = sorted(
        ((_cut(change, page, source), change.name) for change in changes),
        key=lambda found: (found[0].start, found[0].end),
    )
    made: list[Line] = []
    done, before = 0, ""
    for cut, name in cuts:
        if cut.start < done:
            raise Unusable(
                f"{name} changes lines that {before} changes too. Make one block of the two."
            )
        made += source[done : cut.start]
        made += cut.lines
        done, before = cut.end, name
    return made + source[done:]


def _in_turn(changes: list[Change], source: list[Line]) -> list[Line]:
    for change in changes:
        elsewhere = tuple(replace(reading, at=None) for reading in change.readings)
        page = Page([line.text for line in source])
        cut = _cut(Change(change.name, elsewhere), page, source)
        source = [*source[: cut.start], *cut.lines, *source[cut.end :]]
    return source


def _cut(change: Change, page: Page, source: list[Line]) -> _Cut:
    """Where the first reading belongs that the file has a place for."""
    first: Unusable | None = None
    for reading in change.readings:
        for edit in dict.fromkeys((reading, reading.without_blank_ends)):
            try:
                place = page.find(change.name, edit.old, edit.at)
            except Unusable as unusable:
                first = first or unusable
            else:
                return _filled(change.name, edit, place, source)
    raise first or Unusable(f"{change.name} says nothing.")


def _filled(name: str, edit: Edit, place: Place, source: list[Line]) -> _Cut:
    head, tail = edit.kept
    new: list[Line] = []
    for entry in edit.new[head : len(edit.new) - tail]:
        if isinstance(entry, int):
            new.append(source[place.start + entry])
            continue
        moved = place.moved(entry)
        if moved is None:
            raise Unusable(
                f"{name} was found with another indentation than the file has, and its line"
                f" {entry.strip()[:100]!r} cannot be moved along."
                " Send it again, indented exactly as in the file."
            )
        new.append(Line(moved))
    return _Cut(place.start + head, place.start + len(edit.old) - tail, tuple(new))
