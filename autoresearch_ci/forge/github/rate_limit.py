"""When the next request may go out: GitHub's limits, our manners, and how long we may wait."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manners:
    """How a session behaves towards the forge; everything in seconds but `tries`.

    `between_writes` is GitHub's own advice. A call that must get through waits
    `wait_at_most`, and all of a session's calls together `wait_in_all`, beside
    the second between writes.
    """

    between_writes: float = 1.0
    between_edits: float = 60.0
    answer_within: int = 15
    wait_at_most: float = 60.0
    wait_in_all: float = 180.0
    backoff: float = 1.0
    tries: int = 3


class TooLong(Exception):  # noqa: N818 - it never leaves the forge
    """There is no waiting until the next request may go out; the message says why."""


class Pace:
    """Sleeps until a request may go out. The sleep ends where an interrupt raises."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self._last_write = -math.inf
        self._held_until = -math.inf
        self._deadline = math.inf
        self._waited = 0.0

    def hurry(self, seconds: float) -> None:
        """Let no request go out, and no wait last, beyond so many seconds from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    @property
    def answer_within(self) -> int:
        """Seconds an answer may take; whole ones, and short where there is a hurry."""
        left = self._deadline - time.monotonic()
        # The limit counts for connecting and for reading, so it is half of what is left.
        return self.manners.answer_within if math.isinf(left) else max(1, int(left / 2))

    def hold(self, seconds: float) -> None:
        """Let nothing go out for so long: the forge asked for it."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)

    def turn(self, *, write: bool, patient: bool) -> None:
        """Wait until a request may go out; TooLong where that takes longer than we may wait.

        Who is not `patient` waits for the second between writes and nothing else.
        """
        now = time.monotonic()
        held = max(0.0, self._held_until - now)
        spaced = write and math.isinf(self._deadline)  # last words are not spaced out
        polite = self._last_write + self.manners.between_writes - now if spaced else 0.0
        wait = max(held, polite, 0.0)
        allowed = self._may_wait() if patient else 0.0
        if now + wait >= self._deadline:
            raise TooLong("there was no time left for it")
        if held > allowed:
            raise TooLong(f"GitHub asks to wait for another {_span(held)}")
        if wait:
            self._waited += held
            time.sleep(wait)

    def wrote(self) -> None:
        """A write has just been answered."""
        self._last_write = time.monotonic()

    def _may_wait(self) -> float:
        return min(self.manners.wait_at_most, self.manners.wait_in_all - self._waited)


def _span(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{math.ceil(seconds)} seconds"
    return f"{seconds / 60:.0f} minutes"
