"""What must be left alone, and what the author asked to be tuned.

Marks are read in the comments of any language (in plain text, anywhere on a line):

    # autoresearch: freeze             this line, or alone on a line, the next one
    # autoresearch: freeze ... thaw    alone on lines: everything between the two
    # autoresearch: tune               this number, whatever it is called
    # autoresearch: tune 1e-4..1e-1 log
    # autoresearch: tune relu | gelu | silu
    EVOLVE-BLOCK-START ... EVOLVE-BLOCK-END    only what is between may change
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from autoresearch_ci.source_code.syntax import Kind, Token

_MARK = re.compile(r"autoresearch:\s*(freeze|thaw|tune)\b[ \t]*([^\r\n]*)", re.IGNORECASE)
_BLOCK = re.compile(r"EVOLVE-BLOCK-(START|END)")
_NUMBER = r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s+(log|linear|int))?")
_END_OF_COMMENT = re.compile(r"\s*(?:\*/|-->|%>|#})\s*$")
_LINE_END = re.compile(r"\r\n|\r|\n")
_IMPORT = re.compile(
    r"^\s*(?:import\b|from\s+\S+\s+import\b|#include\b|using\s+[\w.:]+;|package\s|use\s+[\w:]+"
    r"|require\b|export\s.*\bfrom\b|FROM\s|#!)"
)
_PRINT = re.compile(
    r"\b(?:print|println|printf|fprintf|sprintf|puts|echo|logger?\.\w+|logging\.\w+|console\.\w+"
    r"|fmt\.\w+|System\.out\.\w+|println!|print!|eprintln!)\s*[(!\s\"']"
)


@dataclass(frozen=True, slots=True)
class Tune:
    """What a tune mark asks for; a plain mark has no bounds and no choices."""

    low: float | None = None
    high: float | None = None
    scale: str = ""
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class Protection:
    """Lines, from 0: what must not change, and what the marks say.

    `imports` are frozen only for being imports; `marked` hold a mark.
    """

    frozen: set[int] = field(default_factory=set)
    imports: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    printing: set[int] = field(default_factory=set)
    tune: dict[int, Tune] = field(default_factory=dict)


def read_tune(argument: str) -> Tune:
    """The argument of a tune mark; what cannot be read asks for nothing special."""
    argument = _END_OF_COMMENT.sub("", argument).strip()
    found = _RANGE.match(argument)
    if found:
        low, high = sorted(float(found[at].replace("_", "")) for at in (1, 2))
        return Tune(low, high, found[3] or "")
    choices = tuple(part.strip() for part in re.split(r"[|,]", argument.strip("{}[]")))
    return Tune(choices=choices) if len(choices) > 1 and all(choices) else Tune()


def protect(tokens: list[Token], metric_name: str) -> Protection:
    """Read the marks, and freeze the lines that import or speak of the metric."""
    reader = _Lines(tokens)
    protection = Protection()
    _marks(reader, protection)
    word = (
        re.compile(rf"(?<![A-Za-z]){re.escape(metric_name)}(?![A-Za-z])") if metric_name else None
    )
    for first, last, text in reader.statements:
        span = range(first, last + 1)
        if word and word.search(text):
            protection.frozen.update(span)
        if _PRINT.search(text):
            protection.printing.update(span)
        if _IMPORT.match(text) and protection.frozen.isdisjoint(span):
            protection.imports.update(span)
            protection.frozen.update(span)
    return protection


def _marks(reader: _Lines, protection: Protection) -> None:
    frozen_from: int | None = None
    evolve: list[tuple[int, str]] = []
    for line, comment in reader.comments:
        for mark in _MARK.finditer(comment):
            at = line + len(_LINE_END.findall(comment, 0, mark.start()))
            protection.marked.add(at)
            alone = at not in reader.code
            target = reader.next_code(at) if alone else at
            word = mark[1].lower()
            if word == "tune":
                protection.tune[target] = read_tune(mark[2])
            elif word == "freeze":
                protection.frozen.update(reader.whole(target))
                frozen_from = at if alone else frozen_from
            elif frozen_from is not None:
                protection.frozen.update(range(frozen_from, at + 1))
                frozen_from = None
        for block in _BLOCK.finditer(comment):
            at = line + len(_LINE_END.findall(comment, 0, block.start()))
            protection.marked.add(at)
            evolve.append((at, block[1]))
    if evolve:
        protection.frozen.update(_outside(evolve, reader.count))


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


class _Lines:
    """The text by lines: which hold code, the comments, and the statements that span some."""

    def __init__(self, tokens: list[Token]) -> None:
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
