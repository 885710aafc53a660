"""Lines that stand for others: `# ... rest unchanged ...`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 160  # characters of a line that only stands for others
_COMMENT = re.compile(r"(?:#+|//+|/\*+|\*|<!--|--|;+|%+|\{/\*|\"\"\"|''')")
_AROUND = " \t#/*<!->;%{}()[]\"'"
_DOTS = re.compile(r"\.{3,}|…")
_WORDS = re.compile(
    r"\b(?:rest|remain\w*|unchanged|existing|same|omitted|previous|original|as before|as above"
    r"|no changes?|other (?:code|functions?|methods?|imports?|parts?)|code (?:here|continues)"
    r"|keep|snip(?:ped)?|truncated|elided|etc)\b",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"(?:\W*(?:the )?(?:rest|remainder) of (?:the |your |this )?(?:\w+ ){0,3}"
    r"(?:remains?|stays?|is|goes|here|unchanged|follows?|continues).*"
    r"|\W*(?:existing|previous|original|unchanged|remaining|same) "
    r"(?:code|content|imports?|functions?|implementation|logic)"
    r"(?: (?:here|unchanged|stays?|remains?|goes here|as before|above|below).*)?"
    r"|\W*(?:unchanged|same as (?:before|above|original|the original)"
    r"|no changes? (?:here|below|above|needed))\W*)",
    re.IGNORECASE,
)


def elided(new: Iterable[str], source: Iterable[str], path: str) -> str | None:
    """The first new line that only stands for other lines; None when all are meant as they are.

    A line that the source has is always meant.
    """
    known = {line.strip() for line in source}
    python = path.endswith((".py", ".pyi"))
    for line in new:
        if len(line) <= _LONGEST and _stands_for_others(line, python) and line.strip() not in known:
            return line.strip()
    return None


def _stands_for_others(line: str, python: bool) -> bool:
    bare = line.strip()
    inside = bare.strip(_AROUND)
    dots = _DOTS.search(line)
    if dots and not inside.strip(".… "):  # nothing but dots
        statement = python and bare == "..." and line != bare
        return not statement
    if not _COMMENT.match(bare) and not bare.startswith(("...", "…", "[", "(")):
        return False
    if dots:
        return bool(_WORDS.search(inside)) and (
            _DOTS.match(inside) is not None or _DOTS.search(inside[-4:]) is not None
        )
    return _SAYS_SO.fullmatch(inside) is not None
