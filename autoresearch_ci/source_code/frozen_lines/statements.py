"""A program as statements: what stands between line ends, brackets and semicolons counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from autoresearch_ci.source_code.frozen_lines import written
from autoresearch_ci.source_code.frozen_lines.binding import normal
from autoresearch_ci.source_code.frozen_lines.written import ASSIGNING, SIGILS
from autoresearch_ci.source_code.syntax import Kind, Token, tokens

_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTED = re.compile(r"""\A[A-Za-z@$]{0,3}\#*(\"\"\"|'''|["'`])(.*?)(?:\1\#*)?\Z""", re.DOTALL)
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\u\{?([0-9A-Fa-f]{4})\}?|\\([0-7]{3})")
_JOINERS = {"+", ".", "..", "~", "&", "++", "<>", "\\"}
_SPANNING = {Kind.NEWLINE, Kind.STRING, Kind.COMMENT, Kind.DOC}
_SILENT = {Kind.SPACE, Kind.NEWLINE, Kind.COMMENT, Kind.DOC}


@dataclass(frozen=True)
class Statement:
    """Its code alone, without space and comments, and its first and last line, from 1.

    `indent` is the column at which it begins, from 0.
    """

    first: int
    last: int
    indent: int
    code: tuple[Token, ...]

    @property
    def start(self) -> int:
        """Its first character in the text."""
        return self.code[0].start

    @property
    def end(self) -> int:
        """The character after its last."""
        return self.code[-1].end

    @property
    def texts(self) -> tuple[str, ...]:
        """Its words, however it is laid out."""
        return tuple(token.text for token in self.code)

    @cached_property
    def strings(self) -> list[str]:
        """The contents of its strings; those that are put together count as one."""
        found: list[str] = []
        joins = False
        for at, token in enumerate(self.code):
            if token.kind is Kind.STRING:
                text = content(token.text)
                if joins:
                    found[-1] += text
                else:
                    found.append(text)
            joins = bool(found) and (
                token.kind is Kind.STRING
                or (token.text in _JOINERS and self.code[at - 1].kind is Kind.STRING)
            )
        return found

    @cached_property
    def assigned(self) -> frozenset[str]:
        """The names that get a value: those before an assignment outside of brackets."""
        depth = 0
        names: list[str] = []
        for at, (kind, _, text) in enumerate(self.code):
            depth += (text in "([{") - (text in ")]}") if kind is Kind.MARK else 0
            if depth == 0 and text in ASSIGNING:
                return frozenset(names)
            if kind is Kind.NAME and (at == 0 or self.code[at - 1].text != "."):
                names.append(text.lstrip(SIGILS))
        return frozenset()

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that may get a value, in whatever form a language has for it."""
        return frozenset(normal(name) for name in written.bound(self.code)) | self.assigned


def content(literal: str) -> str:
    """The text between the quotes, numeric escapes resolved."""
    quoted = _QUOTED.match(literal)
    text = quoted[2] if quoted else literal
    return _ESCAPE.sub(_resolved, text) if "\\" in text else text


def _resolved(found: re.Match[str]) -> str:
    return chr(int(found[3], 8)) if found[3] else chr(int(found[1] or found[2], 16))


def statements(path: str, text: str) -> list[Statement]:
    """Every statement that holds code, in order."""
    return list(split(tokens(path, text)))


def split(found: Sequence[Token]) -> list[Statement]:
    """The tokens of a whole text as statements."""
    done: list[Statement] = []
    code: list[Token] = []
    line, depth, first, indent, margin = 1, 0, 1, 0, 0
    for token in found:
        kind, start, text = token
        ends = kind is Kind.NEWLINE and depth == 0 and not (code and code[-1].text == "\\")
        ends = ends or (text == ";" and kind is Kind.MARK and depth == 0)
        if ends and code:
            done.append(Statement(first, line, indent, tuple(code)))
            code = []
        elif not ends and kind not in _SILENT:
            if not code:
                first, indent = line, start - margin
            code.append(token)
            if kind is Kind.MARK:
                depth = max(0, depth + (text in "([") - (text in ")]"))
        if kind in _SPANNING:
            for end in _LINE_END.finditer(text):
                line, margin = line + 1, start + end.end()
    if code:
        done.append(Statement(first, line, indent, tuple(code)))
    return done
