"""Waiting for GitHub: its limits, a session's manners, and PyGithub's retrying within them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from github import GithubException, GithubRetry, RateLimitExceededExceedsMaxWait
from urllib3 import HTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool

from autoresearch_ci.forge.github.refusal import LATER, Refused, seconds_to_wait, time_span

_LIMITED = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class Manners:
    """The behaviour of a session towards the forge; everything in seconds but `tries`.

    `between_writes` is GitHub's own advice. A request that must get through waits
    `wait_at_most`, and all of a session's requests together `wait_in_all`, beside
    the second between writes.
    """

    between_writes: float = 1.0
    between_edits: float = 60.0
    answer_within: int = 15
    wait_at_most: float = 60.0
    wait_in_all: float = 180.0
    backoff: float = 1.0
    tries: int = 3


class Patience:
    """The time that a session has for GitHub, and what the request under way may take of it.

    A request that is not `patient` waits for no limit. One that is not `persistent` is
    tried once, and one that is not `repeatable` once where it may have been done.
    """

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.patient = self.persistent = self.repeatable = True
        self._held_until = -math.inf
        self._deadline = math.inf
        self._waited = 0.0

    def hurry(self, seconds: float) -> None:
        """Let no request go out, and no wait last, beyond so many seconds from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    @property
    def hurried(self) -> bool:
        return not math.isinf(self._deadline)

    @property
    def answer_within(self) -> int:
        """Whole seconds that an answer may take, short where there is a hurry."""
        # The limit counts for connecting and for reading, so it is half of what is left.
        left = self._deadline - time.monotonic()
        return max(1, int(left / 2)) if self.hurried else self.manners.answer_within

    def hold(self, seconds: float) -> None:
        """Let nothing go out for so long: GitHub asked for it."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)

    def wait_for_turn(self) -> None:
        """Sleep until GitHub wants requests again; Refused where that takes too long.

        The sleep ends where an interrupt raises.
        """
        held = max(0.0, self._held_until - time.monotonic())
        if not self.has_time_for(held):
            raise Refused("there was no time left for it", LATER, status=429)
        if held > self.left():
            raise Refused(f"GitHub asks to wait for another {time_span(held)}", LATER, status=429)
        time.sleep(held)
        self.note_wait(held)

    def has_time_for(self, seconds: float) -> bool:
        """Tell whether a request can still go out after so long."""
        return time.monotonic() + seconds < self._deadline

    def left(self) -> float:
        """Seconds that the request under way may wait."""
        if not self.patient:
            return 0.0
        manners, until_deadline = self.manners, self._deadline - time.monotonic()
        return min(manners.wait_at_most, manners.wait_in_all - self._waited, until_deadline)

    def note_wait(self, seconds: float) -> None:
        """Count a wait among the session's."""
        self._waited += seconds


class SessionRetry(GithubRetry):
    """PyGithub's retrying within a session's patience.

    By itself it keeps to any `Retry-After`, an hour too, knows no limit that comes as a 429
    without one, repeats what may be done once only, and takes most redirects for success.
    """

    def __init__(self, patience: Patience, **how: Any) -> None:
        self.patience = patience
        super().__init__(**how)

    def new(self, **changed: Any) -> Self:
        return super().new(patience=self.patience, **changed)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002 - urllib3's
        """Tell whether `increment` is to see an answer with this status, instead of PyGithub."""
        if _is_redirect(status_code):
            return True
        surely_not_done = status_code in _LIMITED
        failed = surely_not_done or status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        return failed and self._tries_again(surely_not_done=surely_not_done)

    def increment(  # type: ignore[override]  # as PyGithub's
        self,
        method: str | None = None,
        url: str | None = None,
        response: HTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Retry:
        """Return the retrying of the next try; raise where there is none."""
        if error and self.total and not self._tries_again():
            return self.new(total=0).increment(method, url, response, error, _pool, _stacktrace)
        if response is not None:
            self._keep_within_patience(response)
        self.max_rate_limit_wait = self.patience.left()
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_backoff_time(self) -> float:
        return self.backoff_factor * 2.0 ** (len(self.history) - 1)

    def sleep(self, response: Any = None) -> None:
        """Sleep until the next try, as the server or the backoff says."""
        begun = time.monotonic()
        super().sleep(response)
        self.patience.note_wait(time.monotonic() - begun)

    def _tries_again(self, *, surely_not_done: bool = False) -> bool:
        backoff = self.backoff_factor * 2.0 ** len(self.history)
        return (
            bool(self.total)
            and self.patience.persistent
            and (surely_not_done or self.patience.repeatable)
            and self.patience.has_time_for(backoff)
        )

    def _keep_within_patience(self, response: HTTPResponse) -> None:
        """Raise for a wait that is too long and for a redirect to elsewhere."""
        status, headers = response.status, response.headers
        if _is_redirect(status):
            response.drain_conn()
            raise GithubException(status)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = seconds_to_wait(status, headers, "")
            headers.setdefault("Retry-After", str(math.ceil(wait)))
        wait = self.get_retry_after(response) or 0.0
        if wait > self.patience.left():
            response.drain_conn()
            told = {name.lower(): value for name, value in headers.items()}
            raise RateLimitExceededExceedsMaxWait(status, headers=told, wait=wait)


def _is_redirect(status: int) -> bool:
    """Tell a redirect that PyGithub does not follow: all but 301."""
    return 300 <= status < 400 and status != HTTPStatus.MOVED_PERMANENTLY  # noqa: PLR2004 - HTTP's
