"""Switches: true or false, given to a name."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.proposers.search import names
from autoresearch_ci.proposers.search.kinds.number import NAMED, WEIGHTS
from autoresearch_ci.proposers.search.literals_in_context import Site
from autoresearch_ci.proposers.search.parameters import Parameter, Spared
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind

_STRUCTURE = names.word_set(
    "shell check text capture_output universal_newlines inplace keepdims required strict exist_ok"
    " parents frozen slots kw_only requires_grad return_counts return_index as_index ascii"
    " ensure_ascii daemon missing_ok follow_symlinks"
)
_WORDS = {"on": "off", "yes": "no", "enabled": "disabled", "enable": "disable"}
_BARE = {
    written(word): written(other)
    for on, off in _WORDS.items()
    for word, other in ((on, off), (off, on))
    for written in (str.lower, str.capitalize, str.upper)
}
OPPOSITE = {"True": "False", "False": "True", "true": "false", "false": "true"}


def find(source: Source) -> Iterator[Parameter | Spared]:
    """Every `True`, `false` or `on` that something has for its value."""
    for site in source.sites:
        token = source.tokens[site.index]
        if token.kind is not Kind.NAME:
            continue
        other = OPPOSITE.get(token.text)
        if other and _is_value(source, site):
            yield _switch(source, site, other)
        elif source.is_bare and token.text in _BARE and _is_whole(source, site):
            yield _switch(source, site, _BARE[token.text])


def _is_whole(source: Source, site: Site) -> bool:
    token = source.tokens[site.index]
    named = site.role in NAMED and bool(site.name)
    return named and source.value_at(site.line, token.start) == token.text


def _is_value(source: Source, site: Site) -> bool:
    following = source.tokens[site.index + 1 : site.index + 2]
    after = following[0].text if following else ""
    return site.role in NAMED and bool(site.name) and after not in ("(", "[", ".", "=")


def _switch(source: Source, site: Site, other: str) -> Parameter | Spared:
    token = source.tokens[site.index]
    tuned = site.line in source.protection.tune
    if not tuned and names.is_frozen(site.name):
        return Spared(site.line, token.text, names.FROZEN_WHY, token.start)
    if not tuned and site.name in _STRUCTURE:
        return Spared(site.line, token.text, "says what goes in or comes out", token.start)
    weight = 0.5 * WEIGHTS[site.role] * (0.3 if site.role == "local" else 1.0)
    if site.role == "keyword" and site.scope:
        weight *= 0.4
    if any(word in names.DULL for word in names.split_name(site.name)):
        weight *= 0.3
    options = (token.text, other)
    return Parameter(
        site.identity, site.name, token.start, token.end, token.text, 1.0 if tuned else weight,
        options=options, line=site.line,
    )  # fmt: skip
