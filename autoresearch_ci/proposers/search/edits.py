"""A deletion: edits of the text, under a name that stays."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"(?<![\w.])\d[\w.]*")
# Lines of a piece that tell it from others.
_TOLD = 100
_VALUE = re.compile(r"(?:=|:|=>|[(\[,?]|\breturn|\byield)\s*\{$")
_CLOSE = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` become `text`."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A deletion: `kind` is what it learns from, `id` the same wherever the code has moved.

    `private` says that nothing can name what goes but this file, which does not: nobody uses it
    unless another file holds its `name`.
    """

    id: str
    kind: str
    title: str
    weight: float
    edits: tuple[Edit, ...]
    name: str = ""
    private: bool = False

    @property
    def size(self) -> int:
        """Characters that go."""
        return sum(edit.end - edit.start - len(edit.text) for edit in self.edits)

    def applied(self, text: str) -> str:
        for edit in sorted(self.edits, key=lambda edit: -edit.start):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def gone(self, text: str) -> list[str]:
        """The deed and the lines that go, as names that stay while their numbers change."""
        stays = {_plain(line) for edit in self.edits for line in edit.text.splitlines()}
        cut = [line for edit in self.edits for line in text[edit.start : edit.end].splitlines()]
        lines = [line for line in map(_plain, cut[:_TOLD]) if line and line not in stays]
        told = [f"{self.title.split()[0]} {line}" for line in lines[:1]] + lines[1:]
        return [f"{zlib.crc32(line.encode('utf-8', 'replace')):08x}" for line in told]


def _plain(line: str) -> str:
    return _NUMBER.sub("0", _SPACE.sub(" ", line).strip())


def identity(kind: str, scope: str, text: str) -> str:
    """A cut's name, from what is cut and not from where it stands."""
    told = f"{kind}/{scope}/{_SPACE.sub(' ', text).strip()}"
    return hashlib.sha1(told.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:10]


def headline(line: str, limit: int) -> str:
    """A line of code for a title: what goes on below is closed, a block's opener left out."""
    line = " ".join(line.split()).rstrip(",; ")
    if len(line) > limit:
        return line[: limit - 3] + "..."
    unclosed: list[str] = []
    for mark in line:
        if mark in _CLOSE:
            unclosed.append(_CLOSE[mark])
        elif unclosed and mark == unclosed[-1]:
            unclosed.pop()
    if not unclosed or (unclosed == ["}"] and line[-1] == "{" and not _VALUE.search(line)):
        return line.rstrip("{:, ")
    return f"{line}...{''.join(reversed(unclosed))}"
