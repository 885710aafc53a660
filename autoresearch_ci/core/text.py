"""Text that people read: numbers, changes, durations, and the one way to make foreign text safe.

Texts come from models, logs and other people. `visible` takes out what a terminal would obey or
nobody would see, `clean` and `one_line` make one line of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from autoresearch_ci.core.model import Direction

NO_VALUE = "-"

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b."
)
_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# What Unicode calls default ignorable and what it calls a format character, and the controls.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile(r"[\t\n]+")


def visible(text: str) -> str:
    """The text that a person sees: no escape sequences, no control or invisible characters.

    Of white space, spaces, tabs and line feeds are left. Half a character (a lone
    surrogate) becomes the sign for one that is damaged.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    return _SURROGATES.sub("\ufffd", _HIDDEN.sub("", text))


def clean(text: str) -> str:
    """One line without anything that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return _BREAKS.sub(" ", visible(text))


def one_line(text: str, most: int | None = None) -> str:
    """Printable characters, all white space as single spaces; cut to `most` characters."""
    shown = "".join(c for c in visible(text) if c.isprintable() or c.isspace())
    line = " ".join(shown.split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def number(value: float | None) -> str:
    """Six decimals, as in results.tsv, where they say something."""
    if value is None:
        return NO_VALUE
    if value == 0 or 1e-4 <= abs(value) < 1e7:  # noqa: PLR2004 - six decimals still tell these apart
        return f"{value:.6f}"
    return f"{value:.6g}"


def brief(value: float) -> str:
    """Six significant digits without those that say nothing: for a sentence."""
    if 1e6 <= abs(value) < 1e7:  # noqa: PLR2004 - longer than six, and still read at a glance
        return f"{value:.0f}"
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


def listed(metrics: Mapping[str, float], most: int) -> str:
    """`p99_ms 12.1, tests 18330`, and how many more there are."""
    shown = [f"{name} {value:.6g}" for name, value in list(metrics.items())[:most]]
    more = len(metrics) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more > 0 else [])])


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


def timestamp() -> str:
    """Now, as `2026-03-17T14:35:00Z`."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def today() -> str:
    """The day here, as a campaign's tag: `mar17`."""
    # Not strftime("%b"), which speaks the user's language: a tag is the same everywhere.
    now = datetime.now().astimezone()
    months = "janfebmaraprmayjunjulaugsepoctnovdec"
    return f"{months[now.month * 3 - 3 : now.month * 3]}{now.day}"
