"""Server-sent events, from bytes in whatever pieces they come."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Decoder:
    """Collects bytes and gives out the data of each event that has ended.

    An event's name is left out: both APIs say in the data what an event is. What a stream ends
    with before its blank line was never sent as a whole and is not given out.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[str] = []
        self._after_cr = False
        self._begun = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of the events that this chunk ends, in order."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        events: list[str] = []
        end, *rest = _LINE_END.split(chunk)
        self._line += end
        for begin in rest:
            events += self._ended(bytes(self._line))
            self._line = bytearray(begin)
        return events

    def _ended(self, line: bytes) -> list[str]:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        if not line:
            data, self._data = self._data, []
            return ["\n".join(data)] if data else []
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" ").decode(errors="replace"))
        return []
