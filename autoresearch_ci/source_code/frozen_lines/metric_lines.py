"""Which statements of a program print the metric, and which compute what they print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from autoresearch_ci.source_code.frozen_lines.statements import Statement, content
from autoresearch_ci.source_code.frozen_lines.written import SIGILS
from autoresearch_ci.source_code.syntax import Kind, Token, tokens

OUTPUT = frozenset(
    """
    print println printf fprintf eprintln eprint sprintf puts echo say write writeln writeline
    writelines log logger info warn warning debug error critical dump dumps stringify cout cerr
    stdout stderr console display emit
    """.split()  # noqa: SIM905 - a table of words
)
"""Names that stand for output in one language or another, in lower case."""

_WRAPPERS = frozenset(
    """
    float int str round repr abs format f len number string tofixed tostring toprecision item
    dumps stringify json double mean
    """.split()  # noqa: SIM905 - a table of words
)
"""Calls through which a value goes into print and stays what it is."""

_LOG = re.compile(r"\brun\.log\b|\bAUTORESEARCH_RESULT\b")
_HOLES = re.compile(r"[$#]?\{([^{}]*)(?=[{}])|\$(\w+)|\\\(([^()]*)\)")
_SHORTEST_SQUEEZED = 4


class Label:
    """The name under which the metric is printed."""

    def __init__(self, name: str) -> None:
        self.name = name
        word = rf"(?<!\w){re.escape(name)}(?!\w)"
        self._word = re.compile(word)
        self._titled = re.compile(rf"{word}[\"']?\s*[:=]")
        self._squeezed = _squeezed(name)

    def is_reported(self, statement: Statement) -> bool:
        """True if a statement prints the metric under this name, or looks like it."""
        strings = statement.strings
        if any(self._titled.search(text) for text in strings) or self._is_key(statement.code):
            return True
        if not any(token.text.lower() in OUTPUT for token in statement.code):
            return False
        if any(self._word.search(text) for text in strings):
            return True
        code = " ".join(token.text for token in statement.code if token.kind is not Kind.STRING)
        if self._titled.search(code) or (_is_bare(statement.code) and self._word.search(code)):
            return True
        whole = _squeezed("".join(strings))
        return len(self._squeezed) >= _SHORTEST_SQUEEZED and self._squeezed in whole

    def is_in(self, name: str) -> bool:
        """True if a function of this name computes the metric."""
        return self._squeezed in _squeezed(name)

    def _is_key(self, code: tuple[Token, ...]) -> bool:
        """`{"name": value}` or `results["name"] = value`."""
        for at, token in enumerate(code[:-2]):
            if token.kind is Kind.STRING and token.text[1:-1] == self.name:
                after = code[at + 1].text
                if after in (":", "=>") or (after == "]" and code[at + 2].text == "="):
                    return True
        return False


def writes_the_log(statement: Statement) -> bool:
    """True if it names a file that the metric is read from."""
    written = any(_LOG.search(text) for text in statement.strings)
    code = "".join(statement.texts)
    return written or ">run.log" in code or "AUTORESEARCH_RESULT" in code


def printed(statement: Statement, path: str, label: Label) -> tuple[set[str], set[str]]:
    """The variables whose values a statement prints, and the metric's functions it calls.

    Attributes and items (`.loss`, `[loss]`) are among them where they are called like
    the metric, or nothing else is printed.
    """
    variables, functions = _used(statement.code, label)
    for text in statement.strings:
        for hole in _HOLES.finditer(text):
            inside = [
                t for t in tokens(path, hole[1] or hole[2] or hole[3] or "") if t.text.strip()
            ]
            more, called = _used(inside, label)
            variables |= more
            functions |= called
    plain = {name for name in variables if name[0] not in ".["}
    named = {name for name in variables - plain if label.is_in(name)}
    return (plain | named or variables), functions


def _used(code: Sequence[Token], label: Label) -> tuple[set[str], set[str]]:
    variables: set[str] = set()
    functions: set[str] = set()
    callers: list[str] = []
    for at, (kind, _, text) in enumerate(code):
        before = code[at - 1].text if at else ""
        after = code[at + 1].text if at + 1 < len(code) else ""
        if kind is Kind.MARK and text in "([{":
            callers.append(before.lower() if at and code[at - 1].kind is Kind.NAME else "")
        elif kind is Kind.MARK and text in ")]}":
            callers[-1:] = []
        elif kind is Kind.NAME and after == "(":
            if label.is_in(text):
                functions.add(text)
        elif kind is Kind.STRING and (before, after) == ("[", "]"):
            variables.add(f"[{content(text)}]")
        elif kind is Kind.NAME and not (after == "=" and callers):
            plain = after != "." or _is_wrapped(code, at)
            through = all(c in _WRAPPERS or c in OUTPUT or not c for c in callers)
            if plain and before == ".":
                variables.add(f".{text}")
            elif before != "." and (text == label.name or (plain and through)):
                variables.add(text.lstrip(SIGILS))
    return variables, functions


def _is_wrapped(code: Sequence[Token], at: int) -> bool:
    """`loss.item()` is the loss."""
    return at + 2 < len(code) and code[at + 2].text.lower() in _WRAPPERS


def _is_bare(code: Sequence[Token]) -> bool:
    """`echo loss $x`: a shell's words need no quotes."""
    return code[0].text in ("echo", "printf", "puts") and (len(code) < 2 or code[1].text != "(")  # noqa: PLR2004


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


class Functions:
    """The extents of functions: by indentation in Python, by braces elsewhere."""

    def __init__(self, path: str, code: Sequence[Statement]) -> None:
        self._code = code
        self._indented = path.endswith((".py", ".pyw", ".pyi"))
        self._found = list(self._find())

    def bodies(self, names: Iterable[str]) -> Iterator[tuple[int, int]]:
        """First and last lines of the functions with these names."""
        wanted = set(names)
        yield from ((first, last) for name, first, last in self._found if name in wanted)

    def around(self, line: int) -> tuple[int, int]:
        """The innermost function with this line; (0, 0) outside of all.

        Only Python has scopes that can be told: elsewhere a file is one.
        """
        if not self._indented:
            return 0, 0
        inside = [(first, last) for _, first, last in self._found if first <= line <= last]
        return max(inside, default=(0, 0))

    def _find(self) -> Iterator[tuple[str, int, int]]:
        for at, statement in enumerate(self._code):
            if self._indented:
                words = [word for word in statement.texts[:3] if word != "async"]
                if words[0] == "def" and len(words) > 1:
                    yield words[1], statement.first, self._end_of_indent(at)
            else:
                for name in _defined(statement.code):
                    yield name, statement.first, self._end_of_braces(at)

    def _end_of_indent(self, start: int) -> int:
        last = self._code[start].last
        for statement in self._code[start + 1 :]:
            if statement.indent <= self._code[start].indent:
                break
            last = statement.last
        return last

    def _end_of_braces(self, start: int) -> int:
        depth = 0
        for statement in self._code[start:]:
            depth += statement.texts.count("{") - statement.texts.count("}")
            if depth <= 0:
                return statement.last
        return self._code[-1].last


def _defined(code: Sequence[Token]) -> Iterator[str]:
    """The name before the first parenthesis in a statement that opens a block."""
    if code[-1].text == "{":
        names = (t.text for t, then in pairwise(code) if t.kind is Kind.NAME and then.text == "(")
        yield from islice(names, 1)
