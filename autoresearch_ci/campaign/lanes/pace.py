"""The pace of a lane's pushes: its share of those that a repository takes from all lanes."""

from __future__ import annotations

import math
from collections.abc import Callable

from autoresearch_ci.campaign.sync import A_MINUTE, MINUTE, Pace
from autoresearch_ci.core.model import Lane

READS_A_SECOND = 15
"""Of git, in all: as many as GitHub recommends for a repository at most. A look takes two."""


class LanePace:
    """Tells when a lane pushes: once in each interval, and both ends of what took longer than one.

    The interval is 10 s times the number of lanes. Two in any two of them are the most.
    `look_every` is the least time between two looks at the remote, in seconds.
    """

    def __init__(self, lane: Lane, clock: Callable[[], float]) -> None:
        self._clock, self._interval = clock, MINUTE / A_MINUTE * lane.count
        self.look_every = max(MINUTE / A_MINUTE, 2 * lane.count / READS_A_SECOND)
        self._pace = Pace(clock, 2, 2 * self._interval)
        # Lanes begin at the same time, and are not to push all at once.
        self._first = clock() + MINUTE / A_MINUTE * (lane.number - 1)
        self._last, self._begun, self._took_long = -math.inf, clock(), False

    def begins(self) -> None:
        """An experiment begins."""
        self._begun = self._clock()

    def ends(self) -> None:
        """Note that what had begun has ended."""
        self._took_long = self._clock() - self._begun >= self._interval

    def made(self) -> None:
        """A push is about to be made."""
        self._pace.made()
        self._last = self._clock()

    @property
    def is_due(self) -> bool:
        """Tell whether to push what there is."""
        now = self._clock()
        spaced = self._took_long or now - self._last >= self._interval
        return spaced and not self.wait and now >= self._first

    @property
    def late(self) -> float:
        """The most seconds that it usually takes until another lane hears of something."""
        return 2 * self._interval + self.look_every

    @property
    def wait(self) -> float:
        """Seconds until one more push may be made at all."""
        return self._pace.wait
