"""Code, once strings and comments are out of the way, as numbers, names and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from autoresearch_ci.source_code.syntax.grammar import Kind


class Token(NamedTuple):
    """A piece of the text, where it starts and what it is."""

    kind: Kind
    start: int
    text: str

    @property
    def end(self) -> int:
        """The start of the next token."""
        return self.start + len(self.text)


# A number carries its suffix (1.5f, 10L, 0xFFu32, 16px, 30s, 50%); `1..10` is two
# numbers and `v1.2.3` or `1.2.3` none.
_WORD = re.compile(
    r"""
      (?P<newline> \r\n | \r | \n )
    | (?P<space> [^\S\r\n]+ | \ufeff )
    | (?P<name> [^\W\d][\w$]*(?:(?:\.\d+){2,})? | [$@][^\W\d][\w$]* )
    | (?P<version> \d+(?:\.\d+){2,}[\w.+-]* )
    | (?P<number>
          0[xX][0-9a-fA-F_']+\w* | 0[bBoO][0-9_']+\w*
        | (?: \d(?:[\d_]|'(?=\d))*(?:\.(?!\.|[^\W\deEfFdDlL_])[\d_]*)? | (?<![\w.])\.\d[\d_]* )
          (?:[eE][+-]?\d[\d_]*)?
          (?: %(?![\w(]) | [^\W\d]\w* )?
      )
    | (?P<mark>
          <?<-(?=\s)|===|!==|==|!=|<=|>=|=>|->|:=|\*\*=?|//=?|&&|\|\||<<|>>|\+=|-=|\*=|/=|\.\.=?|--(?=\w)|.
      )
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "newline": Kind.NEWLINE,
    "space": Kind.SPACE,
    "name": Kind.NAME,
    "version": Kind.NAME,
    "number": Kind.NUMBER,
    "mark": Kind.MARK,
}


def words(text: str, start: int, end: int) -> Iterator[Token]:
    """The tokens of a stretch of code; every character is in exactly one."""
    kinds = _KINDS
    for match in _WORD.finditer(text, start, end):
        yield Token(kinds[match.lastgroup or "mark"], match.start(), match.group())
