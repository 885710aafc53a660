"""What a command printed, read as a number or told in one line. Pure."""

from __future__ import annotations

import re

ERROR_CHARACTERS = 200
"""Of what a program says, in a record."""

LARGEST = 1e150
"""A number beyond it is refused: sums and squares of what is measured have to be numbers, too."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def number(printed: str, name: str) -> tuple[float | None, str]:
    """The one finite number in what a shell command printed, else what is wrong with it.

    Decimal, as `awk` and `jq` print it. What only Python would take for a number,
    such as 1_000 or digits of other scripts, is none; nor is 1,5 or 0x10.
    """
    words = printed.split()
    if not words:
        return None, f"printed nothing where {name} should be"
    if len(words) > 1:
        return None, f"printed more than one number: {_one_line(printed)}"
    if words[0].lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return None, f"printed {words[0]}, which is not a finite number"
    if not _NUMBER.fullmatch(words[0]):
        return None, f"printed {words[0][:60]!r}, which is not a number"
    value = float(words[0])
    if abs(value) > LARGEST:
        return (
            None,
            f"printed {words[0][:60]}, which is too large: at most {LARGEST:g} can be judged",
        )
    return value, ""


def end_of(text: str) -> str:
    """The end of what a program complained about, where a traceback says what it is."""
    line = " ".join(text.split())
    return line if len(line) <= ERROR_CHARACTERS else f"...{line[-ERROR_CHARACTERS:]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:ERROR_CHARACTERS]
