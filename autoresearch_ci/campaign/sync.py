"""Sharing a campaign: pushed as it grows, merged where somebody was faster.

A push that is rejected is fetched, merged and tried again, never forced. One that fails
costs nothing: the session goes on, all of it is in the clone, and the next push, of this
session or a later one, brings it along.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from autoresearch_ci.campaign.archive import LOG, Archive, subject
from autoresearch_ci.campaign.ledger import Ledger, Merged
from autoresearch_ci.core.errors import AutoresearchError, LedgerError, TargetError, WorkspaceError
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import Reason
from autoresearch_ci.workspace import PATIENCE, Campaign, Remote

ATTEMPTS = 8
"""Pushes that may be rejected in a row; what waits then goes out with the next experiment."""

A_MINUTE = 6
"""Pushes in any minute: as many as GitHub recommends for a repository at most."""

AGAIN_AFTER, AT_MOST = 60.0, 1800.0
"""Seconds until a remote that failed is tried again: doubled each time, up to the second."""

MINUTE = 60.0

HURRY = 3.0
"""Seconds that all of it may take where the session has to end now."""


@dataclass(frozen=True, slots=True)
class Synced:
    """Result of a sync. `moved`: the incumbent is another session's now, to be measured here.

    `merged`: the history was changed before its end. `notes` are sentences for people.
    """

    moved: bool = False
    merged: bool = False
    notes: tuple[str, ...] = ()


class Sync(Protocol):
    """The way a campaign is shared: asked after every experiment, and `last` at the session's end.

    It never raises for what the network does. `hurry` when the session has to end now.
    `trouble` is why what there is was not published, with what to do; empty where it was.
    `announce` tells other lanes what has just begun. `raced`: somebody else was faster, and the
    session is to be held again.
    """

    raced: bool

    @property
    def trouble(self) -> str: ...

    def announce(self) -> None: ...

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced: ...


class NoRemote:
    """Shares nothing: the campaign stays in this repository."""

    trouble = ""
    raced = False

    def announce(self) -> None:
        pass

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:  # noqa: ARG002
        return Synced()


class Pace:
    """Keeps pushes below `most` in any `seconds`, with one left for a session's last words.

    So they are evenly spaced, and what comes in between goes out together.
    """

    def __init__(self, clock: Callable[[], float], most: int, seconds: float = MINUTE) -> None:
        self._clock, self._made = clock, deque[float]()
        self._most, self._seconds = most, seconds

    def made(self) -> None:
        """A push is about to be made."""
        self._made.append(self._clock())

    @property
    def is_due(self) -> bool:
        """Tell whether the last push is long enough ago for one that can wait."""
        return not self._made or self._clock() - self._made[-1] >= self._seconds / (self._most - 1)

    @property
    def wait(self) -> float:
        """Seconds until one more may be made at all."""
        while self._made and self._clock() - self._made[0] >= self._seconds:
            self._made.popleft()
        if len(self._made) < self._most:
            return 0.0
        return self._made[-self._most] + self._seconds - self._clock()


class RemoteSync:
    """Pushes both branches of a campaign to a remote, in one atomic push."""

    raced = False

    def __init__(
        self,
        remote: Remote,
        campaign: Campaign,
        ledger: Ledger,
        archive: Archive,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remote, self._campaign = remote, campaign
        self._ledger, self._archive, self._clock = ledger, archive, clock
        self._pace, self._sleep = Pace(clock, A_MINUTE), sleep
        self.trouble = ""
        self._pause = 0.0
        self._due = clock()
        self._shared = ""
        self._odd = ("", "")
        self._refused = False
        self._moved, self._merged, self._notes = False, False, list[str]()
        self._deadline: float | None = None

    def announce(self) -> None:
        """Tell nobody: there are no other lanes."""

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:
        if self._ledger.history.baseline is None:
            return Synced()
        idle = self._clock() < self._due or self._logs_tip == self._shared
        if not last and (idle or not self._pace.is_due):
            return Synced()  # not to be asked again yet, or nothing new was archived
        self._moved, self._merged, self._notes = False, False, []
        self._deadline = self._clock() + HURRY if hurry else None
        self._refused = False
        try:
            done = self._push_all(last=last)
        except (WorkspaceError, TargetError, LedgerError) as error:
            self._failed(error, last=last)
        else:
            self._pause, self.trouble = 0.0, ""
            self._shared = self._logs_tip if done else self._shared
        return Synced(self._moved, self._merged, tuple(self._notes))

    @property
    def _logs_tip(self) -> str:
        return list(self._campaign.refs.values())[1]

    @property
    def _refs(self) -> dict[str, str]:
        """Choose what to push: the last keep, not what was merged on top and has no number yet."""
        best = self._ledger.history.incumbent
        assert best is not None  # without a baseline nothing is shared
        code, logs = self._campaign.refs
        return {code: best.commit, logs: self._logs_tip}

    @property
    def _patience(self) -> float:
        if self._deadline is None:
            return PATIENCE
        return max(0.1, self._deadline - self._clock())

    def _push_all(self, *, last: bool) -> bool:
        """Push what there is; False where others were faster so often that it has to wait."""
        for attempt in range(ATTEMPTS):
            if (wait := self._pace.wait) and self._deadline is None:
                if not last:
                    return False
                self._sleep(wait)
            self._archive.catch_up()
            self._pace.made()
            if self._remote.push(self._refs, patience=self._patience):
                return True
            self._merge()
            self._refused = False
            if self._deadline is not None and self._clock() > self._deadline:
                break
            # Whoever else is at it waits for another time than we do.
            self._sleep(random.uniform(0, min(0.05 * 2**attempt, 2.0)))
        raise WorkspaceError(
            f"{self._remote.name} rejects the push again and again, since others push too.",
            remedy="It is tried again after the next experiment.",
        )

    def _merge(self) -> None:
        """Put what is not published yet behind what somebody else has published."""
        code_ref, logs_ref = self._campaign.refs
        found = self._remote.fetch(code_ref, logs_ref, patience=self._patience)
        self._refused = True  # until it has been merged
        code, logs = found.get(code_ref, ""), found.get(logs_ref, "")
        published = self._campaign.read(LOG, at=logs) if logs else None
        merged = self._ledger.merged(published or b"")
        if code != merged.tip and not (code == "" and self._campaign.has(merged.tip)):
            self._refuse_foreign(code, merged.tip)
            return
        if not logs or self._campaign.contains(logs):
            return
        best = merged.log.history.incumbent
        assert best is not None  # without a baseline nothing is shared
        with deferred():
            moved = self._campaign.go_on_from(
                best.commit,
                logs,
                self._archive.merged(merged, self._campaign.read),
                subject(merged.log),
            )
            self._ledger.take(merged)
            self._archive.written()
        self._merged = True
        self._moved |= moved
        self._notes += _news(merged)

    def _refuse_foreign(self, code: str, tip: str) -> None:
        """The branch and its log may be read in the middle of a push; but not twice."""
        if self._odd == (code, tip):
            raise WorkspaceError(
                f"On {self._remote.name}, {self._campaign.branch} is at {code[:12] or 'nothing'}, "
                f"but the last kept experiment of its log is {tip[:12] or 'none'}.",
                remedy="See who else pushed to that branch, and put it back to the log's commit "
                "there; or begin a new campaign: `autoresearch-ci run --new`.",
            )
        self._odd = (code, tip)

    def _failed(self, error: AutoresearchError, *, last: bool) -> None:
        again, self._pause = self._pause, min(max(AGAIN_AFTER, self._pause * 2), AT_MOST)
        self._due = self._clock() + self._pause
        detail = f" {error.detail.splitlines()[-1].strip()}" if error.detail else ""
        refs = " ".join(name.removeprefix("refs/heads/") for name in self._campaign.refs)
        # What somebody else has put there in its place no push of ours gets past.
        by_hand = f" By hand: git push --atomic {self._remote.name} {refs}"
        by_hand = "" if self._refused else by_hand
        reason = f"not published: {error.message}{detail} {error.remedy}"
        self.trouble = f"{reason}{by_hand}"
        if not again:
            self._notes.append(f"{reason} The session goes on; its results are in this clone.")
        if last:
            then = (
                "the next session here cannot publish it either before that is set right"
                if self._refused
                else "the next session here publishes it"
            )
            self._notes.append(
                f"what is not published is in this clone, and {then}; where the clone is thrown "
                f"away, as on GitHub's runners, it is lost.{by_hand}"
            )


def _news(merged: Merged) -> list[str]:
    """Notes for people on experiments that have other numbers now."""
    notes = []
    for before, now in merged.moved.items():
        experiment = merged.log.history.experiments[now]
        text = f"another session published first: experiment {before} is {now} now"
        if experiment.reason is Reason.SUPERSEDED:
            notes.append(f"{text}; it beat an incumbent that is outdated, and is tried again")
        elif before != now:
            notes.append(text)
    return notes
