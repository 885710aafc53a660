"""A lane's way to share: its own two refs pushed, the others' news taken in.

Nobody else writes the lane's refs, so no push is ever rejected and nothing is merged. It is made
beside the experiment that is under way, when it is the lane's turn. What the
others have found may move the tip: then the lane goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from autoresearch_ci.campaign.archive import INTERVAL, Archive
from autoresearch_ci.campaign.lanes.news import News
from autoresearch_ci.campaign.lanes.pace import LanePace
from autoresearch_ci.campaign.lanes.publisher import Later, Publisher, in_thread
from autoresearch_ci.campaign.lanes.signs_of_life import SignsOfLife
from autoresearch_ci.campaign.ledger import LaneLedger
from autoresearch_ci.campaign.sync import Synced
from autoresearch_ci.core.errors import LedgerError, WorkspaceError
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import Lane
from autoresearch_ci.workspace import PATIENCE, Campaign, Remote

NEWS_EVERY = 1.0
"""Seconds between two looks at what others have done in this repository."""

SHARE = 20
"""A look may take one of so many seconds: to read ten thousand records takes half a second."""


class LaneSync:
    """Has a lane's refs pushed whenever it is its turn and there is something new.

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
        later: Later = in_thread,
    ) -> None:
        self._campaign, self._ledger, self._archive = campaign, ledger, archive
        self._news, self._clock = news, clock
        self._pace = LanePace(lane, day)
        self._signs = SignsOfLife(clock, self._pace.late)
        self._fetched, self._next = clock(), clock() + NEWS_EVERY
        self._caught_up = clock() - INTERVAL
        self._refs, self._told = dict[str, str](), ""
        self._publisher = remote and Publisher(
            remote, lambda: self._refs, self._pace, clock, sleep, later
        )

    @property
    def trouble(self) -> str:
        return self._publisher.trouble if self._publisher else ""

    def announce(self) -> None:
        """Let what is under way now go out with the next push."""
        if self._publisher and self._clock() - self._caught_up >= INTERVAL:
            self._caught_up = self._clock()
            self._archive.catch_up()
        self._publish()

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:
        if last and self._publisher:
            self._archive.catch_up()
            self._offer()
            self._publisher.last_words(hurry=hurry)
        else:
            self._publish()
        notes = self._notes()
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
        if self._publisher:
            self._offer()
            self._publisher.tick()

    def _offer(self) -> None:
        """Let both refs be pushed as they are now, where the log has grown."""
        *_, logs = self._campaign.refs.values()
        if logs and logs not in self._refs.values():
            self._refs = self._campaign.refs

    def _notes(self) -> tuple[str, ...]:
        """Why nothing is published: once, until something is."""
        told, self._told = self._told, self.trouble
        if told or not self._told:
            return ()
        return (f"{self._told} The lane goes on; its results are in this clone.",)

    def _learn(self) -> Synced:
        """Take in what is new; go on from another tip where there is a better one."""
        if self._publisher and self._clock() - self._fetched >= self._pace.look_every:
            self._fetched = self._clock()
            if not self.trouble:
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
