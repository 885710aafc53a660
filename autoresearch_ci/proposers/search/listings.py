"""Lists of words in comments and docstrings: `one of: a, b, c`, `['a', 'b']`, `a | b | c`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = r"['\"`]?[A-Za-z][\w.+-]*['\"`]?"
_QUOTED = r"(?:'[A-Za-z][\w.+-]*'|\"[A-Za-z][\w.+-]*\"|`[A-Za-z][\w.+-]*`)"
_COMMA = r"(?:\s*,\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+|\s*\|\s*|\s*/\s*)"
_LIST = rf"{_WORD}(?:{_COMMA}{_WORD})+"
_FORMS = (
    # In brackets.
    re.compile(rf"[\[{{(]\s*({_LIST})\s*,?\s*[\]}})]"),
    # After a word that says that it is a choice.
    re.compile(
        r"\b(?:one\s+of|any\s+of|options?|choices?|choose(?:\s+from)?|either|can\s+be|could\s+be"
        r"|may\s+be|valid|allowed|available|values?|supported|supports|accepts|alternatives?|try"
        rf"|also|or)\b(?:\s+\w+\b)??\s*(?:are|is|:|=|-)?\s*[\[{{(]?\s*({_LIST})",
        re.IGNORECASE,
    ),
    # In quotes.
    re.compile(rf"({_QUOTED}(?:{_COMMA}{_QUOTED})+)"),
    # Between bars.
    re.compile(rf"({_WORD}(?:\s*\|\s*{_WORD})+)"),
    re.compile(rf"(?<![\w/:.])({_WORD}(?:/{_WORD})+)(?![\w/])"),
)
_WHOLE = re.compile(rf"\W*({_LIST})[\s.*/>-]*")
_ONE = re.compile(r"[A-Za-z][\w.+-]*")
_JOINERS = re.compile(r"(?<![\w'\"`.-])(?:or|and)(?![\w'\"`-])")
# `name: ...`, `- name (...) ...`, `:param name: ...`, `@param name ...`
_NAMED = re.compile(
    r"^[\s#/*\-:;@]*(?:param\s+)?(?:\{[^}\r\n]*\}\s*)?['\"`*]*([A-Za-z_][\w.-]*)['\"`*]*\s*"
    r"(?=[:=({\[-])([^\r\n]+)",
    re.MULTILINE,
)
# What stands far apart on a line are columns of a table.
_COLUMNS = re.compile(r"(?<=\S)[ \t]{3,}(?=\S)")
_SHORT = 2_000


def listed(text: str, word: str, *, named: bool = False) -> list[str]:
    """The list in a comment that holds the word; nothing where there is none.

    A comment that is nothing but a list is one, in whatever form. `named` says that the text is
    what follows a name.
    """
    if word not in text or len(text) > _SHORT:
        return []
    whole = _WHOLE.fullmatch(text.lstrip(":=- ") if named else text)
    found = [whole[1]] if whole else []
    for form in _FORMS:
        found += form.findall(text)
    for each in found:
        words = [one.rstrip(".") for one in _ONE.findall(_JOINERS.sub(" ", each))]
        if word in words and len(set(words)) > 1:
            return list(dict.fromkeys(words))
    return []


def named_listings(text: str) -> Iterator[tuple[str, str]]:
    """Names in a comment or docstring, each with what its line says of it."""
    for match in _NAMED.finditer(_COLUMNS.sub("\n", text)):
        if any(mark in match[2] for mark in "|,/'\"") or " or " in match[2]:
            yield match[1], match[2]
