"""Words that have alternatives: strings and names with siblings in the same source.

A string is a choice when the source itself names others for it: compared with
the same name (`if act == "gelu"`), keys of a table that is indexed with that
name, the `choices=[...]` of its option, or a comment beside it that lists them
(`# relu | gelu`). Known families (activations, optimisation levels) need no
such hint where another of the family is named in the source, or the family is
the compiler's own. A name is a choice when it is a member of an enumeration
whose other members are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from autoresearch_ci.proposers.search import names
from autoresearch_ci.proposers.search.literals_in_context import Site, sites
from autoresearch_ci.proposers.search.parameters import Parameter, identity
from autoresearch_ci.proposers.search.protect import Protection
from autoresearch_ci.source_code.syntax import Kind, Token

_WORD = re.compile(r"""^([rbu]?)(['"`])([A-Za-z][\w.+-]{0,30})\2$""")
_LIST = re.compile(r"[A-Za-z][\w+-]*(?:\s*(?:\||,|/|\bor\b)\s*['\"]?[A-Za-z][\w+-]*['\"]?)+")
_LEVEL = re.compile(r"(?<![\w-])-O([0123s])(?!\w)")
_LEVEL_WORD = re.compile(r"O[0123s]")
_LEVELS = ("-O0", "-O1", "-O2", "-O3", "-Os")
_FAMILIES = (
    ("relu", "gelu", "silu", "tanh", "elu", "leaky_relu", "sigmoid"),
    ("adam", "adamw", "sgd", "rmsprop"),
    ("linear", "cosine", "constant"),
    ("lru", "lfu", "fifo"),
    ("nearest", "bilinear", "bicubic"),
)
_ROLES = frozenset({"constant", "local", "key", "keyword", "option", "directive"})
_COMPARES = frozenset({"==", "!=", "===", "!=="})
_AFTER_MEMBER = frozenset("=,;(}")
_MOST = 8
_LINE_END = re.compile(r"\r\n|\r|\n")


def find_choices(tokens: list[Token], protection: Protection) -> list[Parameter]:
    """Every string or name with known alternatives, in the order of the text."""
    siblings = _Siblings(tokens)
    found = [parameter for parameter in _flags(tokens) if parameter.line not in protection.frozen]
    for site in sites(tokens):
        tune = protection.tune.get(site.line)
        if site.line in protection.frozen or site.role not in _ROLES or not site.name:
            continue
        if names.is_frozen(site.name) and tune is None:
            continue
        if tune is not None and tune.choices:
            parameter = _marked(tokens, site, tune.choices)
        else:
            parameter = _of_string(tokens, site, siblings) or _of_member(tokens, site, siblings)
        if parameter is not None:
            found.append(parameter)
    return found


def _parameter(
    site: Site, start: int, text: str, options: list[str], weight: float
) -> Parameter | None:
    options = list(dict.fromkeys([text, *options]))[:_MOST]
    if len(options) < 2:  # noqa: PLR2004 - itself and one other
        return None
    return Parameter(
        f"{identity(site)}~", site.name, start, start + len(text), text, weight,
        options=tuple(options), line=site.line, kind="choice",
    )  # fmt: skip


def _flags(tokens: list[Token]) -> Iterator[Parameter]:
    """Optimisation levels outside of strings: `CFLAGS = -O2`, `gcc -O2 main.c`."""
    line = 0
    for at, token in enumerate(tokens):
        if token.kind is Kind.NAME and _LEVEL_WORD.fullmatch(token.text) and at > 1:
            dash, before = tokens[at - 1], tokens[at - 2]
            if dash.text == "-" and (before.kind is Kind.SPACE or before.text == "="):
                site = Site(at, "level", "directive", (), line)
                parameter = _parameter(site, dash.start, f"-{token.text}", list(_LEVELS), 0.6)
                if parameter is not None:
                    yield parameter
        line += len(_LINE_END.findall(token.text)) if token.kind is not Kind.NAME else 0


def _marked(tokens: list[Token], site: Site, choices: tuple[str, ...]) -> Parameter | None:
    token = tokens[site.index]
    quoted = _WORD.match(token.text)
    if token.kind is Kind.STRING and quoted:
        mark = quoted[2]
        options = [c if c[0] in "'\"`" else f"{mark}{c}{mark}" for c in choices]
    else:
        options = list(choices)
    return (
        _parameter(site, token.start, token.text, options, 1.0) if token.text in options else None
    )


def _of_string(tokens: list[Token], site: Site, siblings: _Siblings) -> Parameter | None:
    token = tokens[site.index]
    if token.kind is not Kind.STRING:
        return None
    level = _LEVEL.search(token.text)
    if level:
        start = token.start + level.start()
        return _parameter(site, start, level.group(), list(_LEVELS), 0.6)
    match = _WORD.match(token.text)
    if match is None or site.role == "option":
        return None
    words = siblings.of(site, match[3])
    options = [f"{match[1]}{match[2]}{word}{match[2]}" for word in words]
    return _parameter(site, token.start, token.text, options, 0.5)


def _of_member(tokens: list[Token], site: Site, siblings: _Siblings) -> Parameter | None:
    """`Policy.LRU`, where the source names other members of Policy."""
    token = tokens[site.index]
    after = [part.text for part in tokens[site.index + 1 : site.index + 4]]
    if token.kind is not Kind.NAME or len(after) < 2 or after[0] not in (".", ":"):  # noqa: PLR2004 - a dot and a name
        return None
    members = siblings.members.get(token.text, {})
    if after[0] != "." or after[1] not in members or (len(after) > 2 and after[2] in "(."):  # noqa: PLR2004 - what follows
        return None
    start = tokens[site.index + 2].start
    return _parameter(site, start, after[1], list(members), 0.5)


class _Siblings:
    """The alternatives of a word that the source tells of."""

    def __init__(self, tokens: list[Token]) -> None:
        self.plain = [t for t in tokens if t.kind not in (Kind.SPACE, Kind.NEWLINE)]
        self.comments: dict[int, str] = {}
        line = 0
        for token in tokens:
            if token.kind is Kind.COMMENT:
                self.comments[line] = token.text
            line += len(_LINE_END.findall(token.text)) if token.kind is not Kind.NAME else 0
        self.words = {match[3] for token in tokens if (match := _word(token)) is not None} | {
            token.text for token in tokens if token.kind is Kind.NAME
        }

    def of(self, site: Site, word: str) -> list[str]:
        """Alternatives to a string that is given to this name."""
        name = site.name.lower()
        found = [*self.compared.get(name, ()), *self._listed(site, word)]
        for family in _FAMILIES:
            if word in family:
                found += [other for other in family if other in self.words]
        return found if word in found or found else []

    def _listed(self, site: Site, word: str) -> list[str]:
        for line in (site.line, site.line - 1):
            for listed in _LIST.findall(self.comments.get(line, "")):
                words = re.findall(r"[A-Za-z][\w+-]*", re.sub(r"\bor\b", " ", listed))
                if word in words:
                    return words
        return []

    @cached_property
    def compared(self) -> Mapping[str, list[str]]:
        """Names, and the strings that they are compared with or that may be chosen for them."""
        found: dict[str, list[str]] = {}
        for at, token in enumerate(self.plain):
            match = _word(token)
            if match is None or at < 2:  # noqa: PLR2004 - a name and a mark come first
                continue
            name, mark = self.plain[at - 2], self.plain[at - 1]
            if mark.text in _COMPARES:
                found.setdefault(name.text.strip("'\"").lower(), []).append(match[3])
        for chosen, words in self._chosen():
            found.setdefault(chosen, []).extend(words)
        return found

    def _chosen(self) -> Iterator[tuple[str, list[str]]]:
        """`name in ("a", "b")`, and `"--name", ..., choices=["a", "b"]`."""
        for at, token in enumerate(self.plain):
            if token.text == "in" and at and self.plain[at + 1 : at + 2]:
                yield self.plain[at - 1].text.lower(), self._group(at + 1)
            if token.text == "choices":
                options = [
                    re.sub(r"\W", "", other.text).lower()
                    for other in self.plain[max(0, at - 14) : at]
                    if other.kind is Kind.STRING and other.text.strip("'\"").startswith("--")
                ]
                if options:
                    yield options[-1], self._group(at + 2)
                    yield "default", []

    def _group(self, at: int) -> list[str]:
        if at >= len(self.plain) or self.plain[at].text not in "([{":
            return []
        words = []
        for token in self.plain[at + 1 : at + 2 * _MOST + 2]:
            match = _word(token)
            if token.text in (")", "]", "}"):
                break
            if match:
                words.append(match[3])
        return words

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, None]]:
        """Capitalised names, and the shouted members that the source names of each."""
        found: dict[str, dict[str, None]] = {}
        for owner, dot, member in zip(self.plain, self.plain[1:], self.plain[2:], strict=False):
            told = dot.text == "." and owner.text[:1].isupper()
            if told and member.kind is Kind.NAME and member.text.isupper():
                found.setdefault(owner.text, {})[member.text] = None
        for at, token in enumerate(self.plain):
            if token.text in ("class", "enum") and at + 1 < len(self.plain):
                self._declared(at + 1, found)
        return found

    def _declared(self, at: int, found: dict[str, dict[str, None]]) -> None:
        """Members of `class Policy(Enum):` or `enum Policy {`: its shouted names."""
        name = self.plain[at].text
        header = [token.text for token in self.plain[at : at + 6]]
        if self.plain[at - 1].text != "enum" and not any("Enum" in word for word in header):
            return
        inside = self.plain[at + 1 : at + 60]
        for token, after in pairwise(inside):
            if token.text in ("class", "def", "enum", "}"):
                break
            if token.kind is Kind.NAME and token.text.isupper() and after.text in _AFTER_MEMBER:
                found.setdefault(name, {})[token.text] = None


def _word(token: Token) -> re.Match[str] | None:
    return _WORD.match(token.text) if token.kind is Kind.STRING else None
