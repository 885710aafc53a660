"""The forms in which `results` shows a campaign.

A format is a file here and a row of `FORMATS`. To add one: write `NAME.py` with a
`render(report)` that yields lines, and add its row. From the row come the choices of
`results --format` and its help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Experiment,
    ExperimentStart,
    Importance,
    SessionEnd,
    SessionStart,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One row: the help of a format, and whether it shows chosen rows or the `whole` campaign.

    A `binary` one yields bytes and no lines, a `themed` one has colours to choose.
    """

    help: str
    whole: bool = False
    binary: bool = False
    themed: bool = False


FORMATS = {
    "table": Format("aligned columns, as wide as the terminal"),
    "jsonl": Format("JSON Lines: an object an experiment, as in the log"),
    "json": Format("one JSON document, by schema/results.schema.json"),
    "tsv": Format("exactly as in results.tsv"),
    "markdown": Format("the page that the logs branch shows", whole=True),
    "html": Format(
        "one page for a browser, offline: chart, table, every change", whole=True, themed=True
    ),
    "chart": Format("the picture of the logs branch, an SVG", whole=True, themed=True),
    "png": Format("the same picture as pixels", whole=True, binary=True, themed=True),
}
"""By their name in `results --format`; the first is the default."""


@dataclass(frozen=True, slots=True)
class Report:
    """Input of a format.

    `rows` are the experiments to show, `running` is the one under way, `under_way` those of
    lanes. `encode` gives an experiment as the object on its line of the log, `tsv` the whole
    results.tsv. `quiet` asks for one line, where a format is for people, `dark` for a picture's
    colours; None leaves them to whoever looks. `recall` gives the archived `patch` or `log` of
    an experiment, `others` every campaign of the repository, `importance` the parameters that
    the metric has depended on, the first the most.
    """

    tag: str
    history: History
    rows: Sequence[Experiment]
    sessions: Sequence[SessionStart | SessionEnd]
    running: ExperimentStart | None
    encode: Callable[[Experiment], dict[str, Any]]
    tsv: Callable[[History], str]
    quiet: bool = False
    dark: bool | None = None
    recall: Callable[[int, str], str] = lambda _number, _suffix: ""
    others: Callable[[], Iterable[tuple[str, History]]] = tuple
    importance: Callable[[], Sequence[Importance]] = tuple
    under_way: Sequence[ExperimentStart] = ()

    @property
    def start(self) -> SessionStart:
        """The beginning of the last session, which says what the campaign is about."""
        return next(each for each in reversed(self.sessions) if isinstance(each, SessionStart))


def render(name: str, report: Report) -> Iterator[str]:
    """The lines of the report in a format of text."""
    lines: Iterator[str] = import_module(f"{__name__}.{name}").render(report)
    return lines


def data(name: str, report: Report) -> bytes:
    """The report in any format, as a file has it."""
    made = import_module(f"{__name__}.{name}").render(report)
    if FORMATS[name].binary:
        return b"".join(made)
    return "".join(f"{line}\n" for line in made).encode("utf-8", "replace")
