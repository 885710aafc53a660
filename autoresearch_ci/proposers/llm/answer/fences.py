"""Fenced code in an answer, as Markdown has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`]*)")


@dataclass(frozen=True, slots=True)
class Fence:
    """Lines between fences: `start` is the number of the first, `end` of the closing fence.

    `end` is None where it is never closed. `marks` is the fence, such as three backticks.
    """

    marks: str
    label: str
    start: int
    end: int | None
    lines: tuple[str, ...]

    @property
    def language(self) -> str:
        """The first word of the label, in lower case."""
        words = re.split(r"[\s:{,]", self.label.strip().lower(), maxsplit=1)
        return words[0]


def is_fence(line: str) -> bool:
    """Whether a line opens or closes fenced code."""
    return _OPENING.fullmatch(line) is not None


def label(line: str) -> str:
    """What an opening fence says about its code."""
    opening = _OPENING.fullmatch(line)
    return opening[3].strip() if opening else ""


def fences(answer: list[str], *, nested: bool = False) -> list[Fence]:
    """All fenced code, in order.

    With `nested`, a fence with a label inside another one opens one of its own, which
    the next bare fence closes.
    """
    found: list[Fence] = []
    at = 0
    while at < len(answer):
        opening = _OPENING.fullmatch(answer[at])
        at += 1
        if opening is None:
            continue
        indent, marks, name = opening.groups()
        end = _closing(answer, at, marks, nested=nested)
        body = answer[at:end]
        if indent:
            body = [_outdented(line, indent) for line in body]
        found.append(Fence(marks, name.strip(), at, end, tuple(body)))
        at = len(answer) if end is None else end + 1
    return found


def unfenced(lines: list[str]) -> list[str] | None:
    """The lines without a fence around all of them; None where there is none."""
    if len(lines) > 1 and is_fence(lines[0]) and is_fence(lines[-1]) and not label(lines[-1]):
        return lines[1:-1]
    return None


def _closing(answer: list[str], start: int, marks: str, *, nested: bool) -> int | None:
    depth = 1
    for at in range(start, len(answer)):
        line = _OPENING.fullmatch(answer[at])
        if line is None or not line[2].startswith(marks):
            continue
        if not line[3].strip():
            depth -= 1
        elif nested:
            depth += 1
        if depth == 0:
            return at
    return None


def _outdented(line: str, indent: str) -> str:
    return line[len(indent) :] if line.startswith(indent) else line.lstrip(" \t")
