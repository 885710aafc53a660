"""Choices that the author wrote down beside them: `# autoresearch: tune relu | gelu`."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch_ci.proposers.search.kinds.number import NAMED
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind


def find(source: Source) -> Iterator[Parameter]:
    """Every value that is one of those of its line's mark."""
    for site in source.sites if source.protection.tune else ():
        tune = source.protection.tune.get(site.line)
        if tune is None or not tune.choices or site.role not in NAMED or not site.name:
            continue
        token = source.tokens[site.index]
        quote = token.text[-1] if token.kind is Kind.STRING and token.text[0] in "'\"`" else ""
        options = [c if c[0] in "'\"`" else f"{quote}{c}{quote}" for c in tune.choices]
        if token.text in options:
            yield Parameter(
                f"{site.identity}~", site.name, token.start, token.end, token.text, 1.0,
                options=tuple(dict.fromkeys([token.text, *options])), line=site.line,
                evidence="its tune mark",
            )  # fmt: skip
