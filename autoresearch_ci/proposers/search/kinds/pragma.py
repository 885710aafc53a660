"""Settings of a database in SQL: `PRAGMA journal_mode = wal`, `SET work_mem = '64MB'`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autoresearch_ci.proposers.search.known.settings import NUMBERS, PRAGMAS
from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.scales import Scale
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind

_STATEMENT = re.compile(
    r"\b(?:PRAGMA\s+(?:\w+\.)?|SET\s+(?:SESSION\s+|LOCAL\s+)?)(?P<name>\w+)"
    r"\s*(?:=|\(|\bTO\b)\s*['\"]?(?P<value>-?\w+(?:\.\d+)?)",
    re.IGNORECASE,
)
_TOGGLE = re.compile(r"enable_\w+|jit|parallel_leader_participation", re.IGNORECASE)
_OPPOSITE = {"on": "off", "off": "on", "true": "false", "false": "true"}


def find(source: Source) -> Iterator[Parameter]:
    """Every pragma and setting of a session, in SQL files and in strings."""
    if source.suffix == ".sql":
        comments = [(t.start, t.end) for t in source.tokens if t.kind is Kind.COMMENT]
        for found in _in(source, 0, source.text):
            if not any(start <= found.start < end for start, end in comments):
                yield found
        return
    for token in source.tokens:
        if token.kind is Kind.STRING and ("PRAGMA" in token.text.upper() or "SET " in token.text):
            yield from _in(source, token.start, token.text)


def _in(source: Source, place: int, text: str) -> Iterator[Parameter]:
    for match in _STATEMENT.finditer(text):
        name, value = match["name"].lower(), match["value"]
        start = place + match.start("value")
        line = source.line_of(start)
        sets = PRAGMAS.get(name, ())
        if _TOGGLE.fullmatch(name) and value.lower() in _OPPOSITE:
            sets = ((value.lower(), _OPPOSITE[value.lower()]),)
        for words in sets:
            if value.lower() in words:
                options = tuple(word.upper() if value.isupper() else word for word in words)
                yield Parameter(
                    f"{name}~", name, start, start + len(value), value, 0.6,
                    options=(value, *(o for o in options if o.lower() != value.lower())),
                    line=line, evidence="what the database knows",
                )  # fmt: skip
        literal = Literal.read(value.removeprefix("-"))
        if name in NUMBERS and literal is not None:
            number = -literal.value if value.startswith("-") else literal.value
            bounds = (1.0, float("inf")) if number > 0 else (-float("inf"), -1.0 if number else 0.0)
            scale = Scale("log", literal.integer, *bounds)
            yield Parameter(
                name, name, start, start + len(value), value, 0.6, literal, number, scale, line=line
            )
