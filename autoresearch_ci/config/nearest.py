"""The known word that somebody most likely meant. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MEANT = {
    "claude": "anthropic",
    "gpt": "openai",
    "chatgpt": "openai",
    "agent": "command",
    "docker": "container",
    "podman": "container",
    "bubblewrap": "overlay",
    "bwrap": "overlay",
    "none": "copy",
    "off": "copy",
}
"""Words that people write for one that is like them in no letter."""


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, if any is like it."""
    close = difflib.get_close_matches(written.lower(), tuple(known), n=1, cutoff=0.6)
    return close[0] if close else None


def likeliest(written: str, known: tuple[str, ...]) -> str:
    """The same where one of them has to be chosen."""
    meant = _MEANT.get(written.lower(), "")
    if meant in known:
        return meant
    return difflib.get_close_matches(written.lower(), known, n=1, cutoff=0)[0]
