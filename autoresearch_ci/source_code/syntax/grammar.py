"""Strings and comments of the languages that targets are mostly written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The kind of a piece of source text; numbers and names are only told apart in code."""

    STRING = "string"
    COMMENT = "comment"
    DOC = "doc"
    NUMBER = "number"
    NAME = "name"
    MARK = "mark"
    SPACE = "space"
    NEWLINE = "newline"


class Span(NamedTuple):
    """A string, comment or docstring: characters `start` to `end` of the text."""

    kind: Kind
    start: int
    end: int


_LINE = r"[^\r\n]*"
_DOUBLE = r'"(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*"?'
_SINGLE = r"'(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*'?"
_TRIPLE_DOUBLE = r'"""(?:[^\\]|\\[\s\S])*?(?:"""|\Z)'
_TRIPLE_SINGLE = r"'''(?:[^\\]|\\[\s\S])*?(?:'''|\Z)"
_RAW_TRIPLE = r'"""[\s\S]*?(?:"""+|\Z)'
_BACKTICK = r"`(?:[^`\\]|\\[\s\S])*(?:`|\Z)"
_RAW_BACKTICK = r"`[^`]*(?:`|\Z)"
# A quote that is a character, never a lifetime ('a) or a digit separator (1'000).
_CHARACTER = r"(?<![0-9A-Fa-f])'(?:[^'\\\r\n]|\\[^\r\n][^'\r\n]{0,9})'|(?<=[(\s=,])'[^'\r\n]+'"
_BLOCK = r"/\*[\s\S]*?(?:\*/|\Z)"
_NESTED_OPEN = re.compile(r"/\*|\*/")
# Where a slash begins a regular expression and is no division.
_REGEX = (
    r"(?:(?<=[=(,:\[!&|?{};~+\-*%<>^\r\n])|(?<=return)|(?<=typeof)|\A)[^\S\r\n]*"
    r"/(?![*/])(?:[^/\\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*\])+/\w*"
)


@dataclass(frozen=True, slots=True)
class BraceGrammar:
    """A language of the C family: `pattern` finds its comments and strings."""

    pattern: re.Pattern[str]
    nested: bool = False

    def spans(self, text: str) -> list[Span]:
        found: list[Span] = []
        at = 0
        search = self.pattern.search
        while match := search(text, at):
            start, at = match.span()
            comment = match.lastgroup == "comment"
            if comment and self.nested and text.startswith("/*", start):
                at = _nested_end(text, start)
            found.append(Span(Kind.COMMENT if comment else Kind.STRING, start, at))
        return found


def _nested_end(text: str, start: int) -> int:
    depth = 0
    for match in _NESTED_OPEN.finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


class PythonGrammar:
    """Python: a string that is a statement by itself is a docstring."""

    _pattern = re.compile(
        rf"(?P<comment>\#{_LINE})"
        rf"|(?P<string>(?<!\w)[rRbBuUfFtT]{{0,2}}(?:{_TRIPLE_DOUBLE}|{_TRIPLE_SINGLE}|{_DOUBLE}|{_SINGLE}))"
        r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<newline>\\?(?:\r\n|\r|\n))"
    )
    _alone = re.compile(r"[^\S\r\n]*(?:;[^\S\r\n]*)?(?=[\r\n#]|\Z)")

    def spans(self, text: str) -> list[Span]:
        found: list[Span] = []
        depth = 0
        statement = 1 if text.startswith("\ufeff") else 0
        for match in self._pattern.finditer(text):
            what = match.lastgroup
            start, end = match.span()
            if what == "newline":
                if depth == 0 and text[start] != "\\":
                    statement = end
            elif what == "open":
                depth += 1
            elif what == "close":
                depth = max(0, depth - 1)
            elif what == "comment":
                found.append(Span(Kind.COMMENT, start, end))
            else:
                alone = (
                    depth == 0
                    and not text[statement:start].strip(" \t\f")
                    and self._alone.match(text, end) is not None
                )
                found.append(Span(Kind.DOC if alone else Kind.STRING, start, end))
        return found


def _braces(*strings: str, line: str = "//", nested: bool = False) -> BraceGrammar:
    comments = _BLOCK + (rf"|{line}{_LINE}" if line else "")
    return BraceGrammar(re.compile(rf"(?P<comment>{comments})|(?:{'|'.join(strings)})"), nested)


_C = _braces(r'R"(?P<fence>[^\s()\\]{0,16})\([\s\S]*?(?:\)(?P=fence)"|\Z)', _DOUBLE, _CHARACTER)
_JAVA = _braces(_TRIPLE_DOUBLE, _DOUBLE, _CHARACTER)
_KOTLIN = _braces(_RAW_TRIPLE, _DOUBLE, _CHARACTER, nested=True)
_SCRIPT = _braces(_DOUBLE, _SINGLE, _BACKTICK, _REGEX)
_GO = _braces(_RAW_BACKTICK, _DOUBLE, _CHARACTER)
_RUST_STRING = r'"(?:[^"\\]|\\[\s\S])*(?:"|\Z)'
_RUST = _braces(
    r'\bb?c?r(?P<fence>\#*)"[\s\S]*?(?:"(?P=fence)|\Z)', _RUST_STRING, _CHARACTER, nested=True
)
_DART = _braces(
    r"\br'''[\s\S]*?(?:'''|\Z)",
    r'\br"""[\s\S]*?(?:"""|\Z)',
    r"\br'[^'\r\n]*'?",
    r'\br"[^"\r\n]*"?',
    _TRIPLE_DOUBLE,
    _TRIPLE_SINGLE,
    _DOUBLE,
    _SINGLE,
    nested=True,
)
_SHARP = _braces(_RAW_TRIPLE, r'\$?@\$?"(?:[^"]|"")*(?:"|\Z)', _DOUBLE, _CHARACTER)
_SWIFT = _braces(_TRIPLE_DOUBLE, _DOUBLE, nested=True)
_CSS = _braces(_DOUBLE, _SINGLE, line="")
_SCSS = _braces(_DOUBLE, _SINGLE, r"url\([^)\"'\r\n]*\)")
_JSON = _braces(_DOUBLE)

GRAMMARS: dict[str, BraceGrammar | PythonGrammar] = {
    suffix: grammar
    for grammar, suffixes in (
        (PythonGrammar(), ".py .pyi .pyw"),
        (_C, ".c .h .cc .cpp .cxx .hpp .hh .hxx .cu .cuh .m .mm .glsl .wgsl .proto"),
        (_JAVA, ".java .scala"),
        (_KOTLIN, ".kt .kts"),
        (_SCRIPT, ".js .jsx .mjs .cjs .ts .tsx .mts .cts"),
        (_GO, ".go"),
        (_RUST, ".rs"),
        (_DART, ".dart"),
        (_SHARP, ".cs"),
        (_SWIFT, ".swift"),
        (_CSS, ".css"),
        (_SCSS, ".scss .less"),
        (_JSON, ".json .jsonc .json5"),
    )
    for suffix in suffixes.split()
}
