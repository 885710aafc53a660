"""Where in a file some lines stand: exactly, or with other white space, but nothing else."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from autoresearch_ci.proposers.llm.answer.lines import is_blank
from autoresearch_ci.proposers.llm.answer.result import Unusable

_SHOWN = 12  # lines of the file that a problem quotes at most
_COMMON = 20  # a line that the file has more often says nothing about a place
_LONGEST = 200  # characters of a line that a problem quotes
_MOST_PLACES = 1000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Place:
    """Lines were found from `start` on, indented by `there` in the file and `here` in the answer.

    Those are what all the lines have in common.
    """

    start: int
    here: str = ""
    there: str = ""

    def moved(self, text: str) -> str | None:
        """A new line with the file's indentation; None where the shift leaves it no room."""
        if self.here == self.there:
            return text
        if is_blank(text):
            return ""
        if text.startswith(self.here):
            return self.there + text[len(self.here) :]
        if self.there.endswith(self.here):
            return self.there[: len(self.there) - len(self.here)] + text
        extra = self.here[: len(self.here) - len(self.there)]
        if self.here.endswith(self.there) and text.startswith(extra):
            return text[len(extra) :]
        return None


class Page:
    """A file's lines, to look for others in. Each look costs the length of the file."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    @cached_property
    def _exact(self) -> str:
        return _stacked(self._texts)

    @cached_property
    def _trimmed(self) -> str:
        return _stacked(text.rstrip() for text in self._texts)

    @cached_property
    def _shifted(self) -> str:
        return "\n".join(_relative(self._texts)) + "\n"

    def find(self, name: str, old: Sequence[str], at: int | None) -> Place:
        """The one place of these lines, or Unusable; `name` is what it calls them.

        Of several places, the one that begins at line `at` is meant.
        """
        if all(is_blank(text) for text in old):
            raise Unusable(
                f"{name} has nothing to search for. Quote the lines of the file that are to be"
                " replaced, or that the new ones stand beside."
            )
        for found, place in (
            (_starts(self._exact, _stacked(old)), Place),
            (_starts(self._trimmed, _stacked(text.rstrip() for text in old)), Place),
            (self._starts_shifted(old), self._placed(old)),
        ):
            if at in found:
                return place(at)
            if len(found) > 1:
                raise Unusable(
                    f"{name} can be meant for {len(found)} places of the file: its search text"
                    f" occurs at lines {_listed(found)}. Add lines around it until it occurs once."
                )
            if found:
                return place(found[0])
        raise Unusable(self._not_found(name, old))

    def _starts_shifted(self, old: Sequence[str]) -> list[int]:
        if is_blank(old[0]):
            return []
        rows = _relative(old)
        rows[0] = rows[0][rows[0].index("\0") :]
        return _starts(self._shifted, "\n".join(rows) + "\n")

    def _placed(self, old: Sequence[str]) -> Callable[[int], Place]:
        def place(start: int) -> Place:
            there = _indentation(self._texts[start : start + len(old)])
            return Place(start, _indentation(old), there)

        return place

    def _not_found(self, name: str, old: Sequence[str]) -> str:
        stripped = [text.strip() for text in self._texts]
        known = set(stripped)
        missing = next((t.strip() for t in old if t.strip() and t.strip() not in known), None)
        says = f"The search text of {name} is not in the file"
        says += (
            f": no line of the file is {_short(missing)!r}."
            if missing
            else ": its lines are there, but not one after the other as quoted."
        )
        if not stripped:
            return f"{says} The file is empty: send all of it in one fence."
        start, end = _nearest(stripped, [text.strip() for text in old])
        shown = "\n".join(_short(text) for text in self._texts[start:end])
        return (
            f"{says} Quote whole lines, exactly as they are.\n"
            f"The nearest lines of the file, {start + 1} to {end}, are:\n{shown}"
        )


def _stacked(texts: Iterable[str]) -> str:
    return "\n" + "\n".join(texts) + "\n"


def _starts(haystack: str, needle: str) -> list[int]:
    """The lines at which the needle begins."""
    found: list[int] = []
    line = done = 0
    position = haystack.find(needle)
    while position >= 0 and len(found) < _MOST_PLACES:
        line += haystack.count("\n", done, position)
        done = position
        found.append(line)
        position = haystack.find(needle, position + 1)
    return found


def _relative(texts: Sequence[str]) -> list[str]:
    """Each line as how its indentation differs from the line before, and its text.

    So lines that are indented by more or less, but all alike, read the same.
    """
    rows: list[str] = []
    before = ""
    for text in texts:
        body = text.strip()
        if not body:
            rows.append("\0")
            continue
        indent = text[: len(text) - len(text.lstrip())]
        common = len(_beginning(before, indent))
        rows.append(f"{before[common:]}>{indent[common:]}\0{body}")
        before = indent
    return rows


def _indentation(texts: Sequence[str]) -> str:
    """What all lines that are not blank begin with."""
    indents = [t[: len(t) - len(t.lstrip())] for t in texts if not is_blank(t)]
    return functools.reduce(_beginning, indents) if indents else ""


def _beginning(one: str, other: str) -> str:
    """What both begin with."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return one[:most]
    return one[: next(at for at in range(most) if one[at] != other[at])]


def _nearest(file: Sequence[str], old: Sequence[str]) -> tuple[int, int]:
    """The lines of the file, from and to, that are most like what was looked for."""
    places: dict[str, list[int]] = {}
    for number, text in enumerate(file):
        places.setdefault(text, []).append(number)
    votes = Counter(
        there - here
        for here, text in enumerate(old)
        if text and len(places.get(text, ())) <= _COMMON
        for there in places.get(text, ())
    )
    if votes:
        start = max(votes, key=lambda place: (votes[place], -place))
    else:
        here, line = max(enumerate(old), key=lambda entry: len(entry[1]))
        words = set(_WORD.findall(line[:_LONGEST]))
        alike = [len(words & set(_WORD.findall(text[:_LONGEST]))) for text in file]
        start = (max(range(len(file)), key=alike.__getitem__) if file else 0) - here
    start = max(0, min(start, len(file) - 1))
    return start, min(len(file), start + min(max(len(old), 3), _SHOWN))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _listed(found: Sequence[int]) -> str:
    shown = ", ".join(str(line + 1) for line in found[:5])
    return f"{shown} and more" if len(found) > len(found[:5]) else shown
