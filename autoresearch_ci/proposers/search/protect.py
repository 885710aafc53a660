"""Lines that the search leaves alone, beside those that are frozen for every proposer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoresearch_ci.source_code.frozen_lines.marks import CodeLines, Tune, read_marks
from autoresearch_ci.source_code.syntax import Token

_IMPORT = re.compile(
    r"^\s*(?:import\b|from\s+\S+\s+import\b|#include\b|using\s+[\w.:]+;|package\s|use\s+[\w:]+"
    r"|require\b|export\s.*\bfrom\b|FROM\s|#!)"
)
_PRINT = re.compile(
    r"\b(?:print|println|printf|fprintf|sprintf|puts|echo|logger?\.\w+|logging\.\w+|console\.\w+"
    r"|fmt\.\w+|System\.out\.\w+|println!|print!|eprintln!)\s*[(!\s\"']"
)


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


def protect(tokens: Sequence[Token], metric_name: str) -> Protection:
    """Read the marks, and add the lines that import or speak of the metric."""
    lines = CodeLines(tokens)
    marks = read_marks(lines)
    protection = Protection(marks.frozen | marks.outside, marked=marks.marked, tune=marks.tune)
    word = (
        re.compile(rf"(?<![A-Za-z]){re.escape(metric_name)}(?![A-Za-z])") if metric_name else None
    )
    for first, last, text in lines.statements:
        span = range(first, last + 1)
        if word and word.search(text):
            protection.frozen.update(span)
        if _PRINT.search(text):
            protection.printing.update(span)
        if _IMPORT.match(text) and protection.frozen.isdisjoint(span):
            protection.imports.update(span)
            protection.frozen.update(span)
    return protection
