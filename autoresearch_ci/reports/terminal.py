"""Words and numbers as a terminal shows them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from typing import TextIO

from rich.cells import cell_len, set_cell_size

from autoresearch_ci.model import Direction
from autoresearch_ci.redaction import visible

NO_VALUE = "-"

# Titles come from models and from ledgers that others wrote: nothing in them may reach the
# terminal as a command, nor hide.
_BREAKS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")

_CODES = {"good": "1;32", "bad": "31", "dim": "2", "bold": "1", "warn": "33"}


def clean(text: str) -> str:
    """One line without anything that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return _BREAKS.sub(" ", visible(text))


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


def number(value: float | None) -> str:
    """Six decimals, as in results.tsv, where they say something."""
    if value is None:
        return NO_VALUE
    if value == 0 or 1e-4 <= abs(value) < 1e7:  # noqa: PLR2004 - six decimals still tell these apart
        return f"{value:.6f}"
    return f"{value:.6g}"


def change(value: float, prev: float) -> str:
    """Signed difference in the metric's unit."""
    text = number(value - prev)
    return text if text.startswith("-") else f"+{text}"


def percent(value: float, prev: float) -> str:
    """Signed difference in percent of `prev`; empty where that means nothing."""
    if not prev:
        return ""
    share = (value - prev) / abs(prev) * 100
    # A change that is there is not shown as none, however small.
    return f"{share:+.2g}%" if 0 < abs(share) < 0.005 else f"{share:+.2f}%"  # noqa: PLR2004


def step(prev: float, value: float) -> str:
    """`0.997900 -> 0.993200 (-0.47%)`; all digits where six decimals would hide the step."""
    share = percent(value, prev)
    before, after = number(prev), number(value)
    if before == after and prev != value:
        before, after = f"{prev:.12g}", f"{value:.12g}"
    return f"{before} -> {after}" + (f" ({share})" if share else "")


def duration(seconds: float) -> str:
    """`4.2s`, `42s`, `5m02s`, `2h05m`."""
    if seconds < 9.95:  # noqa: PLR2004 - two digits are enough
        return f"{max(seconds, 0):.1f}s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole}s"
    if whole < 3600:  # noqa: PLR2004
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def plural(count: int, noun: str) -> str:
    """`1 experiment`, `2 experiments`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def better(direction: Direction) -> str:
    """`lower is better`."""
    return direction.value.replace("_", " ")


class Paint:
    """Colours text, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text and style else text


def is_live(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether lines on `stream` can be drawn over: a terminal that is not dumb, and not CI."""
    ci = environ.get("CI", "").lower() not in {"", "0", "false"}
    return stream.isatty() and environ.get("TERM", "") not in {"", "dumb"} and not ci


def has_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour `stream`; NO_COLOR and FORCE_COLOR are honoured."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM", "") not in {"", "dumb"}
