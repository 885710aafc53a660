"""Times of modification by which no cache takes one content of a file for another.

Python's compiled files go by size and whole seconds, `make` by what is newer. So what is put
into the file is always newer than what was there, and where two contents are of one size, their
times differ by a second. Where runs are shorter than that, the times go ahead of the clock: then
a build is made again, which is right, and `make` says that the clock is skewed, which is not.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_SECOND = 1_000_000_000


class Times:
    """Gives a file the next time, whenever its content was replaced.

    The time at which it is found counts, too: whoever had the file last has left it there.
    """

    def __init__(self, path: str) -> None:
        self._path, self._last = path, 0
        self._content = self._read()
        self._seen: dict[int, tuple[int, bytes]] = {}
        if self._content is not None:
            self._last = os.stat(path).st_mtime_ns
            self._seen[len(self._content)] = (self._last // _SECOND, self._content)

    def stamp(self) -> None:
        """Set the time of the file, which was written just now."""
        content = self._content = self._read()
        if content is None:
            return
        now = max(time.time_ns(), self._last + 1)
        second, other = self._seen.get(len(content), (0, content))
        if other != content and now // _SECOND <= second:
            now = (second + 1) * _SECOND
        os.utime(self._path, ns=(now, now))
        self._last = now
        self._seen[len(content)] = (now // _SECOND, content)

    def settle(self) -> bool:
        """The same where the file holds something else than before; whether it does."""
        differs = self._read() != self._content
        if differs:
            self.stamp()
        return differs

    def _read(self) -> bytes | None:
        plain = os.path.isfile(self._path) and not os.path.islink(self._path)
        return Path(self._path).read_bytes() if plain else None
