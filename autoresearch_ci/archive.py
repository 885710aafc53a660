"""What the logs branch holds of a campaign, so that discarded ideas stay readable.

    results.tsv, .claude/logs/autoresearch.jsonl    the ledger, whole
    README.md                                       the state of the campaign
    experiments/0100-0199/0123.patch, 0123.log      each idea, and the end of its log

The ledger grows with the campaign, so writing it after every experiment would
cost more and more where experiments are quick. Between two writes at least
`INTERVAL` seconds pass; what waits is on the disk, and a session that follows a
kill finds it there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from autoresearch_ci.ledger import Ledger, table
from autoresearch_ci.reports import markdown

INTERVAL = 2.0
"""Seconds: nothing to an experiment of minutes, everything to one of milliseconds."""


class Publish(Protocol):
    """The campaign's way to its logs branch."""

    def __call__(self, files: dict[str, bytes], message: str) -> None: ...


class Archive:
    """Collects what belongs on the logs branch; `pending` is a folder of its own."""

    def __init__(
        self,
        ledger: Ledger,
        publish: Publish,
        pending: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._publish, self._pending, self._clock = ledger, publish, pending, clock
        self._last = clock() - INTERVAL

    def add(self, number: int, patch: str, log: str) -> None:
        """Take in the idea of an experiment and the end of its log."""
        self._pending.mkdir(parents=True, exist_ok=True)
        for suffix, text in (("patch", patch), ("log", log)):
            if text:
                (self._pending / f"{number:04}.{suffix}").write_text(
                    text if text.endswith("\n") else text + "\n", encoding="utf-8", newline=""
                )

    def write(self, *, now: bool = False) -> None:
        """Write all of it to the logs branch: when it is due, or at once."""
        if not now and self._clock() - self._last < INTERVAL:
            return
        waiting = sorted(self._pending.glob("*.*")) if self._pending.exists() else []
        files = {archived(path.name): path.read_bytes() for path in waiting}
        files["results.tsv"] = table(self._ledger.history).encode()
        files[".claude/logs/autoresearch.jsonl"] = b"".join(self._ledger.campaign.lines)
        files["README.md"] = markdown.campaign(
            self._ledger.tag, self._ledger.history, self._ledger.campaign.start
        ).encode()
        done = self._ledger.history.next_number
        self._publish(files, f"autoresearch: {done} experiments of {self._ledger.tag}")
        for path in waiting:
            path.unlink()
        self._last = self._clock()


def archived(name: str) -> str:
    """`0123.patch` -> `experiments/0100-0199/0123.patch`: no folder grows without end."""
    number = int(name.partition(".")[0])
    low = number // 100 * 100
    return f"experiments/{low:04}-{low + 99:04}/{name}"
