"""Publishing what a machine's lanes find: their refs together, by the pace of all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Self

from autoresearch_ci.campaign.sync import A_MINUTE, AGAIN_AFTER, Pace
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import Target, Workspace, lanes


class LanesPublisher:
    """Pushes for the lanes of one campaign in this repository, which push nothing themselves.

    One push at a time, beside whatever else is done. What fails is tried again later, and is in
    `trouble`.
    """

    def __init__(
        self,
        folder: Path,
        tag: str,
        target: Target | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace, self._tag, self._clock = Workspace.open(folder), tag, clock
        self._remote = self._workspace.remote(target) if target else None
        self._pace, self._due = Pace(clock, A_MINUTE), clock()
        self._pushed: dict[str, str] = {}
        self._pushing: Thread | None = None
        self.trouble = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let a push under way come to its end."""
        if self._pushing:
            self._pushing.join()

    def tick(self) -> None:
        """Begin a push where it is time for one, and there is something new."""
        if self._remote is None or (self._pushing and self._pushing.is_alive()):
            return
        if not self._pace.is_due or self._clock() < self._due:
            return
        refs = lanes.refs(self._workspace, self._tag)
        if refs == self._pushed:
            return
        self._pace.made()
        self._pushing = Thread(target=self._send, args=(refs,), daemon=True)
        self._pushing.start()

    def _send(self, refs: dict[str, str]) -> None:
        assert self._remote is not None
        try:
            self._remote.push(refs, own=refs)
        except WorkspaceError as error:
            self._due = self._clock() + AGAIN_AFTER
            self.trouble = f"not published: {error.message} {error.remedy}"
        else:
            self._pushed, self.trouble = refs, ""
