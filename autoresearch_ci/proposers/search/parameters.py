"""A place of the target that can be set, and the text with other settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autoresearch_ci.proposers.search.literals import Literal
from autoresearch_ci.proposers.search.scales import Scale


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can be set: `text` at `start` to `end` of the source.

    `id` is the same after edits elsewhere; `kind` is the name of what found it, `evidence` says
    where its alternatives are from. A number has a `scale`; anything else has `options`, its own
    text among them: texts to put in its place, and where they are `ordered`, neighbours are alike
    (`-O1`, `-O2`, `-O3`). `multiple_of` are the ids of numbers by which the source divides it, with
    no rest today, `at_most` those of upper bounds that it is not above today. `weight` is how
    promising it looks: up to 1, and more for a learning rate. A text may be empty: what is not
    there yet and can be put there. `line` is from 0. `path` is its file, empty for the target.
    """

    id: str
    label: str
    start: int
    end: int
    text: str
    weight: float
    literal: Literal | None = None
    value: float = 0.0
    scale: Scale | None = None
    options: tuple[str, ...] = ()
    line: int = 0
    kind: str = ""
    ordered: bool = False
    evidence: str = ""
    multiple_of: tuple[str, ...] = ()
    at_most: tuple[str, ...] = ()
    path: str = ""

    def written(self, value: float) -> str:
        """The source text for a new value, sign included."""
        assert self.literal is not None
        text = self.literal.write(abs(value))
        zero = not re.search(r"[1-9]", text.split("e")[0].split("E")[0])
        return f"-{text}" if value < 0 and not zero else text

    def read(self, text: str) -> float | None:
        """The value that a written text stands for."""
        literal = Literal.read(text.removeprefix("-"))
        if literal is None:
            return None
        return -literal.value if text.startswith("-") else literal.value


@dataclass(frozen=True, slots=True)
class Spared:
    """A text that looks like a setting and is left alone: its line from 0, why, and its place."""

    line: int
    text: str
    why: str
    start: int


def applied(text: str, settings: Iterable[tuple[Parameter, str]]) -> str:
    """The source with each parameter at its new text; nothing but their spans changes."""
    for parameter, new in sorted(settings, key=lambda setting: -setting[0].start):
        text = text[: parameter.start] + new + text[parameter.end :]
    return text
