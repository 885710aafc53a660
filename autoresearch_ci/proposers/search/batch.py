"""The part of the ideas that a lane takes first.

Lanes do not ask each other, and news may come late. So each has parameters of its own, and every
idea belongs to one of them, by its name alone. A lane takes another's only when it has none left:
two that know nothing of each other do not try the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from autoresearch_ci.core.model import Lane

_Idea = TypeVar("_Idea")

FEW = 3
"""Parameters that a lane has to itself at least; where there are fewer, lanes share them."""


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


def dealt(names: Sequence[str], lane: Lane, turn: int) -> tuple[set[str], Lane]:
    """The parameters that a lane is to move, and its place among the lanes that share them.

    Lanes that work on one version move different ones, so what they keep goes together. They are
    dealt anew for each version, or `turn`.
    """
    groups = max(1, min(lane.count, len(names) // FEW))
    order = sorted(names, key=lambda name: mark(f"{turn}/{name}"))
    group = (lane.number - 1) % groups
    sharing = range(group + 1, lane.count + 1, groups)
    return set(order[group::groups]), Lane(sharing.index(lane.number) + 1, len(sharing))
