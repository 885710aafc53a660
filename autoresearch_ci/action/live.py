"""What the forge shows of a session while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from autoresearch_ci.action.board import Board
from autoresearch_ci.action.desk import ROOM
from autoresearch_ci.action.order import Order
from autoresearch_ci.asking import request_id
from autoresearch_ci.clock import timestamp
from autoresearch_ci.ledger import dumps
from autoresearch_ci.model import Event, Experiment, StopRequest
from autoresearch_ci.session import Session

PAUSE = 60.0
"""Seconds between two states of the comment at least."""


class Live:
    """Follows a session's events, and never holds it up: what fails is left to the next time.

    `page` is the state of the campaign as Markdown of at most so many characters.
    """

    def __init__(
        self,
        lab: Session,
        order: Order,
        board: Board,
        page: Callable[[int], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lab, self._order, self._board, self._page = lab, order, board, page
        self._clock, self._due, self._left = clock, clock(), False

    def begin(self) -> None:
        """Show that the session is at work."""
        self._board.begin(self._page(ROOM))
        self._show()

    def show(self, event: Event) -> None:
        """Show where the session is after an experiment; see whom it still works for."""
        if not isinstance(event, Experiment):
            return
        head = self._order.head
        head.look()
        if head.gone and not self._left:
            self._left = True
            stop = StopRequest(event.tag, request_id(), timestamp(), now=True)
            self._lab.inbox.put(dumps(stop))
        if self._clock() >= self._due:
            self._show()

    def _show(self) -> None:
        self._board.asker.show(self._lab.start.tag, self._page(ROOM))
        self._due = self._clock() + PAUSE
