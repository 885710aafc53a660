"""An answer as text: its lines, whatever ends them, its fenced code, and what comes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BOM = "\ufeff"
_END = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`]*)")


@dataclass(frozen=True, slots=True)
class Idea:
    """A change that can be tried. `text` is the target's whole new content.

    `title` is one line of at most 72 characters and never empty; `hypothesis`
    is at most 300 and may be.
    """

    title: str
    hypothesis: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason why an answer cannot be used, in words that can be sent back to the model."""

    message: str


class Unusable(Exception):  # noqa: N818 - it becomes a Problem at the door
    """An answer turns out to be of no use while it is read; says what a Problem says."""


def texts(text: str) -> list[str]:
    """The lines without their ends; after a final line end comes no further line."""
    return [_END.sub("", line) for line in lines(text)]


def lines(text: str) -> list[str]:
    """The lines with their ends; joined, they are the text."""
    return _LINE.findall(text)


def joined(new: Iterable[str], like: str) -> str:
    """One text of lines, those without an end ended as in `like`, and so is the last one."""
    ends = Counter(_END.findall(like)).most_common(1)
    end = ends[0][0] if ends else "\n"
    body = [line if line.endswith(("\r", "\n")) else line + end for line in new]
    if body and like and not like.endswith(("\r", "\n")):
        body[-1] = _END.sub("", body[-1])
    return "".join(body)


def common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Count the lines that both begin with, and of the others those that both end with."""
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def is_blank(text: str) -> bool:
    """True for nothing but white space."""
    return not text or text.isspace()


def without_blank_ends(texts: Sequence[str]) -> tuple[str, ...]:
    """The lines from the first to the last that is not blank."""
    said = [at for at, text in enumerate(texts) if not is_blank(text)]
    return tuple(texts[said[0] : said[-1] + 1]) if said else ()


@dataclass(frozen=True, slots=True)
class Fence:
    """Lines between two fences: `start` is the number of the first, `marks` the opening fence.

    `closed` is False where the answer ends inside it.
    """

    marks: str
    label: str
    start: int
    lines: tuple[str, ...]
    closed: bool

    @property
    def language(self) -> str:
        """The first word of the label, in lower case."""
        return re.split(r"[\s:{,]", self.label.lower(), maxsplit=1)[0]


def is_fence(line: str) -> bool:
    """True for a line that opens or closes fenced code."""
    return _FENCE.fullmatch(line) is not None


def label(line: str) -> str:
    """The info string of an opening fence; empty for any other line."""
    fence = _FENCE.fullmatch(line)
    return fence[3].strip() if fence else ""


def fences(answer: list[str]) -> list[Fence]:
    """All fenced code, in order, without the indentation of its fence."""
    found: list[Fence] = []
    at = 0
    while at < len(answer):
        opening = _FENCE.fullmatch(answer[at])
        at += 1
        if opening:
            indent, marks, name = opening.groups()
            closing = re.compile(rf"[ \t]*{marks}{marks[0]}*\s*")
            end = next((n for n in range(at, len(answer)) if closing.fullmatch(answer[n])), None)
            body = tuple(line.removeprefix(indent) for line in answer[at:end])
            found.append(Fence(marks, name.strip(), at, body, end is not None))
            at = len(answer) if end is None else end + 1
    return found
