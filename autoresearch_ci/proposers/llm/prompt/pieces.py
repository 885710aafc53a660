"""The material of a brief: a campaign's state, our own texts, and what others wrote, fenced."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Template

from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Importance
from autoresearch_ci.core.redaction import Redactor

BYTES_PER_TOKEN = 2.5
"""Fewer than there are: prose has above four, code above three, columns of numbers about two."""

GAP = "\n\n"
"""The separator between two pieces of a brief."""

_LEAST = 4
_RUNS = re.compile("`+")


def _nothing(_number: int) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class CampaignState:
    """The state of a campaign when the next idea is asked for.

    `source` is the target's text at the incumbent, `program` the text of the
    `program_file`, `context` path to text of the `context_files`. `patch` and `log`
    give what the archive has of an experiment by its number, else an empty text.
    `frozen` are the lines of `source`, from 1, that no experiment may change. `others` are the
    other files that may change, with such lines in `others_frozen`; files may be added that the
    patterns `adds` name.
    `evidence` is what a command says of the incumbent.
    `importance` is that of the target's parameters, the first the most.
    `queue` are ideas that people asked for and nobody has tried, oldest first. What
    is left of the session is None where there is no limit; seconds are wall time.
    """

    settings: Settings
    source: str
    history: History
    program: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    patch: Callable[[int], str] = _nothing
    log: Callable[[int], str] = _nothing
    frozen: frozenset[int] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)
    others_frozen: Mapping[str, frozenset[int]] = field(default_factory=dict)
    adds: tuple[str, ...] = ()
    evidence: str = ""
    importance: Sequence[Importance] = ()
    queue: tuple[str, ...] = ()
    experiments_left: int | None = None
    seconds_left: float | None = None


def prompt(name: str, **numbers: float) -> str:
    """The text `name`.md, each `$word` in it replaced by the number of that name."""
    shown = {word: f"{number:.8g}" for word, number in numbers.items()}
    return Template(_read(name)).substitute(shown)


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


def tokens(size: int) -> int:
    """At most so many tokens are in `size` bytes of text."""
    return math.ceil(size / BYTES_PER_TOKEN)


def size(text: str) -> int:
    """Bytes of the text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def joined(*parts: str) -> str:
    """The pieces that there are, one after the other."""
    return GAP.join(part for part in parts if part)


class Fences:
    """Puts data between fences; `redact` is what every piece of it goes through first."""

    def __init__(self, redact: Redactor) -> None:
        self.redact = redact

    def whole(self, text: str, *, prose: bool = False) -> str:
        """All of the text, between fences."""
        return fenced(self.redact(text, prose=prose))

    def head(self, text: str, room: int, *, prose: bool = False) -> str:
        """The beginning, as much as fits into `room` bytes with its fences; maybe nothing."""
        return fitting(self.redact(text, prose=prose).splitlines(), room, end=False)

    def tail(self, text: str, room: int) -> str:
        """The end, as much as fits into `room` bytes with its fences; maybe nothing."""
        return fitting(self.redact(text).splitlines(), room, end=True)


def fenced(clean: str) -> str:
    """Between lines of backticks, more of them than the text has in a row anywhere."""
    longest = max(map(len, _RUNS.findall(clean)), default=0)
    fence = "`" * max(longest + 1, _LEAST)
    return f"{fence}\n{clean}{'' if clean.endswith(chr(10)) else chr(10)}{fence}"


def fitting(lines: list[str], room: int, *, end: bool) -> str:
    """The lines that fit, from the beginning or from the end, and how many do not."""
    whole = fenced("\n".join(lines))
    if not lines or size(whole) <= room:
        return whole if lines else ""
    left = room - 2 * _LEAST - size(_cut(len(lines))) - 4
    count = 0
    longest = _LEAST - 1
    for line in reversed(lines) if end else lines:
        runs = max(map(len, _RUNS.findall(line)), default=0)
        left -= size(line) + 1 + 2 * max(runs - longest, 0)
        if left < 0:
            break
        longest = max(longest, runs)
        count += 1
    if not count:
        return ""
    note = _cut(len(lines) - count)
    return fenced("\n".join([note, *lines[-count:]] if end else [*lines[:count], note]))


def _cut(count: int) -> str:
    return f"[{count} more lines]"
