"""Time as the records write it."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp() -> str:
    """Now, as `2026-03-17T14:35:00Z`."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def today() -> str:
    """The day here, as a campaign's tag: `mar17`."""
    # Not strftime("%b"), which speaks the user's language: a tag is the same everywhere.
    now = datetime.now().astimezone()
    months = "janfebmaraprmayjunjulaugsepoctnovdec"
    return f"{months[now.month * 3 - 3 : now.month * 3]}{now.day}"
