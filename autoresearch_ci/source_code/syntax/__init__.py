"""Reading any language's text: which lines hold code, and which characters are what.

The languages that targets are mostly written in have a grammar of their own
here, which is exact about strings and comments and ten times as fast as
pygments; every other language is read by pygments, and a language nobody knows
as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from autoresearch_ci.source_code.syntax.grammar import GRAMMARS, Kind, Span
from autoresearch_ci.source_code.syntax.lexers import has_lexer, lexer_spans
from autoresearch_ci.source_code.syntax.merging import replayed
from autoresearch_ci.source_code.syntax.words import Token, words

__all__ = [
    "Kind",
    "Span",
    "Token",
    "code_lines",
    "is_known",
    "replayed",
    "spans",
    "tokens",
]

_LINE_END = re.compile(r"\r\n|\r|\n")
_SHORT = 500
_BLANK = " \t\r\n\f\v\ufeff"


def spans(path: str, text: str) -> list[Span]:
    """The extents of strings, comments and docstrings, in order; the rest is code.

    Total: any text gives an answer, and what cannot be told apart is code.
    """
    suffix = PurePosixPath(path.replace("\\", "/")).suffix.lower()
    grammar = GRAMMARS.get(suffix)
    return grammar.spans(text) if grammar else lexer_spans(path, text)


def is_known(path: str, text: str) -> bool:
    """True if somebody knows the language: by the file's name, or by its `#!` line."""
    return PurePosixPath(path).suffix.lower() in GRAMMARS or has_lexer(path, text)


def code_lines(path: str, text: str) -> int:
    """The number of lines that hold code; blank lines, comments and docstrings do not count.

    In Python every string that is a statement by itself counts as a docstring.
    """
    code: list[str] = []
    done = 0
    for kind, start, end in spans(path, text):
        if kind is Kind.STRING:
            continue
        code.append(text[done:start])
        code.extend(_LINE_END.findall(text, start, end))
        done = end
    code.append(text[done:])
    return sum(1 for line in _LINE_END.split("".join(code)) if line.strip(_BLANK))


def tokens(path: str, text: str) -> Sequence[Token]:
    """The whole text as tokens: their texts, joined, are the text exactly.

    Those of the last files are kept: the same text is read by several, and again as incumbent.
    """
    return _tokens(path, text) if len(text) < _SHORT else _kept_tokens(path, text)


def _tokens(path: str, text: str) -> list[Token]:
    found: list[Token] = []
    done = 0
    for kind, start, end in spans(path, text):
        found.extend(words(text, done, start))
        found.append(Token(kind, start, text[start:end]))
        done = end
    found.extend(words(text, done, len(text)))
    return found


_kept_tokens = lru_cache(maxsize=2)(_tokens)
