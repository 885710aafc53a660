"""A bound on the time of an exchange that no trickle of bytes can stretch."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Limit:
    """Ends a connection when its time is up, whatever it is doing then.

    A timeout of the HTTP client counts from one byte to the next, so a server that sends
    a byte now and then is waited for without end. `trace` is the client's extension of
    that name: it tells of the connection as soon as there is one.
    """

    def __init__(self, until: float) -> None:
        self._until = until
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        self.move(self._until)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._cancel()
        if self._socket is not None:
            self._socket.close()

    @property
    def passed(self) -> bool:
        """True once the time is up."""
        return time.monotonic() >= self._until

    def move(self, until: float) -> None:
        """Set another end, on the monotonic clock."""
        self._cancel()
        self._until = until
        self._timer = threading.Timer(max(0.0, until - time.monotonic()), self._end)
        self._timer.daemon = True
        self._timer.start()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the connection."""
        if event.endswith("connect_tcp.complete"):
            self._socket = info["return_value"].get_extra_info("socket").dup()
            if self.passed:
                self._end()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
