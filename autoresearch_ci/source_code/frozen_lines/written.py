"""The names that a statement may bind, by how the languages of braces, shells and others write it.

It takes rather too much than too little: what is found only counts where the metric's
report prints a variable of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autoresearch_ci.source_code.syntax import Kind, Token

SIGILS = "$@%"
"""The sign before a name where shells, Perl and PHP use it, and not always where they set it."""

ASSIGNING = {"=", ":=", "+=", "-=", "*=", "/=", "**=", "//=", "<-", "<<-"}

_OPERATORS = frozenset("% | & ^ < > ? << >> || && // ** ~ + - * / !".split())  # noqa: SIM905
_DECLARING = frozenset(
    """
    let const var val mut static auto my our local global declare typeset readonly export read unset
    ref out inout nonlocal del as
    """.split()  # noqa: SIM905 - a table of words
)
_READING = frozenset("read mapfile readarray getopts unset declare typeset local".split())  # noqa: SIM905
"""Words of a shell, every name behind which is set."""

_SETTING = {"swap", "from_chars", "chop", "chomp"}
"""Calls that set what they are given."""

_NO_TYPES = {"return", "new", "throw", "else", "case", "await", "yield", "print", "puts", "echo"}
_IMPORTING = {"import", "use", "from", "using"}
_LOOPING = {"for", "foreach", "select"}
_LOOPED = {"in", "of", ":", "=", ":=", ";", "{", "as"}
_GLOBALS = {"globalThis", "window", "global", "self", "this"}
_CLOSING = {")": "(", "]": "[", "}": "{"}


def bound(code: Sequence[Token]) -> Iterator[str]:
    """Variables by name, `.loss` for an attribute and `[loss]` for an item."""
    depth = 0
    for at, token in enumerate(code):
        kind, _, text = token
        if kind is Kind.MARK:
            depth += (text in "([{") - (text in ")]}")
            yield from _assigned(code, at, depth)
            if text == "&" and (at == 0 or code[at - 1].kind is Kind.MARK):  # its address
                yield from _names(code[at + 1 : at + 2])
            if text in ("<", "<<") and (Kind.MARK, token.end, "-") in code[at + 1 : at + 2]:
                yield from _target(code, at)  # `x <- 1`, which are two marks to most languages
        elif kind is Kind.NAME and text in _DECLARING:
            yield from _names(code[at + 1 : at + 3])
        elif kind is Kind.NAME and text in _LOOPING:
            end = next((i for i in range(at, len(code)) if code[i].text in _LOOPED), at)
            yield from _names(code[at + 1 : end])
    if code and code[0].text in _IMPORTING:
        yield from _names(code[1:])
    yield from _of_the_language([token.text for token in code], code)


def _of_the_language(words: list[str], code: Sequence[Token]) -> Iterator[str]:
    """Names set by a word of a shell, by the preprocessor, a stream, a reference or a call."""
    if words and words[0] in _READING:
        yield from _names(code[1:])
    if words[:1] in (["#define"], ["#undef"]) or words[:2] in (["#", "define"], ["#", "undef"]):
        yield from _names(code, 1)
    named = [token.kind for token in code[:2]] == [Kind.NAME, Kind.NAME] and words[
        0
    ] not in _NO_TYPES
    if named and words[2:3] in (["{"], ["("]):  # `double loss{0.5}`, `function loss() {`
        yield from _names(code[1:2])
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        if word == ">>" and words[0] != "let":
            yield from _names(code[at + 1 : at + 2])
        elif word == "&" and at + 3 < len(words) and words[at + 2] == "=":  # `double& r = loss`
            yield from _names(code[at + 3 :])
        elif word in _SETTING and after in ("(", "$"):
            yield from _names(code[at + 1 :])


def _assigned(code: Sequence[Token], at: int, depth: int) -> Iterator[str]:
    text = code[at].text
    if text in ASSIGNING or (text == ">=" and _text(code, at - 1) == ">>"):
        yield from _names(code[:at]) if depth <= 0 else _target(code, at)
    elif text in ("+", "-", "--") and (text == "--" or _text(code, at + 1) == text):
        yield from _target(code, at)
        yield from _names(code[at + 1 : at + (2 if text == "--" else 3)])


def _target(code: Sequence[Token], at: int) -> Iterator[str]:
    """The text right before an operator: a name, an item, or names in brackets."""
    end = at
    while end and code[end - 1].text in _OPERATORS:
        end -= 1
    if not end:
        return
    first = end - 1
    if code[first].text in _CLOSING:
        depth = 0
        while first >= 0:
            depth += (code[first].text in _CLOSING) - (code[first].text in _CLOSING.values())
            if depth == 0:
                break
            first -= 1
    yield from _names(code[:end], max(first, 0))


def _names(code: Sequence[Token], first: int = 0) -> Iterator[str]:
    for at in range(first, len(code)):
        kind, _, text = code[at]
        before = _text(code, at - 1) if at else ""
        if kind is Kind.NAME:
            if before == ".":
                yield f".{text}"
            if before != "." or _text(code, at - 2) in _GLOBALS:
                yield text.lstrip(SIGILS)
        elif kind is Kind.STRING and before == "[" and _text(code, at + 1) == "]":
            yield f"[{text[1:-1]}]"


def _text(code: Sequence[Token], at: int) -> str:
    return code[at].text if 0 <= at < len(code) else ""
