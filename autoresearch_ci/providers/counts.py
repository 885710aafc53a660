"""What a server says that it counted. A count that is none must not cost us the answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _counts(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


Count = Annotated[int | None, BeforeValidator(_count)]
"""A number of tokens; None for everything else."""

IsCounts = BeforeValidator(_counts)
"""On a model of counts: None for what is no object."""
