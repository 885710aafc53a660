"""Every other language: strings and comments as pygments sees them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from autoresearch_ci.source_code.syntax.grammar import Kind, Span

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_QUOTES = ("'", '"', "`", "<<")


def lexer_spans(path: str, text: str) -> list[Span]:
    """Strings and comments, in order, by the lexer that the file's name calls for."""
    lexer = _lexer_of(path, text)
    if lexer is None or not text:
        return []
    plain, offsets = _normalised(text)
    try:
        found = _read(lexer, plain)
    except Exception:  # noqa: BLE001 - a lexer's own bug must not stop a campaign
        return []
    if offsets is None:
        return [Span(kind, start, min(end, len(text))) for kind, start, end in found]
    return [
        Span(kind, offsets[start], offsets[min(end, len(plain) - 1)]) for kind, start, end in found
    ]


def has_lexer(path: str, text: str) -> bool:
    """True if pygments knows the language."""
    return _lexer_of(path, text) is not None


def _lexer_of(path: str, text: str) -> Lexer | None:
    return _lexer(PurePosixPath(path.replace("\\", "/")).name, text[: text.find("\n") + 1][:80])


def _read(lexer: Lexer, text: str) -> list[Span]:
    from pygments.token import Comment, String  # noqa: PLC0415 - heavy, and seldom needed

    found: list[Span] = []
    done = 0
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        end = start + len(value)
        if start < done or not value:
            continue
        if _within(kind, Comment) and not _within(kind, Comment.Preproc, Comment.PreprocFile):
            span = _trimmed(Kind.COMMENT, start, value)
        elif _within(kind, String.Doc):
            span = _trimmed(Kind.DOC, start, value)
        elif _within(kind, String):
            span = Span(Kind.STRING, start, end)
        else:
            continue
        done = end
        last = found[-1] if found else None
        if last and last.kind is span.kind is Kind.STRING and last.end == span.start:
            found[-1] = Span(Kind.STRING, last.start, span.end)
        elif span.end > span.start:
            found.append(span)
    # An unquoted value (INI, properties, YAML) is a string to pygments and a number to us.
    return [s for s in found if s.kind is not Kind.STRING or text.startswith(_QUOTES, s.start)]


def _within(kind: tuple[str, ...], *families: tuple[str, ...]) -> bool:
    """True if a token type is one of these or a kind of it."""
    return any(kind[: len(family)] == family for family in families)


def _trimmed(kind: Kind, start: int, value: str) -> Span:
    """Without the line end that some lexers count into a comment."""
    return Span(kind, start, start + len(value.rstrip("\n")))


def _normalised(text: str) -> tuple[str, list[int] | None]:
    """The text with plain line ends and one at its end, and where each character was."""
    if "\r" not in text:
        return text + "\n", None
    offsets = [match.start() for match in re.finditer(r"\r\n|[\s\S]", text)]
    plain = "".join("\n" if text[at] == "\r" else text[at] for at in offsets) + "\n"
    offsets.append(len(text))
    return plain, offsets


@lru_cache(maxsize=64)
def _lexer(name: str, first_line: str) -> Lexer | None:
    from pygments.lexers import (  # noqa: PLC0415 - heavy, and seldom needed
        find_lexer_class_for_filename,
        get_lexer_by_name,
    )
    from pygments.util import ClassNotFound  # noqa: PLC0415 - with the above

    kind = find_lexer_class_for_filename(name)
    if kind is not None:
        return None if kind.name == "Text only" else kind(stripnl=False)
    interpreter = re.match(r"#!.*?([a-z]+)[\d.]*\s*$", first_line)
    try:
        return get_lexer_by_name(interpreter.group(1), stripnl=False) if interpreter else None
    except ClassNotFound:
        return None
