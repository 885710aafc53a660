"""How long a provider waits, how often it tries again, and what a server asks of it."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may well be answered."""


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds. `silence` is how long a server may say nothing, `total` bounds one `ask`."""

    connect: float = 10.0
    silence: float = 300.0
    total: float = 900.0
    tries: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def wait(self, failures: int, asked: float | None) -> float:
        """How long before the next try; never less than what the server asked for.

        The random part keeps many of us from coming back at the same instant.
        """
        if asked is not None:
            return asked * random.uniform(1.0, 1.1) + random.uniform(0.0, 0.1 * self.first_wait)
        doubled = self.first_wait * 2.0 ** min(failures - 1, 30)
        return min(doubled, self.longest_wait) * random.uniform(0.5, 1.0)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds a server asks us to wait: milliseconds, seconds, or a date; None for nothing."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, date.timestamp() - time.time())
