"""Marks by which an author says in comments what may change, in any language.

In plain text a mark may stand anywhere on a line:

    # autoresearch: freeze             this line, or alone on a line, the next one
    # autoresearch: freeze ... thaw    alone on lines: everything between the two
    # autoresearch: tune               this number, whatever it is called
    # autoresearch: tune 1e-4..1e-1 log
    # autoresearch: tune relu | gelu | silu
    EVOLVE-BLOCK-START ... EVOLVE-BLOCK-END    only what is between may change
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoresearch_ci.source_code.syntax import Kind, Token

_MARK = re.compile(r"autoresearch:\s*(freeze|thaw|tune)\b[ \t]*([^\r\n]*)", re.IGNORECASE)
_BLOCK = re.compile(r"EVOLVE-BLOCK-(START|END)")
_NUMBER = r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s+(log|linear|int))?")
_END_OF_COMMENT = re.compile(r"\s*(?:\*/|-->|%>|#})\s*$")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Tune:
    """The content of a tune mark; a plain mark has no bounds and no choices."""

    low: float | None = None
    high: float | None = None
    scale: str = ""
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class Marks:
    """Lines, from 0, by what a mark says of them.

    `frozen` must stay as they are, `outside` are outside of the blocks that alone may change,
    `marked` hold a mark, and `tune` is what is asked for a line.
    """

    frozen: set[int] = field(default_factory=set)
    outside: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    tune: dict[int, Tune] = field(default_factory=dict)


def may_have_marks(text: str) -> bool:
    """Tell quickly whether there is a mark to be read."""
    return bool(_MARK.search(text) or _BLOCK.search(text))


def without_marks(text: str) -> str:
    """The same text, with marks that nobody reads as such."""
    return _BLOCK.sub(r"evolve block \1", _MARK.sub(r"autoresearch \1 \2", text))


def read_tune(argument: str) -> Tune:
    """The argument of a tune mark; what cannot be read asks for nothing special."""
    argument = _END_OF_COMMENT.sub("", argument).strip()
    found = _RANGE.match(argument)
    if found:
        low, high = sorted(float(found[at].replace("_", "")) for at in (1, 2))
        return Tune(low, high, found[3] or "")
    choices = tuple(part.strip() for part in re.split(r"[|,]", argument.strip("{}[]")))
    return Tune(choices=choices) if len(choices) > 1 and all(choices) else Tune()


def read_marks(reader: CodeLines) -> Marks:
    """Read every mark of a text."""
    marks = Marks()
    frozen_from: int | None = None
    evolve: list[tuple[int, str]] = []
    for line, comment in reader.comments:
        for mark in _MARK.finditer(comment):
            at = line + len(_LINE_END.findall(comment, 0, mark.start()))
            marks.marked.add(at)
            alone = at not in reader.code
            target = reader.next_code(at) if alone else at
            word = mark[1].lower()
            if word == "tune":
                marks.tune[target] = read_tune(mark[2])
            elif word == "freeze":
                marks.frozen.update(reader.whole(target))
                frozen_from = at if alone else frozen_from
            elif frozen_from is not None:
                marks.frozen.update(range(frozen_from, at + 1))
                frozen_from = None
        for block in _BLOCK.finditer(comment):
            at = line + len(_LINE_END.findall(comment, 0, block.start()))
            marks.marked.add(at)
            evolve.append((at, block[1]))
    if evolve:
        marks.outside.update(_outside(evolve, reader.count))
    return marks


def _outside(evolve: list[tuple[int, str]], count: int) -> set[int]:
    outside = set(range(count))
    start: int | None = None
    for at, word in [*evolve, (count, "END")]:
        if word == "START":
            start = at if start is None else start
        elif start is not None:
            outside.difference_update(range(start + 1, at))
            start = None
    return outside


class CodeLines:
    """A text by lines: which hold code, the comments, and the statements that span some."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.comments: list[tuple[int, str]] = []
        self.code: set[int] = set()
        self.statements: list[tuple[int, int, str]] = []
        line, depth, first = 0, 0, 0
        parts: list[str] = []
        for kind, _, text in tokens:
            if kind is Kind.NEWLINE:
                if depth == 0:
                    self.statements.append((first, line, "".join(parts)))
                    parts, first = [], line + 1
                line += 1
                parts.append(" " if depth else "")
                continue
            if kind is Kind.COMMENT:
                self.comments.append((line, text))
            elif kind not in (Kind.SPACE, Kind.DOC):
                self.code.add(line)
                depth = max(0, depth + (text in "([") - (text in ")]")) if len(text) == 1 else depth
                parts.append(text)
            elif kind is Kind.SPACE:
                parts.append(text)
            if kind not in (Kind.SPACE, Kind.NAME, Kind.NUMBER, Kind.MARK):
                breaks = len(_LINE_END.findall(text))
                if kind is Kind.STRING:
                    self.code.update(range(line, line + breaks + 1))
                line += breaks
        self.statements.append((first, line, "".join(parts)))
        self.count = line + 1
        if not self.comments:
            # Plain text has no comments that anybody knows of: a mark may stand on any line.
            self.comments = [(f, text) for f, _, text in self.statements if _MARK.search(text)]

    def next_code(self, line: int) -> int:
        """The next line that holds code, or a line that does not exist."""
        return next((at for at in range(line + 1, self.count) if at in self.code), self.count)

    def whole(self, line: int) -> range:
        """All lines of the statement that a line belongs to."""
        for first, last, _ in self.statements:
            if first <= line <= last:
                return range(first, last + 1)
        return range(line, line + 1)
