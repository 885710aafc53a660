"""Texts as lines, whatever ends them: a carriage return, a line feed, or both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_END = re.compile(r"\r\n|\r|\n")
_KEPT_END = re.compile(r"(\r\n|\r|\n)")


class Line(NamedTuple):
    """A line's text and what ends it; a new line has no end yet."""

    text: str
    end: str = ""


def texts(text: str) -> list[str]:
    """The lines without their ends; after a final line end comes no further line."""
    found = _END.split(text)
    return found[:-1] if found[-1] == "" else found


def lines(text: str) -> list[Line]:
    """The lines with their ends; joined, they are the text."""
    parts = [*_KEPT_END.split(text), ""]
    found = [Line(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    return found[:-1] if found[-1] == Line("") else found


def joined(new: Iterable[Line], like: str) -> str:
    """One text of lines, those without an end ended as in `like`, and so is the last one."""
    found = list(new)
    ends = Counter(_END.findall(like)).most_common(1)
    end = ends[0][0] if ends else "\n"
    closed = like == "" or like.endswith(("\r", "\n"))
    body = [f"{line.text}{line.end or end}" for line in found]
    if body and not closed:
        body[-1] = found[-1].text
    return "".join(body)


def common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines both begin with, and how many of the others both end with."""
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def is_blank(text: str) -> bool:
    """Whether there is nothing but white space."""
    return not text or text.isspace()
