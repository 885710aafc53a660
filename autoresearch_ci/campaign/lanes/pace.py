"""The pace of a lane's pushes: its own instants among those of all lanes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from autoresearch_ci.campaign.sync import A_MINUTE, MINUTE
from autoresearch_ci.core.model import Lane

READS_A_SECOND = 15
"""Of git, in all: as many as GitHub recommends for a repository at most. A look takes two."""

APART = MINUTE / (A_MINUTE - 1)
"""Seconds between the pushes of two lanes: one that comes late makes no minute too full."""

LAST_WORDS = 300.0
"""Seconds that a session's last push waits for its turn at most: a runner costs meanwhile."""


class LanePace:
    """Tells when a lane pushes: lane after lane, `APART` seconds between two, and round again.

    Lanes do not ask each other, they read the same time: `clock` is that of the day, in seconds.
    All lanes of one machine together are lane 1 of 1.
    `look_every` is the least time between two looks at the remote, in seconds.
    """

    def __init__(self, lane: Lane, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._first, self._round = clock, APART * (lane.number - 1), APART * lane.count
        self.look_every = max(APART, 2 * lane.count / READS_A_SECOND)
        self._made = -math.inf

    def last(self, at: float) -> float:
        """The lane's last turn at an instant."""
        return at - (at - self._first) % self._round

    def next(self, at: float) -> float:
        """The lane's first turn after an instant."""
        return self.last(at) + self._round

    def made(self) -> None:
        """A push is about to be made."""
        self._made = self._clock()

    @property
    def wait(self) -> float:
        """Seconds until the lane's next turn that was not used yet."""
        now = self._clock()
        turn = self.next(now)
        if turn - self._made < self._round / 2:  # a timer may be early by a hair
            turn += self._round
        return turn - now

    @property
    def late(self) -> float:
        """The most seconds that it usually takes until another lane hears of something."""
        return self._round + self.look_every
