"""What a server says that it counted. A count that is none must not cost us the answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

_TIMES, _OWN_PROMPT = 4, 100_000


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _counts(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


Count = Annotated[int | None, BeforeValidator(_count)]
"""A number of tokens; None for everything else."""

IsCounts = BeforeValidator(_counts)
"""On a model of counts: None for what is no object."""


def believable(count: int | None, most: int) -> int | None:
    """The count, unless it is far beyond the most that we know of: then it is none.

    What a server adds by itself, such as a prompt of its own, is allowed for.
    """
    return None if count is None or count > _TIMES * most + _OWN_PROMPT else count
