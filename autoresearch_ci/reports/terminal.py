"""Words and numbers as a terminal shows them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TextIO

from rich.cells import cell_len, set_cell_size

# Titles come from models and from ledgers that others wrote: nothing in them may reach the
# terminal as a command, nor hide.

_CODES = {"good": "1;32", "bad": "31", "dim": "2", "bold": "1", "warn": "33"}


def fit(text: str, width: int) -> str:
    """Exactly `width` terminal cells: padded, or cut with an ellipsis."""
    if text.isascii():
        length = len(text)
        return text.ljust(width) if length <= width else text[: max(width - 1, 0)] + "…"[:width]
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(width - 1, 0)) + "…"[:width]


def cut(line: str, width: int) -> str:
    """At most `width` cells of a line that may be coloured."""
    if len(line) <= width and line.isascii():
        return line
    from rich.text import Text  # noqa: PLC0415 - only a narrow terminal needs it

    plain = Text.from_ansi(line).plain
    return line if cell_len(plain) <= width else fit(plain, width)


def window(stream: TextIO) -> int | None:
    """The width to keep to: COLUMNS where that is set, else the terminal's; None for a pipe."""
    if stream.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return None


class Paint:
    """Colours text, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text and style else text


def is_live(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether lines on `stream` can be drawn over: a terminal that is not dumb, and not CI."""
    ci = environ.get("CI", "").lower() not in {"", "0", "false"}
    return stream.isatty() and environ.get("TERM", "") not in {"", "dumb"} and not ci


def has_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether to colour `stream`; NO_COLOR and FORCE_COLOR are honoured."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM", "") not in {"", "dumb"}
