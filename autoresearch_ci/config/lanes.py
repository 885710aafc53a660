"""Lanes as users write them: which one of how many."""

from __future__ import annotations

import re

from autoresearch_ci.config.values import BadValue, shown, text
from autoresearch_ci.core.model import Lane

MOST = 256
"""Lanes of a campaign at once: as many jobs as a matrix of GitHub's can have."""


def count(value: object) -> int:
    """A number of lanes."""
    written = text(value)
    if not re.fullmatch(r"[0-9]{1,4}", written) or not 0 < int(written) <= MOST:
        raise BadValue(
            f"{shown(written)} is no number of lanes.", f"Write a number from 1 to {MOST}."
        )
    return int(written)


def lane(value: object) -> Lane:
    """A lane's number, and how many there are, as `3/8`."""
    written = text(value)
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", written)
    if not found:
        raise BadValue(
            f"{shown(written)} is no lane.", "Write its number and how many there are, such as 3/8."
        )
    number, count = map(int, found.groups())
    if count > MOST:
        raise BadValue(f"{count} lanes are too many.", f"At most {MOST} work at once; have fewer.")
    if not 0 < number <= count:
        raise BadValue(
            f"There is no lane {number} of {count}.",
            f"Lanes are numbered from 1: the last one is {count}/{count}.",
        )
    return Lane(number, count)
