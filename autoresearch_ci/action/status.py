"""The status of a session on the forge: check runs on its commit, and an answer to who asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from autoresearch_ci.action.authorization import (
    PAGE_LIMIT,
    Authorization,
    NoRequester,
    Refusal,
    Requester,
)
from autoresearch_ci.action.event import CommandTrigger
from autoresearch_ci.action.inputs import Mode
from autoresearch_ci.action.repository import GitHubRepository
from autoresearch_ci.action.session_request import ActionRequest
from autoresearch_ci.action.session_result import SessionResult
from autoresearch_ci.campaign.requests import request_id
from autoresearch_ci.core.errors import AutoresearchError, ForgeError
from autoresearch_ci.core.model import (
    Confirmation,
    Event,
    Experiment,
    SessionEnd,
    StopReason,
    StopRequest,
)
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.session import Session
from autoresearch_ci.forge import CHECK, CheckOutput, Conclusion, Forge, Missed
from autoresearch_ci.forge.offline import OfflineForge
from autoresearch_ci.forge.webhook import Messenger, NoMessenger
from autoresearch_ci.reports import notice
from autoresearch_ci.reports.confirmation import finding, verdict
from autoresearch_ci.reports.markdown import fenced

CONFIRMED = f"{CHECK}/confirmed"
HURRY = 2.0
"""Seconds for all of it where the job is being cancelled: the push has had its own."""

_CONCLUSIONS = {
    "improved": Conclusion.SUCCESS,
    "no_improvement": Conclusion.NEUTRAL,
    "stopped": Conclusion.NEUTRAL,
    "error": Conclusion.FAILURE,
}
_VERDICTS = {"confirmed": Conclusion.SUCCESS, "worse": Conclusion.FAILURE}


class SessionStatus:
    """Shows how a session goes and how it ended, at `where`, and answers the `requester`.

    Nothing is shown before `use` or `authorization` was called.
    """

    def __init__(self, where: GitHubRepository) -> None:
        self.where = where
        self.forge: Forge = OfflineForge()
        self.requester: Requester = NoRequester()
        self.messenger: Messenger = NoMessenger()
        self._unreached: tuple[Missed, ...] = ()
        self._session = self._hurried = self._last_words = False

    def use(self, token: str) -> None:
        """From now on show a session, with this token; nothing is shown without one."""
        self._session = True
        try:
            self.forge = choose_forge(self.where, token)
        except ForgeError as error:
            self._unreached = (Missed("the check run", error.message, error.remedy),)

    def authorization(
        self, asked: CommandTrigger, token: str, *, aside: bool = False
    ) -> Authorization:
        """Do the same for a command, which may need no session; it is answered there.

        Another job answers where this one is `aside`. Raises ForgeError.
        """
        self.forge = choose_forge(self.where, token)
        self.requester = requester = Authorization(asked, self.forge, aside=aside)
        return requester

    def session_at(self, where: GitHubRepository) -> None:
        """Show the session that was commanded there."""
        self._session, self.where = True, where

    def refuse(self, refusal: Refusal) -> None:
        """Tell that the command is not obeyed, and nothing else from now on."""
        self.requester.refuse(refusal)
        self.requester = NoRequester()

    def hand_on(self) -> None:
        """Tell nothing from now on: another job answers what was commanded."""
        self.requester = NoRequester()

    def stay_aside(self) -> None:
        """Show nothing from now on: other jobs of this run do."""
        self.forge.close()
        self.forge, self.requester, self._session = OfflineForge(), NoRequester(), False
        self.messenger = NoMessenger()

    def begin(self, page: str, *, again: bool = False) -> None:
        """Show that a session is at work; `again` where an earlier job of this run has begun it."""
        shown = CheckOutput("at work", page)
        self.forge.begin_check(self.where.sha, shown, details_url=self.where.run, again=again)

    def hurry(self) -> None:
        """Be quick from now on: the job is being cancelled. May be called at any time."""
        self._hurried = True
        if self._last_words:  # before them there is still something to push
            self.forge.hurry(HURRY)

    def show(self, result: SessionResult, page: Callable[[int], str]) -> Sequence[Missed]:
        """Show how it ended, and put its comment's address into it; return what was not shown."""
        self._last_words = True
        if self._hurried:
            self.forge.hurry(HURRY)
        try:
            if result.shown and self._session:
                self._check(result, page)
            self._answer(result, page)
            self._tell(result)
            return (*self._unreached, *self.forge.missed)
        finally:
            self.forge.close()

    def _check(self, result: SessionResult, page: Callable[[int], str]) -> None:
        shown = CheckOutput(_title(result), page(PAGE_LIMIT))
        self.forge.end_check(self.where.sha, _conclusion(result), shown, result.annotations)
        if result.confirmation:
            self._confirmed(result.confirmation)

    def _answer(self, result: SessionResult, page: Callable[[int], str]) -> None:
        if result.tag:
            address = self.requester.show(result.tag, page(PAGE_LIMIT), final=True)
            result.outputs = replace(result.outputs, comment_url=address)
        elif result.failure is not None:
            self.requester.reply(page(PAGE_LIMIT) or "The job was cancelled.")
        if result.failure is None:
            self.requester.done()

    def _tell(self, result: SessionResult) -> None:
        failure = result.failure
        if self._session and failure is not None and not result.interrupted and not self._hurried:
            said = str(failure) if isinstance(failure, AutoresearchError) else "a bug of ours"
            self.messenger.tell("error", f"{result.tag or 'autoresearch'} failed: {said}")

    def _confirmed(self, found: Confirmation) -> None:
        lines = "\n".join([verdict(found), *map(finding, found.findings)])
        title = f"{found.verdict.replace('_', ' ')} by {found.pairs} pairs of fresh runs"
        conclusion = _VERDICTS.get(found.verdict, Conclusion.NEUTRAL)
        output = CheckOutput(title, fenced(lines, "text"))
        self.forge.end_check(self.where.sha, conclusion, output, name=CONFIRMED)


def choose_forge(where: GitHubRepository, token: str) -> Forge:
    """Choose the forge that the runner names, where there is a token for it. Raises ForgeError."""
    if not (token and where.api_url and where.repository and where.sha):
        return OfflineForge()
    from autoresearch_ci.forge.github import GitHubForge  # noqa: PLC0415 - heavy

    return GitHubForge(where.api_url, where.repository, token)


def _conclusion(result: SessionResult) -> Conclusion:
    if result.failure is not None and not result.interrupted:
        return Conclusion.FAILURE
    return _CONCLUSIONS[result.outputs.result]


def _title(result: SessionResult) -> str:
    if isinstance(result.failure, AutoresearchError):
        return result.failure.message
    return result.title or result.outputs.result.replace("_", " ")


PAUSE = 60.0
"""Seconds between two states of the comment at least."""


class Live:
    """Follows a session's events, and never holds it up: what fails is left to the next time.

    `page` is the state of the campaign as Markdown of at most so many characters.
    """

    def __init__(
        self,
        session: Session,
        request: ActionRequest,
        status: SessionStatus,
        page: Callable[[int], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._request, self._status, self._page = session, request, status, page
        self._clock, self._due, self._left = clock, clock(), False

    def begin(self) -> None:
        """Show that the session is at work."""
        again = self._request.given.mode is Mode.COMBINE
        self._status.begin(self._page(PAGE_LIMIT), again=again)
        self._show()

    def show(self, event: Event) -> None:
        """Show where the session is after an experiment; see whom it still works for."""
        if not (isinstance(event, SessionEnd) and event.reason is StopReason.ERROR):
            notice.tell(self._status.messenger, event, self._session.history)
        if not isinstance(event, Experiment):
            return
        head = self._request.head
        head.look()
        if head.gone and not self._left:
            self._left = True
            stop = StopRequest(event.tag, request_id(), timestamp(), now=True)
            self._session.stops.leave(stop)
        if self._clock() >= self._due:
            self._show()

    def _show(self) -> None:
        self._status.requester.show(self._session.start.tag, self._page(PAGE_LIMIT))
        self._due = self._clock() + PAUSE
