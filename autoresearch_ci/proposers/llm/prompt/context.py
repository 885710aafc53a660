"""What a brief is made of, before it is made safe and put in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History


def _nothing(_number: int) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a campaign stands when the next idea is asked for.

    `source` is the target's text at the incumbent, `program` the text of the
    `program_file`, `context` path to text of the `context_files`. `patch` and `log`
    give what the archive has of an experiment by its number, else an empty text.
    `frozen` are the lines of `source`, from 1, that no experiment may change.
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
    queue: tuple[str, ...] = ()
    experiments_left: int | None = None
    seconds_left: float | None = None
