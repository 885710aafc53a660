"""The part of the ideas that a lane takes first.

Lanes do not ask each other, and news may come late. So every idea belongs to one of them, by
its name alone, and a lane takes another's only when it has none left: two that know nothing of
each other do not try the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import TypeVar

from autoresearch_ci.core.model import Lane

_Idea = TypeVar("_Idea")


def mark(name: str) -> int:
    """A number for the name of an idea, the same in every process.

    That of several moves made together is the sum of theirs.
    """
    return zlib.crc32(name.encode("utf-8", "replace"))


def own_first(
    ideas: Iterable[_Idea], lane: Lane | None, name: Callable[[_Idea], str]
) -> Iterable[_Idea]:
    """The ideas in their order, but a lane's own before all others."""
    if lane is None:
        return ideas
    return sorted(ideas, key=lambda idea: mark(name(idea)) % lane.count != lane.number - 1)
