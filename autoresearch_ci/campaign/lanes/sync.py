"""A lane's way to share: its own two refs pushed, the others' news taken in.

Nobody else writes the lane's refs, so no push is ever rejected and nothing is merged. What the
others have found may move the tip: then the lane goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from autoresearch_ci.campaign.archive import Archive
from autoresearch_ci.campaign.lanes.news import News
from autoresearch_ci.campaign.lanes.pace import LanePace
from autoresearch_ci.campaign.lanes.signs_of_life import SignsOfLife
from autoresearch_ci.campaign.ledger import LaneLedger
from autoresearch_ci.campaign.sync import (
    AGAIN_AFTER,
    AT_MOST,
    HURRY,
    Synced,
)
from autoresearch_ci.core.errors import AutoresearchError, LedgerError, WorkspaceError
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import Lane
from autoresearch_ci.workspace import PATIENCE, Campaign, Remote

NEWS_EVERY = 1.0
"""Seconds between two looks at what others have done in this repository."""

SHARE = 20
"""A look may take one of so many seconds: to read ten thousand records takes half a second."""


class LaneSync:
    """Pushes a lane's refs at its share of the pace: after an end, and after a start."""

    raced = False

    def __init__(
        self,
        campaign: Campaign,
        ledger: LaneLedger,
        archive: Archive,
        news: News,
        remote: Remote | None,
        lane: Lane,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._campaign, self._ledger, self._archive = campaign, ledger, archive
        self._news, self._remote, self._clock, self._sleep = news, remote, clock, sleep
        self._pace = LanePace(lane, clock)
        self._signs = SignsOfLife(clock, self._pace.late)
        self._fetched, self._next = clock(), clock() + NEWS_EVERY
        self._pushed, self._due, self._pause = "", clock(), 0.0
        self.trouble, self._untold = "", tuple[str, ...]()

    def announce(self) -> None:
        """Publish what is under way now, where a push is due."""
        self._pace.begins()
        if self._remote and self._is_due:
            self._untold = self._push(PATIENCE)

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:
        notes = (*self._untold, *self._publish(last=last, hurry=hurry))
        self._untold = ()
        if last or self._clock() < self._next:
            return Synced(notes=notes)
        began = self._clock()
        try:
            told = self._learn()
        except (WorkspaceError, LedgerError) as error:
            told = Synced(notes=(f"no news of other lanes: {error.message} {error.remedy}",))
        self._ledger.leave_out(self._signs.gone)
        self._next = self._clock() + max(NEWS_EVERY, SHARE * (self._clock() - began))
        return Synced(told.moved, told.merged, (*notes, *told.notes))

    def _publish(self, *, last: bool, hurry: bool) -> tuple[str, ...]:
        if self._remote is None:
            return ()
        if last:
            if not hurry and self._pace.wait:
                self._sleep(self._pace.wait)
            return self._push(HURRY if hurry else PATIENCE)
        self._pace.ends()
        return self._push(PATIENCE) if self._is_due else ()

    @property
    def _is_due(self) -> bool:
        return self._pace.is_due and self._clock() >= self._due

    def _push(self, patience: float) -> tuple[str, ...]:
        """Push both refs; what to say where that fails, once."""
        assert self._remote is not None
        self._archive.catch_up()
        refs = self._campaign.refs
        logs = list(refs.values())[1]
        if logs == self._pushed:
            return ()
        self._pace.made()
        try:
            self._remote.push(refs, patience=patience, own=refs)
        except WorkspaceError as error:
            return self._failed(error)
        self._pushed, self._pause, self.trouble = logs, 0.0, ""
        return ()

    def _failed(self, error: AutoresearchError) -> tuple[str, ...]:
        again, self._pause = self._pause, min(max(AGAIN_AFTER, self._pause * 2), AT_MOST)
        self._due = self._clock() + self._pause
        detail = f" {error.detail.splitlines()[-1].strip()}" if error.detail else ""
        self.trouble = f"not published: {error.message}{detail} {error.remedy}"
        if again:
            return ()
        return (f"{self.trouble} The lane goes on; its results are in this clone.",)

    def _learn(self) -> Synced:
        """Take in what is new; go on from another tip where there is a better one."""
        if self._remote and self._clock() - self._fetched >= self._pace.look_every:
            self._fetched = self._clock()
            if self._clock() >= self._due:
                self._news.fetch(PATIENCE)
        if not self._news.read():
            return Synced()
        log = self._ledger.beside(self._news.streams, self._news.on)
        best = log.history.incumbent
        if best is None or not self._campaign.has(best.commit):
            return Synced()  # the commit is still on its way
        with deferred():
            self._ledger.take_over(log)
            moved = best.commit != self._campaign.head and self._campaign.adopt(best.commit)
        notes = (f"goes on from experiment {best.experiment}, of another lane",) if moved else ()
        return Synced(moved, merged=True, notes=notes)
