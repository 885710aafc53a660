"""Enumerations that a source declares: their members, and where they stand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autoresearch_ci.source_code.syntax import Kind, Token

_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_AFTER = frozenset({",", ";", "=", "(", "}", "case"})
# Languages in which a member is named without its enumeration, but for `enum class`.
_PLAIN = frozenset({".c", ".h", ".cpp", ".cc", ".cxx", ".hpp"})
_SCOPED = ("class", "struct")
_GO = ".go"
# Languages in which a member may hold what has to be given with it.
_HOLDS = frozenset({".rs", ".swift"})


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The members of one that need no more than their name, and the characters that tell them.

    A `plain` one's members are named by themselves, others as members of `name`.
    """

    name: str
    members: tuple[str, ...]
    start: int
    end: int
    plain: bool = False


def of_python(
    nodes: Iterable[tuple[str, ast.AST]], span: Callable[[ast.expr], tuple[int, int]]
) -> Iterator[Enumeration]:
    """The classes among these nodes that are enumerations; `span` has the characters of a node."""
    for _, node in nodes:
        if not isinstance(node, ast.ClassDef):
            continue
        given = [one for one in node.body if isinstance(one, ast.Assign)]
        if given and any(ast.unparse(base).endswith(("Enum", "Flag")) for base in node.bases):
            targets = [one.targets[0] for one in given]
            members = [one.id for one in targets if isinstance(one, ast.Name) and one.id[0] != "_"]
            start, end = span(targets[0])[0], span(given[-1].value)[1]
            yield Enumeration(node.name, tuple(members), start, end)


def of_others(text: str, plain: Iterable[Token], suffix: str) -> Iterator[Enumeration]:
    """Every `enum ... {` of other languages, and Go's constants with `iota`."""
    code = [token for token in plain if token.kind is not Kind.COMMENT]
    for at, token in enumerate(code[:-2]):
        if token.text == "enum":
            yield from _braced(code, at, suffix)
        elif token.text == "const" and suffix == _GO and code[at + 1].text == "(":
            yield from _counted(text, code, at + 1)


def _braced(code: Sequence[Token], at: int, suffix: str) -> Iterator[Enumeration]:
    """`enum Policy {`, `enum class Policy : int {`, `enum class Policy(val n: Int) {`, `enum {`."""
    head = [token.text for token in code[at + 1 : at + 24]]
    opened = next((n for n, text in enumerate(head) if text in ("{", ";", ")", "=")), -1)
    if opened >= 0 and head[opened] == ")":  # what each member is made with
        opened = next((n for n, text in enumerate(head) if text == "{"), -1)
    if opened < 0 or head[opened] != "{":
        return
    name = next((text for text in head[:opened] if text not in _SCOPED), "")
    members, end = _members(code, at + 2 + opened, suffix)
    plain = suffix in _PLAIN and head[0] not in _SCOPED
    yield Enumeration(name, tuple(members), code[at].start, end, plain)


def _members(code: Sequence[Token], first: int, suffix: str) -> tuple[list[str], int]:
    """The members from here to the brace that closes them, and where that ends."""
    found: list[str] = []
    depth, begins, cases = 0, True, code[first].text == "case"
    for at in range(first, len(code) - 1):
        token, after = code[at], code[at + 1].text
        depth += _DEPTH.get(token.text, 0)
        if depth < 0:
            return found, token.end
        if depth:
            continue
        if token.text == ";" and not cases:  # fields and methods follow
            return found, token.end
        if token.text in ("case", ",", ";"):
            begins = True
        elif begins and token.kind is Kind.NAME:
            begins = False
            if after in _AFTER and not (after == "(" and suffix in _HOLDS):
                found.append(token.text)
    return found, code[-1].end


def _counted(text: str, code: Sequence[Token], at: int) -> Iterator[Enumeration]:
    """Go's `const ( Fast Mode = iota; Safe )`: the first name of each line, from `iota` on."""
    members: list[str] = []
    depth, begun = 1, False
    for before, token in pairwise(code[at:]):
        depth += _DEPTH.get(token.text, 0)
        if depth == 0:
            if begun:
                yield Enumeration("", tuple(members), code[at].start, token.end, plain=True)
            return
        begun = begun or token.text == "iota"
        fresh = "\n" in text[before.end : token.start]
        if fresh and token.kind is Kind.NAME and token.text != "_":
            members.append(token.text)
