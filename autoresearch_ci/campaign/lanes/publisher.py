"""Publishing what lanes find: refs that nobody else writes, pushed in turn and beside all else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Thread, Timer

from autoresearch_ci.campaign.lanes.pace import LAST_WORDS, LanePace
from autoresearch_ci.campaign.sync import AGAIN_AFTER, AT_MOST, HURRY
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import PATIENCE, Remote

Refs = Mapping[str, str]
"""Full names and commits."""

Later = Callable[[float, Callable[[], None]], Thread]
"""Begin to do something after so many seconds, beside all else; it can be waited for."""


def in_thread(seconds: float, do: Callable[[], None]) -> Thread:
    """Do it in a thread of its own, which the process does not wait for."""
    timer = Timer(seconds, do)
    timer.daemon = True
    timer.start()
    return timer


class Publisher:
    """Pushes `refs` as they are at the next turn of `pace`, whenever there is something new.

    A push that fails is tried again ever later, and is in `trouble` until one succeeds.
    """

    def __init__(
        self,
        remote: Remote,
        refs: Callable[[], Refs],
        pace: LanePace,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        later: Later = in_thread,
    ) -> None:
        self._remote, self._refs, self._pace = remote, refs, pace
        self._clock, self._sleep, self._later = clock, sleep, later
        self._pushed: Refs = {}
        self._pushing = Thread()
        self._due, self._pause = clock(), 0.0
        self.trouble = ""

    def tick(self) -> None:
        """Have what is new pushed at the next turn."""
        if not self._pushing.is_alive() and self._is_new:
            self._pushing = self._later(self._pace.wait, self._turn)

    def end(self, patience: float = PATIENCE) -> None:
        """Push no more; a push under way has so many seconds to come to its end."""
        if isinstance(self._pushing, Timer):
            self._pushing.cancel()
        if self._pushing.is_alive():
            self._pushing.join(patience)

    def last_words(self, *, hurry: bool) -> None:
        """Push what is left at the turn, or at once where all has to end now."""
        patience = HURRY if hurry else PATIENCE
        self.end(patience)
        if self._is_new and not hurry:
            self._sleep(min(self._pace.wait, LAST_WORDS))
        if self._is_new:
            self._push(patience)

    @property
    def _is_new(self) -> bool:
        return self._refs() != self._pushed

    def _turn(self) -> None:
        if self._clock() >= self._due:
            self._push(PATIENCE)

    def _push(self, patience: float) -> None:
        refs = self._refs()
        self._pace.made()
        try:
            self._remote.push(refs, patience=patience, own=refs)
        except WorkspaceError as error:
            self._pause = min(max(AGAIN_AFTER, self._pause * 2), AT_MOST)
            self._due = self._clock() + self._pause
            detail = f" {error.detail.splitlines()[-1].strip()}" if error.detail else ""
            self.trouble = f"not published: {error.message}{detail} {error.remedy}"
        else:
            self._pushed, self._pause, self.trouble = refs, 0.0, ""
