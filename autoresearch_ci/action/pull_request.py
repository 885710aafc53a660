"""The pull request that a campaign is for, and the one draft that it is offered by."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from autoresearch_ci.action.repository import GitHubRepository
from autoresearch_ci.campaign.select import CampaignView
from autoresearch_ci.core.errors import ForgeError, LedgerError
from autoresearch_ci.core.model import SessionStart
from autoresearch_ci.forge import Forge, Pull
from autoresearch_ci.reports.pull_request import PullRequest


def offer(forge: Forge, where: GitHubRepository, view: CampaignView, base_branch: str) -> str:
    """Open the draft pull request from the campaign's branch, or update the open one.

    Returns its address; empty where the forge refused, and then `forge.missed` says why. Raises
    LedgerError where nothing was kept.
    """
    if not view.history.kept_changes:
        raise LedgerError(
            f"Campaign {view.tag} has kept nothing yet: there is nothing to offer.",
            remedy="Let it run first: `/autoresearch run`, or autoresearch-ci run.",
        )
    start = next(each for each in reversed(view.sessions) if isinstance(each, SessionStart))
    page = PullRequest(view.history, start, where.web)
    return forge.open_pull_request(view.branch, base_branch, page.title(), page.body()) or ""


PAUSE = 60.0
"""Seconds between two questions at least."""


class Head(Protocol):
    """The head of a pull request. `gone` says that there is nothing more to work for."""

    @property
    def gone(self) -> bool: ...

    @property
    def note(self) -> str:
        """A sentence on what happened to it; empty where it is as it was."""

    def look(self, *, last: bool = False) -> None:
        """Ask where it is now, unless that was asked lately and this is not the `last` time."""


class NoHead:
    """A session that is for no pull request."""

    gone = False
    note = ""

    def look(self, *, last: bool = False) -> None:
        """There is nothing to ask."""


class PullHead:
    """The head of one pull request, which was at `pull` when the command came.

    Asked for at most once a minute, and at most after every second experiment: the API's
    budget is for what is shown.
    """

    def __init__(
        self, forge: Forge, pull: Pull, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._forge, self._clock = forge, clock
        self._then, self._now = pull, pull
        self._asked, self._rest = clock(), False

    @property
    def gone(self) -> bool:
        return not self._now.open

    @property
    def note(self) -> str:
        then, now = self._then.head_sha, self._now.head_sha
        said = []
        if now != then:
            said.append(
                f"The head of this pull request moved from {then[:12]} to {now[:12]} meanwhile. "
                f"The results are for {then[:12]}; the next session merges {now[:12]}."
            )
        if self.gone:
            said.append("This pull request was closed meanwhile, and so the session has ended.")
        return " ".join(said)

    def look(self, *, last: bool = False) -> None:
        due = self._clock() - self._asked >= PAUSE and not self._rest
        self._rest = False
        if not (due or last) or self.gone:
            return
        try:
            found = self._forge.pull(self._then.number)
        except ForgeError:
            return  # the next look may tell
        finally:
            self._asked, self._rest = self._clock(), True
        self._now = found or replace(self._now, open=False)
