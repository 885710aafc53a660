"""Stops and ideas that people leave for a session, and which of the stops are meant for it."""

from __future__ import annotations

from autoresearch_ci.campaign.ledger import Ledger, dumps
from autoresearch_ci.campaign.requests import received
from autoresearch_ci.core.model import Request, StopRequest
from autoresearch_ci.workspace import Inbox


class StopRequests:
    """The stops of one session, which began at the timestamp `began`.

    A stop is for the sessions at work when it was asked for. `inherited` are older ones that
    are meant for this session all the same.
    """

    def __init__(
        self, ledger: Ledger, inbox: Inbox, began: str, inherited: tuple[StopRequest, ...] = ()
    ) -> None:
        self._ledger, self._inbox, self._began = ledger, inbox, began
        self.inherited = inherited
        self._others = {stop.session for stop in ledger.campaign.stops if stop not in inherited}
        self._has_synced = False

    def leave(self, request: Request) -> None:
        """Ask this session for something, from the same process."""
        self._inbox.put(dumps(request))

    def receive(self) -> None:
        """Write down all that was left in this clone: stops and ideas."""
        with self._inbox.taken() as lines:
            for line in lines:
                if request := received(line, self._ledger.tag):
                    self._ledger.append(request)

    def synced(self) -> None:
        """Leave out older stops that the first sync has brought here: they may be of another day.

        A later sync brings those of other sessions at work.
        """
        if self._has_synced:
            return
        self._has_synced = True
        old = [stop for stop in self._asked if stop.timestamp < self._began]
        self._others |= {stop.session for stop in old if stop not in self.inherited}

    @property
    def requested(self) -> bool:
        """Return whether somebody has asked for the end of the session."""
        return bool(self._asked)

    @property
    def requested_now(self) -> bool:
        """Return whether that was for an end with nothing more to measure."""
        return any(stop.now for stop in self._asked)

    @property
    def _asked(self) -> list[StopRequest]:
        stops = self._ledger.campaign.stops
        return [stop for stop in stops if stop.session not in self._others]
