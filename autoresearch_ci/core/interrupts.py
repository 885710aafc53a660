"""Ctrl-C, `kill` and a closed terminal all end a session the same orderly way."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

GRACE = 10.0
"""Seconds of cleaning up in which further signals are ignored; after that they count again."""


class Interrupted(KeyboardInterrupt):
    """The user, the machine or the terminal wants the session to end."""


@dataclass
class _Deferral:
    depth: int = 0
    pending: bool = False


_deferral = _Deferral()


@contextmanager
def deferred() -> Iterator[None]:
    """Let what must be done as a whole be done as a whole: an interrupt waits for the end of it.

    For steps of milliseconds, such as writing a record and moving the branch it
    speaks of. It works on the signals that `interruptible` handles.
    """
    _deferral.depth += 1
    try:
        yield
    finally:
        _deferral.depth -= 1
        if _deferral.pending and not _deferral.depth:
            _deferral.pending = False
            raise Interrupted


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
        if _deferral.depth:
            _deferral.pending = True
        else:
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
