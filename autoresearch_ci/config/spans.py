"""Backticks and comments within one line of Markdown, by the rules of CommonMark's code spans.

A span opens with a run of backticks and closes at the next run of the same length; a run that
nothing closes is literal. One space on both sides is padding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autoresearch_ci.config.values import BadValue

_RUN = re.compile("`+")
# What a shell takes as one piece; an apostrophe within a word, as in don't, opens nothing.
_QUOTED = re.compile(r"""\\.|(?<![A-Za-z0-9])'[^']*'|"(?:\\.|[^"\\])*"|(?<=\s)#.*""")
_WHOLE = re.compile(r"""(["'\u201c\u2018])([^"'\\\u201c-\u201f\u2018-\u201b]*)["'\u201d\u2019]""")
_COMMENT = re.compile(r"(?<=\s)#")


def value(raw: str, *, several: bool) -> str | None:
    """A setting's value from what stands after its colon; None where there is none.

    A ` # comment` ends it, except in backticks or quotes. Where a setting takes `several`
    values, each may be in backticks of its own. One that is in quotes as a whole, as in YAML, is
    what they hold.
    """
    written = _before_comment(raw).strip()
    if written in {"", "``"}:
        return None
    pieces = list(_pieces(written))
    if several:
        return "".join(text for text, _, _ in pieces)
    content, is_code, end = pieces[0]
    if is_code and end == len(written):
        return content
    if is_code:
        raise BadValue(
            f"there is text after the closing backtick: {written[end:].strip()!r}.",
            "Put the whole value in backticks; one that holds backticks itself in double "
            "backticks, as in `` echo `date` ``. A comment begins with ` # `.",
        )
    if written.startswith("`"):
        raise BadValue("the opening backtick is never closed.", "Close it, or leave it out.")
    quoted = _WHOLE.fullmatch(written)
    return (quoted[2].strip() or None) if quoted else written


def is_open(text: str) -> bool:
    """Tell whether a quote in a shell command is never closed."""
    left = _QUOTED.sub("", text)
    return bool(re.search(r"""(?<![A-Za-z0-9])'|\"""", left))


def quote(text: str) -> str:
    """`text` as a code span that reads back as itself."""
    lengths = {len(run) for run in _RUN.findall(text)}
    fence = "`" * next(n for n in range(1, len(lengths) + 2) if n not in lengths)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def without_comments(line: str, hidden: bool, *, closes_later: bool) -> tuple[str, bool]:
    """The line without HTML comments, and whether the next one begins inside a comment."""
    visible = ""
    while True:
        if hidden:
            _, closed, line = line.partition("-->")
            if not closed:
                return visible, True
        start = _opening(line)
        if start is None:
            return visible + line, False
        if "-->" not in line[start:] and not closes_later and (visible + line[:start]).strip():
            return visible + line, False
        visible, line, hidden = visible + line[:start], line[start + 4 :], True


def _opening(line: str) -> int | None:
    """Find the first `<!--` outside code spans."""
    if "<!--" not in line:
        return None
    at = 0
    for text, is_code, end in _pieces(line):
        if not is_code and "<!--" in text:
            return at + text.index("<!--")
        at = end
    return None


def _before_comment(raw: str) -> str:
    at = 0
    for _, is_code, end in _pieces(raw):
        if not is_code and (comment := _comment(raw, at, end)) is not None:
            return raw[:comment]
        at = end
    return raw


def _comment(raw: str, start: int, end: int) -> int | None:
    """Find a ` #` outside quotes in this part of the line, read as a shell would."""
    quoted = [(m.start(), m.end()) for m in _QUOTED.finditer(raw) if m[0][0] != "#"]
    for found in _COMMENT.finditer(raw, start, end):
        if not any(first < found.start() < last for first, last in quoted):
            return found.start()
    return None


def _pieces(line: str) -> Iterator[tuple[str, bool, int]]:
    """The line in order as (text, whether it is a code span's content, where it ends)."""
    plain_from = at = 0
    while run := _RUN.search(line, at):
        fence = run[0]
        closing = re.compile(rf"(?<!`){fence}(?!`)").search(line, run.end())
        if closing is None:
            at = run.end()
            continue
        if run.start() > plain_from:
            yield line[plain_from : run.start()], False, run.start()
        yield _unpadded(line[run.end() : closing.start()]), True, closing.end()
        plain_from = at = closing.end()
    if plain_from < len(line):
        yield line[plain_from:], False, len(line)


def _unpadded(content: str) -> str:
    padded = content.startswith(" ") and content.endswith(" ") and content.strip(" ")
    return content[1:-1] if padded else content
