"""The statements of a program that give a printed name what it holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from autoresearch_ci.source_code.frozen_lines.binding import normal
from autoresearch_ci.source_code.frozen_lines.python import SUFFIXES, Program, Site
from autoresearch_ci.source_code.frozen_lines.statements import Statement

Around = Callable[[int], tuple[int, int]]
"""The innermost function with a line; (0, 0) outside of all."""


class Setters:
    """Finds them by the syntax tree where the text is Python, elsewhere by what is written."""

    def __init__(self, path: str, text: str, code: Sequence[Statement], around: Around) -> None:
        self._text, self._code, self._around = text, code, around
        self._starts = [statement.start for statement in code]
        self._program: Program | None = None
        if path.endswith(SUFFIXES):
            with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                self._program = Program(text)

    def of(self, report: int, names: set[str]) -> tuple[list[int], set[Site]]:
        """The statements by number, and the arguments that a function gets the value by."""
        if self._program is None:
            return self._written(report, {normal(name) for name in names}), set()
        statement = self._code[report]
        sites = [
            self._seen(site)
            for site in self._program.setting(names, statement.start, statement.end)
        ]
        parts = {site for site in sites if site.part}
        found = {at for site in sites if not site.part for at in self._within(site)}
        return sorted(found - {report}), {s for s in parts if self.at(s.start) != report}

    def at(self, offset: int) -> int:
        """The number of the statement at a character."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def _seen(self, site: Site) -> Site:
        """A string that is a statement by itself counts as a comment, but may have code in it."""
        is_code = any(site.start < self._code[at].end for at in self._within(site))
        return site if is_code else replace(site, part=self._text[site.start : site.end])

    def _within(self, site: Site) -> range:
        return range(self.at(site.start), bisect_right(self._starts, site.end - 1))

    def _written(self, report: int, names: set[str]) -> list[int]:
        """Those in the report's function or outside of all."""
        here = self._around(self._code[report].first)
        return [
            at
            for at, statement in enumerate(self._code)
            if at != report
            and not names.isdisjoint(statement.bound)
            and self._around(statement.first) in (here, (0, 0))
        ]
