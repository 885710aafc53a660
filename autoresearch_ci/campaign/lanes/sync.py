"""A lane's way to share: its own two refs pushed, the others' news taken in.

Nobody else writes the lane's refs, so no push is ever rejected and nothing is merged. It is made
beside the experiment that is under way, when it is the lane's turn. What the
others have found may move the tip: then the lane goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread, Timer

from autoresearch_ci.campaign.archive import INTERVAL, Archive
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


Later = Callable[[float, Callable[[], None]], Thread]
"""Begin to do something after so many seconds, beside all else; it can be waited for."""


def _later(seconds: float, do: Callable[[], None]) -> Thread:
    timer = Timer(seconds, do)
    timer.daemon = True
    timer.start()
    return timer


class LaneSync:
    """Pushes a lane's refs whenever it is its turn and there is something new.

    `clock` measures time, `day` is the time that lanes on other machines read as well.
    """

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
        day: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        later: Later = _later,
    ) -> None:
        self._campaign, self._ledger, self._archive = campaign, ledger, archive
        self._news, self._remote, self._clock, self._sleep = news, remote, clock, sleep
        self._later, self._pace = later, LanePace(lane, day)
        self._signs = SignsOfLife(clock, self._pace.late)
        self._fetched, self._next = clock(), clock() + NEWS_EVERY
        self._caught_up = clock() - INTERVAL
        self._refs, self._pushed, self._pushing = dict[str, str](), "", Thread()
        self._due, self._pause = clock(), 0.0
        self.trouble, self._untold = "", tuple[str, ...]()

    def announce(self) -> None:
        """Let what is under way now go out with the next push."""
        if self._remote and self._clock() - self._caught_up >= INTERVAL:
            self._caught_up = self._clock()
            self._archive.catch_up()
        self._publish()

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:
        if last:
            self._publish_last(hurry=hurry)
        else:
            self._publish()
        notes, self._untold = self._untold, ()
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

    def _publish(self) -> None:
        """Have both refs as they are now pushed at the lane's next turn."""
        self._refs = self._campaign.refs
        if self._remote and self._is_new and not self._pushing.is_alive():
            self._pushing = self._later(self._pace.wait, self._push_if_due)

    def _publish_last(self, *, hurry: bool) -> None:
        """Push what is left at the lane's turn, or at once."""
        if self._remote is None:
            return
        if isinstance(self._pushing, Timer):
            self._pushing.cancel()
        if self._pushing.is_alive():
            self._pushing.join()
        self._archive.catch_up()
        self._refs = self._campaign.refs
        if self._is_new and not hurry:
            self._sleep(self._pace.wait)
        if self._is_new:
            self._push(HURRY if hurry else PATIENCE)

    @property
    def _is_new(self) -> bool:
        return _log_of(self._refs) != self._pushed

    def _push_if_due(self) -> None:
        if self._clock() >= self._due:
            self._push(PATIENCE)

    def _push(self, patience: float) -> None:
        """Push both refs. What is to be said where that fails is said once, at the next sync."""
        assert self._remote is not None
        refs = self._refs
        self._pace.made()
        try:
            self._remote.push(refs, patience=patience, own=refs)
        except WorkspaceError as error:
            self._failed(error)
        else:
            self._pushed, self._pause, self.trouble = _log_of(refs), 0.0, ""

    def _failed(self, error: AutoresearchError) -> None:
        again, self._pause = self._pause, min(max(AGAIN_AFTER, self._pause * 2), AT_MOST)
        self._due = self._clock() + self._pause
        detail = f" {error.detail.splitlines()[-1].strip()}" if error.detail else ""
        self.trouble = f"not published: {error.message}{detail} {error.remedy}"
        if not again:
            said = f"{self.trouble} The lane goes on; its results are in this clone."
            self._untold = (*self._untold, said)

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


def _log_of(refs: dict[str, str]) -> str:
    return list(refs.values())[-1] if refs else ""
