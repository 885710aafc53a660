"""Alternatives of a word, as far as the source itself names them.

A comment lists them, a type or a table has them, the code compares with them, an enumeration
declares them. Known families (activations, schedules) need no more than that another of the family
is named somewhere in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from autoresearch_ci.proposers.search.listings import listed, named_listings
from autoresearch_ci.proposers.search.names import word_set
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import Kind, Token

WORD = re.compile(r"""^([rbu]?)(['"`])([A-Za-z][\w.+-]{0,30})\2$""")
"""A string that is one word: prefix, quote, word."""

MOST = 12
"""Alternatives of one place, at most."""

_FAMILIES = (
    ("relu", "gelu", "silu", "tanh", "elu", "leaky_relu", "sigmoid"),
    ("adam", "adamw", "sgd", "rmsprop"),
    ("linear", "cosine", "constant"),
    ("lru", "lfu", "fifo"),
    ("nearest", "bilinear", "bicubic"),
)
_COMPARES = frozenset({"==", "!=", "===", "!=="})
_CLOSE = {"(": ")", "[": "]", "{": "}"}
# Names that many things have: what one of them is compared with says nothing of another.
_ANYBODY = word_set("name key value val type kind text line word cmd command path arg args id s x")
_PLAIN = frozenset({"True", "False", "None", "true", "false", "null", "undefined"})
_FAR = 4_000


class Listed(NamedTuple):
    """The alternatives to a word, itself among them; where they are from, and how sure that is."""

    words: list[str]
    evidence: str
    weight: float


class Table(NamedTuple):
    """A dictionary: its keys, and whether all of its values are functions or classes."""

    keys: list[str]
    functions: bool


class Alternatives:
    """Answers from the source on its own words."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.plain = [t for t in source.plain if t.kind is not Kind.COMMENT]

    def of(self, name: str, word: str, line: int, *, own: bool) -> Listed | None:
        """The alternatives to a word that is given to this name on this line (from 0).

        `own` says that it is a variable of this source, and no argument of a call: then what it
        is compared with are alternatives, though the word is not among them.
        """
        for where, at in (("its comment", line), ("the comment above", line - 1)):
            comment = self._source.comments.get(at, "")
            if words := listed(comment, word):
                return Listed(words, where, 0.7)
        key = name.lower()
        for text in self._written.get(key, ()):
            if words := listed(text, word, named=True):
                return Listed(words, f"what the text says of {name}", 0.7)
        if word in (words := self._typed.get(key, [])):
            return Listed(words, f"the type of {name}", 0.7)
        words = self._compared.get(key, [])
        other = own and bool(words) and key not in _ANYBODY
        if word in words or other:
            evidence = f"what the code knows for {name}"
            return Listed([word, *words], evidence, 0.5 if word in words else 0.35)
        for family in _FAMILIES:
            known = [other for other in family if other in self._words]
            if word in known and len(known) > 1:
                return Listed(known, "a family of which others are named here", 0.5)
        return None

    @cached_property
    def _words(self) -> frozenset[str]:
        found = {match[3] for token in self.plain if (match := _word(token))}
        return frozenset(found | {t.text for t in self.plain if t.kind is Kind.NAME})

    @cached_property
    def _written(self) -> Mapping[str, list[str]]:
        """The lines of comments and docstrings on a name: `mode: one of a, b`."""
        found: dict[str, list[str]] = {}
        for token in self._source.tokens:
            if token.kind in (Kind.COMMENT, Kind.DOC):
                for name, text in named_listings(token.text):
                    found.setdefault(name.lower(), []).append(text)
        return found

    @cached_property
    def _typed(self) -> Mapping[str, list[str]]:
        """`mode: Literal["a", "b"]`, `mode: "a" | "b"`, and names for such types."""
        found: dict[str, list[str]] = {}
        aliases: dict[str, list[str]] = {}
        plain = self.plain
        for at, token in enumerate(plain):
            words: list[str] = []
            first = at
            if token.text == "Literal" and at > 1:
                words = self._group(at + 1)
                if plain[at - 1].text == "[" or plain[at - 1].text == ".":  # Optional[Literal[...]]
                    first = at - 2
            elif token.kind is Kind.STRING and plain[at + 1 : at + 2] and (
                plain[at + 1].text == "|" and plain[at - 1].text in (":", "=", "|")
            ):  # fmt: skip
                words = list(self._piped(at))
                first = at - 1 if plain[at - 1].text == "|" else at
            if len(words) > 1 and first > 1:
                mark, name = plain[first - 1].text, plain[first - 2].text
                name = plain[first - 3].text if name == "?" else name
                (aliases if mark == "=" else found).setdefault(name.lower(), words)
        for given, colon, alias in zip(plain, plain[1:], plain[2:], strict=False):
            if colon.text == ":" and alias.text.lower() in aliases:
                found.setdefault(given.text.lower(), aliases[alias.text.lower()])
        return found

    def _piped(self, at: int) -> Iterator[str]:
        while at < len(self.plain) and (match := _word(self.plain[at])):
            yield match[3]
            if self.plain[at + 1 : at + 2] and self.plain[at + 1].text != "|":
                break
            at += 2

    @cached_property
    def _compared(self) -> Mapping[str, list[str]]:
        """Names, and the words that the code knows for them."""
        found: dict[str, list[str]] = {}
        for name, words in (*self._equal(), *self._cases(), *self._chosen(), *self._looked_up()):
            known = found.setdefault(name.lower(), [])
            known.extend(word for word in words if word not in known)
        return found

    def _equal(self) -> Iterator[tuple[str, list[str]]]:
        """`mode == "a"`, `config["mode"] == "a"`, `mode.equals("a")`."""
        plain = self.plain
        for at in range(2, len(plain)):
            mark = plain[at - 1].text
            if plain[at].kind is not Kind.STRING or not (match := _word(plain[at])):
                continue
            if mark in _COMPARES:
                yield self._subject(at - 2), [match[3]]
            elif mark == "(" and plain[at - 2].text in ("equals", "eq") and at > 4:  # noqa: PLR2004
                yield self._subject(at - 4), [match[3]]

    def _subject(self, at: int) -> str:
        """The name of what ends here: `mode`, `self.mode`, `c["mode"]`, `c.get("mode")`."""
        plain = self.plain
        if plain[at].text in ("]", ")") and at > 1:
            inside = plain[at - 1]
            if inside.kind is Kind.STRING:
                return inside.text.strip("'\"`")
            if inside.text == "(" and at > 3:  # noqa: PLR2004 - mode.lower()
                return plain[at - 4].text
        return plain[at].text.strip("'\"`")

    def _cases(self) -> Iterator[tuple[str, list[str]]]:
        """`match mode: case "a":`, `switch (mode) { case "a":`."""
        plain, subject = self.plain, ""
        for at, token in enumerate(plain[:-1]):
            if token.text in ("match", "switch", "when"):
                after = at + 1 + (plain[at + 1].text == "(")
                end = next(
                    (i for i in range(after, min(after + 8, len(plain))) if plain[i].text in ":){"),
                    0,
                )
                subject = self._subject(end - 1) if end > after else ""
            elif token.text == "case" and subject:
                yield subject, list(self._piped(at + 1))

    def _chosen(self) -> Iterator[tuple[str, list[str]]]:
        """`mode in ("a", "b")`, and `"--mode", ..., choices=["a", "b"]`."""
        plain = self.plain
        for at, token in enumerate(plain[:-1]):
            if token.text == "in" and at:
                yield self._subject(at - 1), self._group(at + 1)
            elif token.text in ("choices", "Choice"):
                options = [
                    re.sub(r"[^\w-]", "", other.text).strip("-").replace("-", "_")
                    for other in plain[max(0, at - 14) : at]
                    if other.kind is Kind.STRING and other.text.strip("'\"").startswith("-")
                ]
                group = at + 1 + (plain[at + 1].text in ("=", "("))
                for option in options[-1:]:
                    words = self._group(group)
                    yield option, words
                    yield option.replace("_", "-"), words

    def _looked_up(self) -> Iterator[tuple[str, list[str]]]:
        """`TABLE[mode]` and `TABLE.get(mode)`, where TABLE is a dictionary written here."""
        plain = self.plain
        for at, token in enumerate(plain[:-3]):
            if token.text not in self.tables:
                continue
            if plain[at + 1].text == "[":
                end = self._closing(at + 1)
            elif plain[at + 1].text == "." and plain[at + 2].text in ("get", "has"):
                end = next(
                    (i for i in range(at + 4, min(at + 9, len(plain))) if plain[i].text in ",)"), 0
                )
            else:
                continue
            if end > at + 2 and plain[end - 1].kind is not Kind.STRING:
                yield self._subject(end - 1), self.tables[token.text].keys

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Dictionaries by their names, where all of their keys are words."""
        found: dict[str, Table] = {}
        for at, (token, after) in enumerate(pairwise(self.plain)):
            if token.text == "=" and after.text == "{" and at:
                table = self._table(at + 1)
                if len(table.keys) > 1:
                    found[self._declared_name(at)] = table
        return found

    def _declared_name(self, at: int) -> str:
        """The name before an `=`, a type in between left out."""
        back = at - 1
        while back > 0 and at - back < 12 and self.plain[back - 1].text != ":":  # noqa: PLR2004
            back -= 1
        typed = back > 1 and self.plain[back - 1].text == ":" and at - back < 12  # noqa: PLR2004
        same = (
            typed and "\n" not in self._source.text[self.plain[back].start : self.plain[at].start]
        )
        return self.plain[back - 2].text if same else self.plain[at - 1].text

    def _table(self, at: int) -> Table:
        end = self._closing(at)
        depth, keys, values, inside = 0, [], [], False
        for here in range(at, end):
            token = self.plain[here]
            depth += (token.text in _CLOSE) - (token.text in _CLOSE.values())
            inside = inside or (depth == 1 and token.text == "lambda")
            if depth == 1 and self.plain[here + 1].text == ":":
                if inside:  # the colon of a lambda
                    inside = False
                    continue
                match = _word(token)
                if match is None and token.kind is not Kind.NAME:
                    return Table([], functions=False)
                keys.append(match[3] if match else token.text)
                values.append(self.plain[here + 2])
        functions = all(v.kind is Kind.NAME and v.text not in _PLAIN for v in values)
        return Table(keys, functions=functions)

    def _closing(self, at: int) -> int:
        """The place of the bracket that closes the one here; 0 where none is near."""
        depth = 0
        for here in range(at, min(at + _FAR, len(self.plain))):
            token = self.plain[here]
            if token.kind is Kind.MARK:
                depth += (token.text in _CLOSE) - (token.text in _CLOSE.values())
                if not depth:
                    return here
        return 0

    def _group(self, at: int) -> list[str]:
        if at >= len(self.plain) or self.plain[at].text not in _CLOSE:
            return []
        words = []
        for token in self.plain[at + 1 : at + 2 * MOST + 2]:
            match = _word(token)
            if token.text in (")", "]", "}"):
                break
            if match:
                words.append(match[3])
        return words

    @cached_property
    def members(self) -> Mapping[str, Sequence[str]]:
        """Enumerations and their members: those declared, and what is shouted of other names."""
        found: dict[str, dict[str, None]] = {}
        for owner, dot, member in zip(self.plain, self.plain[1:], self.plain[2:], strict=False):
            told = dot.text == "." and owner.text[:1].isupper()
            if told and member.kind is Kind.NAME and member.text.isupper():
                found.setdefault(owner.text, {})[member.text] = None
        declared = {one.name: one.members for one in self._source.enumerations if not one.plain}
        return {name: list(members) for name, members in found.items()} | declared

    @cached_property
    def plain_members(self) -> Mapping[str, tuple[str, Sequence[str]]]:
        """Members that are named by themselves: their enumeration, and all of its members."""
        plain = [one for one in self._source.enumerations if one.plain]
        return {member: (one.name, one.members) for one in plain for member in one.members}


def _word(token: Token) -> re.Match[str] | None:
    return WORD.match(token.text) if token.kind is Kind.STRING else None
