"""One reading of the target, shared by all that look for something to change in it."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import PurePosixPath

from autoresearch_ci.proposers.search.enumerations import Enumeration, of_others, of_python
from autoresearch_ci.proposers.search.literals_in_context import Site, sites
from autoresearch_ci.proposers.search.protect import Protection
from autoresearch_ci.proposers.search.syntax import parsed
from autoresearch_ci.source_code.syntax import Kind, Token

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_COMMENTED = re.compile(r"(?:\s#|\s;|;\s)")
_FALLBACK = re.compile(r"\$\{\w+:?[-=]$")
_KEY = re.compile(r"\s*[A-Za-z][\w.-]*")
_BARE = frozenset({".yml", ".yaml", ".ini", ".cfg", ".conf", ".properties", ".env", ".sh", ".bash"})
_LONG = 20_000
_PYTHON = frozenset({".py", ".pyw"})


def generated(text: str) -> int:
    """The length of the one line that is most of a large text: no person wrote it. Else 0."""
    if len(text) < _LONG:
        return 0
    longest = max(map(len, text.splitlines()), default=0)
    return longest if longest > _LONG and 2 * longest > len(text) else 0


class Source:
    """A text as tokens, as literals in their context, as lines, and in Python as a syntax tree."""

    def __init__(
        self, path: str, text: str, tokens: Sequence[Token], protection: Protection
    ) -> None:
        self.path = path
        self.text = text
        self.tokens = tokens
        self.protection = protection
        pure = PurePosixPath(path.replace("\\", "/"))
        self.name, self.suffix = pure.name, pure.suffix.lower()

    @cached_property
    def sites(self) -> list[Site]:
        """Every number, string and word that could be a value."""
        plain = {m for one in self.enumerations if one.plain for m in one.members}
        return list(sites(self.tokens, words=self.is_bare, members=plain))

    @cached_property
    def enumerations(self) -> list[Enumeration]:
        """The enumerations that it declares."""
        if self.tree is not None:
            return list(of_python(self.nodes, self.span))
        return list(of_others(self.text, self.plain, self.suffix))

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree; None where the text is not Python that this Python reads."""
        return parsed(self.text) if self.suffix in _PYTHON else None

    @property
    def is_bare(self) -> bool:
        """True if words need no quotes in this kind of file."""
        return self.suffix in _BARE

    def value_at(self, line: int, start: int) -> str:
        """The whole value that begins here on its line: a comment and a `;` are no part of it.

        "" where it does not begin after a key. That of `${NAME:-value}` ends with the brace.
        """
        at = start - self.starts[line]
        before = self.lines[line][:at].rstrip()
        if _FALLBACK.search(before):
            return self.lines[line][at:].partition("}")[0]
        value = _COMMENTED.split(self.lines[line][at:], maxsplit=1)[0].rstrip("; \t\r\n")
        return value if before.endswith((":", "=")) or _KEY.fullmatch(before) else ""

    @cached_property
    def nodes(self) -> list[tuple[str, ast.AST]]:
        """Every node of Python's tree with the name of what it stands in at the module's top."""
        top = self.tree.body if self.tree else ()
        return [(getattr(one, "name", ""), node) for one in top for node in _walk(one)]

    @cached_property
    def imported(self) -> dict[str, str]:
        """The names that Python's imports give, and the full names of what they stand for."""
        found: dict[str, str] = {}
        for _, node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    first = one.name.split(".")[0]
                    found[one.asname or first] = one.name if one.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for one in node.names:
                    found[one.asname or one.name] = f"{node.module}.{one.name}"
        return found

    @cached_property
    def plain(self) -> list[Token]:
        """The tokens without space and ends of lines; comments are among them."""
        return [t for t in self.tokens if t.kind is not Kind.SPACE and t.kind is not Kind.NEWLINE]

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return _LINE.findall(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """The place where each line starts, and the text's end."""
        return [0, *accumulate(map(len, self.lines))]

    def line_of(self, start: int) -> int:
        """The line, from 0, of a place in the text."""
        return min(bisect_right(self.starts, start), len(self.lines)) - 1

    @cached_property
    def comments(self) -> dict[int, str]:
        """The comment that begins on a line, by the line from 0."""
        found = (t for t in self.tokens if t.kind is Kind.COMMENT)
        return {self.line_of(token.start): token.text for token in found}

    def place(self, line: int, column: int) -> int:
        """A character's place from a line (from 1) and a column in UTF-8 bytes, as ast counts."""
        text = self.lines[line - 1]
        if text.isascii():
            return self.starts[line - 1] + column
        mark = 1 if line == 1 and text.startswith("\ufeff") else 0
        before = text[mark:].encode("utf-8", "surrogatepass")[:column]
        return self.starts[line - 1] + mark + len(before.decode("utf-8", "replace"))

    def span(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        """The characters of a node of the syntax tree."""
        end = self.place(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.place(node.lineno, node.col_offset), end

    def identity(self, start: int, otherwise: str) -> str:
        """The name of the literal that begins here, and stays while other code changes."""
        site = self._by_place.get(start)
        return site.identity if site else otherwise

    @cached_property
    def _by_place(self) -> dict[int, Site]:
        return {self.tokens[site.index].start: site for site in self.sites}

    def frozen(self, start: int, end: int) -> str:
        """The reason why these characters must stay, or ""."""
        reasons = self.protection.reasons
        lines = range(self.line_of(start), self.line_of(max(start, end - 1)) + 1)
        return next((reasons[line] for line in lines if line in reasons), "")


def _walk(top: ast.AST) -> Sequence[ast.AST]:
    """All nodes below one, as `ast.walk` but sooner; without what says how a name is used."""
    found = [top]
    for node in found:
        for value in node.__dict__.values():
            if isinstance(value, list):
                found.extend(one for one in value if isinstance(one, ast.AST))
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                found.append(value)
    return found
