"""Content of a campaign's logs branch, so that discarded ideas stay readable.

    results.tsv, .claude/logs/autoresearch.jsonl    the ledger, whole
    README.md, progress.svg                         the state of the campaign
    experiments/0100-0199/0123.patch, 0123.log      each idea, and its log: the end, of a keep an
                                                    excerpt
    experiments/<session>/0123.patch, 0123.log      the same of a session in a lane, or where two
                                                    have an experiment of this number

A lane publishes its own log and ideas alone.

The ledger grows with the campaign, so writing it after every experiment would
cost more and more where experiments are quick. Between two writes at least
`INTERVAL` seconds pass; what waits is on the disk too, and a session that follows
a kill finds it there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from autoresearch_ci.campaign.ledger import CampaignLog, Ledger, Merged, table
from autoresearch_ci.core.history import History

INTERVAL = 2.0
"""Seconds: nothing to an experiment of minutes, everything to one of milliseconds."""

LOG = ".claude/logs/autoresearch.jsonl"
PICTURE = "progress.svg"
PICTURE_INTERVAL = 60.0
"""Seconds between two pictures: drawing takes a quarter of one."""


class Publish(Protocol):
    """The campaign's way to its logs branch."""

    def __call__(self, files: dict[str, bytes], message: str) -> None: ...


Read = Callable[[str], bytes | None]
"""A file of the campaign's logs branch by its path; None where there is none."""


class Archive:
    """Collects what belongs on the logs branch; `pending` is a folder of its own.

    The folder is read once, before the first experiment could put something there.
    `readme` writes its page, given the picture's path on the branch, empty where there is none;
    without it there is none, nor a table.
    `draw` makes the picture of the campaign, where somebody will look at one.
    """

    def __init__(
        self,
        ledger: Ledger,
        publish: Publish,
        pending: Path,
        readme: Callable[[CampaignLog, str], str] | None,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[History], bytes] | None = None,
    ) -> None:
        self._readme = readme
        self._draw, self._drawn = draw, clock() - PICTURE_INTERVAL
        self._ledger, self._publish, self._pending, self._clock = ledger, publish, pending, clock
        self._last = clock() - INTERVAL
        self._lines = -1
        self._waiting = waiting(pending)

    def add(self, name: str, patch: str, log: str) -> None:
        """Take in the idea of an experiment and the end of its log."""
        for suffix, text in (("patch", patch), ("log", log)):
            if text:
                whole = text if text.endswith("\n") else text + "\n"
                self._keep(f"{name}.{suffix}", whole.encode("utf-8", "replace"))

    def take_in(self, files: Mapping[str, bytes]) -> None:
        """Take in patches and logs that somebody else has put aside, by name."""
        self._waiting = {**files, **self._waiting}

    def recall(self, number: int, suffix: str, read: Read) -> str:
        """Get the text of an experiment, as `recall` does; nothing is read from the folder."""
        return recall(self._ledger.history.name(number), suffix, self._waiting, read)

    def write(self, *, now: bool = False) -> None:
        """Write all of it to the logs branch: when it is due, or at once."""
        if now or self._clock() - self._last >= INTERVAL:
            self._write(self._picture(now=now))

    def catch_up(self) -> None:
        """Write what the logs branch does not have, if there is anything: it goes out now."""
        if self._waiting or self._lines != len(self._ledger.lines):
            self._write({})

    def _write(self, picture: dict[str, bytes]) -> None:
        files = {archived(name): data for name, data in self._waiting.items()} | picture
        log = self._ledger.campaign
        self._publish(files | self._whole(log, self._ledger.lines), subject(log))
        for name in self._waiting:
            with suppress(OSError):  # an experiment may have put anything in its place
                (self._pending / name).unlink()
        self._waiting = {}
        self.written()

    def written(self) -> None:
        """The logs branch has the whole ledger now."""
        self._lines = len(self._ledger.lines)
        self._last = self._clock()

    def merged(self, merged: Merged, read: Callable[[str], bytes | None]) -> dict[str, bytes]:
        """Files that go on top of the logs that another session published.

        `read` gives a file of our own logs branch. Patches and logs of experiments that are not
        published yet are put by their session where another has those of their number.
        """
        files, history = self._whole(merged.log, merged.log.lines), self._ledger.history
        for before, now in merged.moved.items():
            for suffix in ("patch", "log"):
                data = read(archived(f"{history.name(before)}.{suffix}"))
                if data is not None:
                    files[archived(f"{merged.log.history.name(now)}.{suffix}")] = data
        return files

    def _whole(self, log: CampaignLog, lines: list[bytes]) -> dict[str, bytes]:
        """Files of the logs branch on the campaign as a whole."""
        own = {LOG: b"".join(lines)}
        if self._readme is None:
            return own
        return {
            **own,
            "results.tsv": table(log.history).encode(),
            "README.md": self._readme(log, PICTURE if self._draw else "").encode(),
        }

    def _picture(self, *, now: bool) -> dict[str, bytes]:
        if self._draw is None or not (now or self._clock() - self._drawn >= PICTURE_INTERVAL):
            return {}
        self._drawn = self._clock()
        return {PICTURE: self._draw(self._ledger.history)}

    def _keep(self, name: str, data: bytes) -> None:
        """Remember it, here and for a session after a kill."""
        self._waiting[name] = data
        with suppress(OSError):  # then a kill would lose it, and nothing else does
            self._pending.mkdir(parents=True, exist_ok=True)
            (self._pending / name).write_bytes(data)


def subject(log: CampaignLog) -> str:
    """The message of a commit on the logs branch."""
    done = max(log.history.next_number - 1, 0)  # the baseline is not counted
    return f"autoresearch: {done} {'experiment' if done == 1 else 'experiments'} of {log.tag}"


_NAME = re.compile(r"(?:[0-9a-f]+-)?[0-9]{4,}\.(?:patch|log)")


def waiting(pending: Path) -> dict[str, bytes]:
    """Files in the folder that are not on the logs branch yet, by name."""
    return {
        path.name: path.read_bytes()
        for path in sorted(pending.glob("*.*"))
        if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    }


def recall(name: str, suffix: str, unwritten: Mapping[str, bytes], read: Read) -> str:
    """The `patch` or the `log` of an experiment as it was archived; empty where there is none."""
    name = f"{name}.{suffix}"
    data = unwritten.get(name) or read(archived(name)) or b""
    return data.decode("utf-8", "replace")


def archived(name: str) -> str:
    """`0123.patch` -> `experiments/0100-0199/0123.patch`: no folder grows without end.

    One that is named by its session is in a folder of that.
    """
    session, lane, rest = name.partition("-")
    if lane:
        return f"experiments/{session}/{rest}"
    number = int(name.partition(".")[0])
    low = number // 100 * 100
    return f"experiments/{low:04}-{low + 99:04}/{name}"
