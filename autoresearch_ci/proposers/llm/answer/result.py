"""What an answer comes to: an idea, or a problem that the model can be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Idea:
    """A change that can be tried. `text` is the target's whole new content.

    `title` is one line of at most 72 characters and never empty; `hypothesis`
    is at most 300 and may be.
    """

    title: str
    hypothesis: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer cannot be used, in words that can be sent back to the model as they are."""

    message: str


class Unusable(Exception):  # noqa: N818 - it becomes a Problem at the door
    """An answer turns out to be of no use while it is read; says what a Problem says."""
