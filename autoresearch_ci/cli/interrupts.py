"""Ctrl-C, `kill` and a closed terminal all end a session the same orderly way."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE = 10.0
"""Seconds of cleaning up in which further signals are ignored; after that they count again."""


class Interrupted(KeyboardInterrupt):
    """The user, the machine or the terminal wants the session to end."""


@contextmanager
def interruptible(announce: Callable[[], None]) -> Iterator[None]:
    """Within, the first signal calls `announce` and raises Interrupted.

    A second Ctrl-C would tear the cleaning up apart, so it is ignored for a
    while. A signal that the parent had ignored (nohup, a background job) stays
    ignored.
    """
    ignored_until = 0.0

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal ignored_until
        if time.monotonic() < ignored_until:
            return
        ignored_until = time.monotonic() + GRACE
        announce()
        raise Interrupted

    previous = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            previous[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
