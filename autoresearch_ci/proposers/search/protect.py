"""Lines that the search leaves alone, beside those that are frozen for every proposer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from autoresearch_ci.source_code.frozen_lines.marks import CodeLines, Tune, read_marks
from autoresearch_ci.source_code.syntax import Token

_IMPORT = re.compile(
    r"^\s*(?:import\b|from\s+\S+\s+import\b|#include\b|using\s+[\w.:]+;|package\s|use\s+[\w:]+"
    r"|require\b|export\s.*\bfrom\b|FROM\s|#!)"
)
_PRINT = re.compile(
    r"(?<!['\"])\b(?:print|println|printf|fprintf|sprintf|puts|echo|logger?\.\w+|logging\.\w+|console\.\w+"
    r"|fmt\.\w+|System\.out\.\w+|println!|print!|eprintln!)\s*[(!\s\"']"
)


@dataclass(slots=True)
class Protection:
    """Lines, from 0: what must not change and why, and what the marks say.

    `imports` are frozen only for being imports; `marked` hold a mark.
    """

    reasons: dict[int, str] = field(default_factory=dict)
    imports: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    printing: set[int] = field(default_factory=set)
    tune: dict[int, Tune] = field(default_factory=dict)

    @property
    def frozen(self) -> AbstractSet[int]:
        """The lines that must not change."""
        return self.reasons.keys()

    def freeze(self, lines: Iterable[int], why: str) -> None:
        """Let these lines stay as they are; the first reason holds."""
        for line in lines:
            self.reasons.setdefault(line, why)


def protect(tokens: Sequence[Token], metric_name: str) -> Protection:
    """Read the marks, and add the lines that import or speak of the metric."""
    lines = CodeLines(tokens)
    marks = read_marks(lines)
    protection = Protection(marked=marks.marked, tune=marks.tune)
    protection.freeze(marks.frozen, "marked to stay")
    protection.freeze(marks.outside, "outside of the EVOLVE-BLOCK")
    word = (
        re.compile(rf"(?<![A-Za-z]){re.escape(metric_name)}(?![A-Za-z])") if metric_name else None
    )
    for first, last, text in lines.statements:
        span = range(first, last + 1)
        if word and word.search(text):
            protection.freeze(span, f"the line speaks of {metric_name}")
        if _PRINT.search(text):
            protection.printing.update(span)
        if _IMPORT.match(text) and protection.frozen.isdisjoint(span):
            protection.imports.update(span)
            protection.freeze(span, "an import")
    return protection
