"""Text that people read: numbers, changes, durations, and what a terminal must not be told."""

from __future__ import annotations

import re

from autoresearch_ci.core.model import Direction
from autoresearch_ci.core.redaction import visible

NO_VALUE = "-"


_BREAKS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """One line without anything that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return _BREAKS.sub(" ", visible(text))


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


BREAK = "\u200b"
"""A space of no width: what stands on its two sides is one word no more."""
