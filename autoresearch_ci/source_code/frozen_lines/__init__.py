"""Frozen lines: those of the target that no experiment may touch, whoever proposes it.

Pure. A line is frozen where it prints the metric's report, where it computes what
is printed there, where it sets a random seed, and where the author marked it. What is
frozen in the candidate must be what is frozen in the incumbent, in the same order; so an
edit, a removal, a move and an addition are all the same violation. Space and comments do
not count.

It sees what is written, not what it does: a program that builds its output in some
roundabout way can still lie. What such a program cannot reach is `measure_command`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import PurePosixPath

from autoresearch_ci.core.model import FileSet
from autoresearch_ci.source_code.frozen_lines import seeds
from autoresearch_ci.source_code.frozen_lines.marks import (
    CodeLines,
    Marks,
    may_have_marks,
    read_marks,
)
from autoresearch_ci.source_code.frozen_lines.metric_lines import (
    Functions,
    Label,
    printed,
    writes_the_log,
)
from autoresearch_ci.source_code.frozen_lines.python import Site
from autoresearch_ci.source_code.frozen_lines.setters import Setters
from autoresearch_ci.source_code.frozen_lines.statements import Statement, split
from autoresearch_ci.source_code.frozen_lines.written import ASSIGNING
from autoresearch_ci.source_code.syntax import Kind as Token
from autoresearch_ci.source_code.syntax import is_known, tokens

__all__ = ["Frozen", "FrozenLines", "Kind", "labels"]

# A word that is looked for as `word:` or `word=`; `--flag=` and `variable=` are none.
_LOOKED_FOR = re.compile(r"(?<![\w$%-])([A-Za-z][\w.-]*\w)\s?:|(?<=[\"'/^])([A-Za-z][\w.-]*\w)\s?=")
_LINE_END = re.compile(r"\r\n|\r|\n")
_NO_LABELS = {"http", "https", "file"}


class Kind(StrEnum):
    """Why a line is frozen."""

    REPORT = "reports {metric}"
    COMPUTE = "computes what is reported of {metric}"
    SEED = "sets a random seed"
    MARKED = "is marked to stay"
    OUTSIDE = "is outside of the EVOLVE-BLOCK"


_MEASURING = {Kind.REPORT, Kind.COMPUTE}
_MARKED = {Kind.MARKED, Kind.OUTSIDE}
_ORDER = [*Kind]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen statement: lines from 1, and its tokens as texts."""

    kind: Kind
    first: int
    last: int
    texts: tuple[str, ...]


def labels(metric_name: str, metric_parse: str | None) -> tuple[str, ...]:
    """The names under which a report may show the metric: its own, and what is looked for."""
    looked_for = (a or b for a, b in _LOOKED_FOR.findall(metric_parse or ""))
    return tuple(dict.fromkeys([metric_name, *(n for n in looked_for if n not in _NO_LABELS)]))


class FrozenLines:
    """Finds the frozen lines of editable files, and what a candidate did to them.

    `names` are those under which the metric is printed; without any, as where
    another command measures, only the seeds are frozen.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._labels = [Label(name) for name in names]
        self._metric = names[0] if names else "the metric"

    def frozen(self, path: str, text: str) -> list[Frozen]:
        """Every frozen statement of a file in order; of one that holds data, seeds and marks."""
        tokenized = tokens(path, text)
        code = split(tokenized)
        found = [
            Frozen(Kind.SEED, statement.first, statement.last, site)
            for statement, site in seeds.sites(code)
        ]
        if may_have_marks(text):
            found += _marked(code, read_marks(CodeLines(tokenized)))
        if _is_program(path, text):
            found += self._reports(path, text, code)
        return sorted(found, key=lambda each: (each.first, _ORDER.index(each.kind)))

    def lines(self, path: str, text: str) -> dict[int, str]:
        """The lines, from 0, that report the metric or compute the report, and which of both."""
        return {
            line - 1: f"the line {each.kind.value.format(metric=self._metric)}"
            for each in self.frozen(path, text)
            if each.kind in _MEASURING and each.texts[-1] != _ANY
            for line in range(each.first, each.last + 1)
        }

    def broken(self, incumbent: FileSet, candidate: FileSet) -> str:
        """One line on the first frozen line that the candidate does not leave as it is, or ""."""
        for path, text in candidate.items():
            before = incumbent.get(path, "")
            if text != before and (difference := self._broken(path, before, text)):
                return f"{path}: {difference}" if len(candidate) > 1 else difference
        return ""

    def _broken(self, path: str, incumbent: str, candidate: str) -> str:
        before, after = self.frozen(path, incumbent), self.frozen(path, candidate)
        # An edit of the report may free what it printed: the report is the better story.
        for kinds in ({Kind.REPORT}, {Kind.COMPUTE}, _MEASURING, {Kind.SEED}, _MARKED):
            old = [each for each in before if each.kind in kinds]
            new = [each for each in after if each.kind in kinds]
            if difference := self._difference(old, new, (incumbent, candidate)):
                return difference
        return ""

    def _reports(self, path: str, text: str, code: list[Statement]) -> list[Frozen]:
        kinds: dict[int, Kind] = {}
        parts: set[Site] = set()
        reported = [
            [at for at, statement in enumerate(code) if label.is_reported(statement)]
            for label in self._labels
        ]
        scopes = Functions(path, code)
        setters = Setters(path, text if any(reported) else "", code, scopes.around)
        for label, found in zip(self._labels, reported, strict=True):
            kinds.update(dict.fromkeys(found, Kind.REPORT))
            functions: set[str] = set()
            for at in found:
                names, called = printed(code[at], path, label)
                functions |= called
                computing, arguments = setters.of(at, names)
                parts |= arguments
                for one in computing:
                    kinds.setdefault(one, Kind.COMPUTE)
                    functions |= printed(code[one], path, label)[1]
            for first, last in scopes.bodies(functions):
                inside = (at for at, s in enumerate(code) if first <= s.first <= last)
                for at in inside:
                    kinds.setdefault(at, Kind.COMPUTE)
        for at, statement in enumerate(code):
            if self._labels and writes_the_log(statement):
                kinds[at] = Kind.REPORT
        given = Counter(name for at in kinds for name in code[at].bound)
        whole = [_frozen(kinds[at], code[at], given) for at in kinds]
        return whole + [_part(site, code[setters.at(site.start)], text) for site in parts]

    def _difference(self, old: list[Frozen], new: list[Frozen], sources: tuple[str, str]) -> str:
        before, after = [each.texts for each in old], [each.texts for each in new]
        for what, i, _, k, _ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if what == "insert":
                moved = "new" if after.count(after[k]) > before.count(after[k]) else "moved here"
                return self._told(new[k], moved, sources[1], " of the candidate")
            if what != "equal":
                became = "changed" if what == "replace" else "gone"
                fewer = after.count(before[i]) < before.count(before[i])
                return self._told(old[i], became if fewer else "moved", sources[0])
        return ""

    def _told(self, each: Frozen, what: str, source: str, whose: str = "") -> str:
        does = each.kind.value.format(metric=self._metric)
        return f"line {each.first}{whose}, which {does}, is {what}: {_shown(source, each.first)}"


def _marked(code: Sequence[Statement], marks: Marks) -> Iterator[Frozen]:
    """Each statement that the author does not want changed."""
    for statement in code:
        lines = range(statement.first - 1, statement.last)
        kept = not marks.frozen.isdisjoint(lines)
        if kept or not marks.outside.isdisjoint(lines):
            kind = Kind.MARKED if kept else Kind.OUTSIDE
            yield Frozen(kind, statement.first, statement.last, statement.texts)


def _shown(text: str, line: int) -> str:
    """The line, from 1, as an error quotes it."""
    words = _LINE_END.split(text)[line - 1].strip()
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."


_SHOWN = 80
_ANY = "any number"


def _frozen(kind: Kind, statement: Statement, given: Counter[str]) -> Frozen:
    """A plain number that a report prints is a setting: there it must be, whatever its value.

    Not where the name gets another value as well: then the number is where it begins.
    """
    texts = statement.texts
    if kind is Kind.COMPUTE and statement.code[-1].kind is Token.NUMBER and texts[-2] in ASSIGNING:
        once = all(given[name] == 1 for name in statement.bound)
        texts = (*texts[:-1], _ANY) if once else texts
    return Frozen(kind, statement.first, statement.last, texts)


def _part(site: Site, statement: Statement, text: str) -> Frozen:
    """The arguments and defaults of a parameter that is printed; the rest may change."""
    inside = [t for t in statement.code if site.start <= t.start < site.end]
    texts = tuple(token.text for token in inside)
    if len(inside) == 1 and inside[0].kind is Token.NUMBER:
        texts = (_ANY,)
    before = len(_LINE_END.findall(text, statement.start, site.start))
    first = statement.first + before
    last = first + len(_LINE_END.findall(text, site.start, site.end))
    return Frozen(Kind.COMPUTE, first, last, (site.part, *texts))


# What holds data prints nothing, though pygments knows its language.
_DATA = frozenset(
    """
    .txt .md .rst .json .jsonc .json5 .yaml .yml .toml .ini .cfg .conf .env .properties .csv .tsv
    .xml .html .htm .css .scss .less .svg .proto
    """.split()  # noqa: SIM905 - a table of words
)


def _is_program(path: str, text: str) -> bool:
    return PurePosixPath(path).suffix.lower() not in _DATA and is_known(path, text)
