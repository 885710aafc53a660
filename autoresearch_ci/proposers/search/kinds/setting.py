"""Settings of build tools and databases, by the file's name and the key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autoresearch_ci.proposers.search.alternatives import WORD
from autoresearch_ci.proposers.search.known.settings import SETTINGS, Setting
from autoresearch_ci.proposers.search.literals_in_context import Site
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind

_BARE = frozenset({"true", "false"})
_ROLES = frozenset({"constant", "local", "key", "keyword", "directive"})


_LINE = re.compile(r"(?P<key>[\w.-]+)(?:\s*[:=]\s*|\s+)(?P<value>[\w-]+)\s*;?\s*(?:#.*)?\Z")


def find(source: Source) -> Iterator[Parameter]:
    """Every value that is one of those that its tool knows for it."""
    rows = {row.key: row for row in SETTINGS if row.files.fullmatch(source.name)}
    if rows and source.is_bare:
        for line, text in enumerate(source.lines):
            match = _LINE.match(text.strip())
            row = rows.get(match["key"]) if match else None
            if match and row and match["value"] in row.values:
                start = source.starts[line] + text.index(text.strip()) + match.start("value")
                yield _parameter(source, row, row.key, (start, line), match["value"], row.values)
        return
    for site in source.sites if rows else ():
        row = rows.get(site.name)
        if row and site.role in _ROLES and (found := _of(source, site, row)):
            yield found


def _of(source: Source, site: Site, row: Setting) -> Parameter | None:
    """The setting as a parameter, where its value is known; words are quoted, unlike true and 3."""
    token = source.tokens[site.index]
    match = WORD.match(token.text) if token.kind is Kind.STRING else None
    quote = match[2] if match else '"'
    options = tuple(
        value if value in _BARE or value.isdigit() else f"{quote}{value}{quote}"
        for value in row.values
    )
    place = (token.start, site.line)
    known = token.text in options
    return _parameter(source, row, site.identity, place, token.text, options) if known else None


def _parameter(
    source: Source,
    row: Setting,
    name: str,
    place: tuple[int, int],
    text: str,
    options: tuple[str, ...],
) -> Parameter:
    start, line = place
    if not row.ordered:
        options = (text, *(option for option in options if option != text))
    return Parameter(
        f"{name}~", row.key, start, start + len(text), text, 0.6, options=options, line=line,
        ordered=row.ordered, evidence=f"what {source.name} may say there",
    )  # fmt: skip
