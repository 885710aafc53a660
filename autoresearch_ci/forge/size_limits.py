"""The limits of texts on GitHub, and cutting to them from the oldest end.

Pages here have their newest part at the top, so the oldest end is the bottom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """A place that takes at most so many characters, or so many bytes of UTF-8."""

    most: int
    in_bytes: bool = False

    def size(self, text: str) -> int:
        """Return the size of `text`, in characters or bytes."""
        return len(text.encode("utf-8", "surrogatepass")) if self.in_bytes else len(text)

    def start(self, text: str) -> str:
        """Return the start of `text` that is within the limit."""
        if not self.in_bytes:
            return text[: self.most]
        kept = text.encode("utf-8", "surrogatepass")[: self.most]
        # A character that was cut through is left out; what a surrogate needs is kept.
        while True:
            try:
                return kept.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                kept = kept[:-1]


COMMENT = SizeLimit(65_536)
PULL_REQUEST_BODY = SizeLimit(65_536)
PULL_REQUEST_TITLE = SizeLimit(256)
# The documents say characters. Bytes are never more, and safe whatever is counted.
CHECK_SUMMARY = SizeLimit(65_535, in_bytes=True)
CHECK_TEXT = SizeLimit(65_535, in_bytes=True)
CHECK_TITLE = SizeLimit(255)
ANNOTATION_MESSAGE = SizeLimit(64 * 1024 - 1, in_bytes=True)
ANNOTATION_TITLE = SizeLimit(255)
STEP_SUMMARY = SizeLimit(1024**2, in_bytes=True)
OUTPUTS = SizeLimit(1024**2, in_bytes=True)

ANNOTATIONS_A_REQUEST = 50

NOTE = "*The rest was left out: there is no more room here.*"
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def fit(head: str, rows: Sequence[str], tail: str, room: SizeLimit, note: str) -> str:
    """Put `head`, the rows that there is room for, and `tail` together as they are.

    `rows` are newest first; those at the end are left out, and then
    `note.format(count=...)` stands in their place. Where not even head and tail
    have room, the whole is cut.
    """
    whole = head + "".join(rows) + tail
    if room.size(whole) <= room.most:
        return whole
    left = room.most - room.size(head + note.format(count=len(rows)) + tail)
    kept = 0
    for row in rows:
        left -= room.size(row)
        if left < 0:
            break
        kept += 1
    note = note.format(count=len(rows) - kept)
    return cut(head + "".join(rows[:kept]) + note + tail, room)


def cut(text: str, room: SizeLimit, note: str = NOTE) -> str:
    """Return `text`, or as many of its first lines as there is room for, then `note`.

    A code block or `<details>` that is open where the cut is gets closed, so
    that the note is read as a note.
    """
    if room.size(text) <= room.most:
        return text
    reserve = room.size(f"\n\n{note}\n") + 200  # and for what must be closed
    if room.most <= reserve:
        return room.start(text)
    space = SizeLimit(room.most - reserve, room.in_bytes)
    kept = space.start(text)
    whole, newline, _ = kept.rpartition("\n")
    kept = whole if newline else kept
    return f"{kept}{_closing(kept)}\n\n{note}\n"


def _closing(text: str) -> str:
    """Return the end of the code block and of the nested `<details>` that `text` leaves open."""
    fence, open_details = "", 0
    for line in text.splitlines():
        found = _FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif fence and line.strip().startswith(fence) and not line.strip(fence[0] + " "):
            fence = ""
        elif not fence:
            open_details += line.count("<details") - line.count("</details>")
    closing = f"\n{fence[:40]}" if fence else ""
    return closing + "\n</details>" * min(max(open_details, 0), 10)
