"""Experiments as aligned lines: one at a time as they end, or all of them as a table.

Lines are put together by hand since a table of 10,000 rows must take no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, ProposalRejected, SessionStart, Status
from autoresearch_ci.core.text import (
    better,
    change,
    clean,
    duration,
    listed,
    number,
    percent,
    plural,
    step,
)
from autoresearch_ci.reports.confirmation import verdict
from autoresearch_ci.reports.examination import warning
from autoresearch_ci.reports.terminal import Paint, fit

_STYLES = {Status.KEEP: "good", Status.DISCARD: "", Status.CRASH: "bad"}
_TITLE = 26
"""Cells that a title keeps at least, a third of the window where that is less."""

_PERCENT = 8
_GAP = "  "
_METRICS = 4
_JUMP = "a jump; measured again, it held up"


@dataclass(frozen=True, slots=True)
class Column:
    """`rank` says which columns a narrow terminal keeps: the lowest."""

    heading: str
    width: int
    rank: int
    right: bool
    cell: Callable[[Experiment], str]


def _delta(experiment: Experiment) -> str:
    if experiment.value is None or experiment.prev is None:
        return ""
    return change(experiment.value, experiment.prev)


def _percent(experiment: Experiment) -> str:
    if experiment.value is None or experiment.prev is None:
        return ""
    text = percent(experiment.value, experiment.prev)
    if len(text) <= _PERCENT:
        return text
    share = (experiment.value - experiment.prev) / abs(experiment.prev) * 100
    # Whole digits as long as there is room for them: `+12345%`.
    whole = f"{share:+.0f}%"
    return whole if len(whole) <= _PERCENT else f"{share:+.0e}%"


def _reason(experiment: Experiment) -> str:
    word = experiment.reason.value if experiment.reason else "baseline"
    return f"{word}, jump" if experiment.jump else word


COLUMNS = (
    Column("#", 4, 0, True, lambda e: str(e.experiment)),
    Column("status", 7, 1, False, lambda e: e.status.value),
    Column("value", 10, 2, True, lambda e: number(e.value)),
    Column("delta", 10, 6, True, _delta),
    Column("%", _PERCENT, 3, True, _percent),
    Column("time", 6, 4, True, lambda e: duration(e.seconds)),
    Column("reason", 14, 5, False, _reason),
)
_NUMBERS = {"value", "delta"}


def title(experiment: Experiment) -> str:
    """Say what was tried, and what went wrong."""
    text = clean(experiment.description)
    notes = [clean(experiment.error), _JUMP if experiment.jump else "", _held_out(experiment)]
    notes.append(clean(listed(experiment.metrics, _METRICS)))
    notes.append(clean(", ".join(experiment.files)))
    shown = "; ".join(note for note in notes if note)
    return f"{text} ({shown})" if shown else text


def _held_out(experiment: Experiment) -> str:
    if experiment.holdout is None:
        return clean(experiment.holdout_error)
    return f"held out {number(experiment.holdout)}"


class Layout:
    """Which columns fit into `width` cells; None is a pipe, where everything does.

    `history` says how large the values are.
    """

    def __init__(self, width: int | None, paint: Paint, history: History | None = None) -> None:
        self.width = width
        self._paint = paint
        columns = _wide_enough(history)
        if width is not None:
            while len(columns) > 1 and width - _width(columns) < min(_TITLE, width // 3):
                columns.remove(max(columns, key=lambda column: column.rank))
        self._columns = columns
        self._room = None if width is None else max(width - _width(columns), 1)

    def heading(self) -> str:
        cells = [_aligned(column.heading, column) for column in self._columns]
        return self._paint(_GAP.join([*cells, "title"])[: self.width], "dim")

    def row(self, experiment: Experiment) -> str:
        cells = [_aligned(column.cell(experiment), column) for column in self._columns]
        words = title(experiment)
        if self._room is not None:
            words = fit(words, self._room).rstrip()
        return self._paint(_GAP.join([*cells, words]), _STYLES[experiment.status])


def _wide_enough(history: History | None) -> list[Column]:
    """The columns, those of numbers as wide as the first and the best value need them."""
    ends = (history.baseline, history.incumbent) if history else ()
    need = max((len(number(end.value)) for end in ends if end), default=0)
    return [
        replace(column, width=max(column.width, need)) if column.heading in _NUMBERS else column
        for column in COLUMNS
    ]


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width + len(_GAP) for column in columns)


def _aligned(text: str, column: Column) -> str:
    if len(text) > column.width and column.heading in _NUMBERS:
        text = f"{float(text):{'+' * text.startswith('+')}.4g}"
    return text.rjust(column.width) if column.right else text.ljust(column.width)


def standing(history: History) -> str:
    """One line: from the baseline to the best, or that there is nothing yet.

    What was gained before the base moved is in the new baseline, and not counted again.
    """
    first, best = history.baseline, history.incumbent
    if first is None or best is None or first.value is None or best.value is None:
        return "no baseline yet"
    since = f", since the base moved (experiment {first.experiment})" if first.experiment else ""
    if best is first:
        return f"baseline {number(first.value)}, nothing better yet{since}"
    return f"{step(first.value, best.value)}, experiment {best.experiment}{since}"


def counts(experiments: Iterable[Experiment]) -> str:
    """`12 experiments: 3 kept, 8 discarded, 1 crashed`; the baseline is not counted."""
    tally = dict.fromkeys(Status, 0)
    for experiment in experiments:
        if not experiment.is_baseline:
            tally[experiment.status] += 1
    kept, discarded, crashed = tally[Status.KEEP], tally[Status.DISCARD], tally[Status.CRASH]
    total = plural(kept + discarded + crashed, "experiment")
    return f"{total}: {kept} kept, {discarded} discarded, {crashed} crashed"


def beside(history: History) -> Iterator[str]:
    """One line for each of the first other numbers of the runs, from the baseline to the best."""
    first, best = history.baseline, history.incumbent
    if first is None or best is None:
        return
    names = [name for name in first.metrics if name in best.metrics]
    for name in names[:_METRICS]:
        yield f"{clean(name)} {step(first.metrics[name], best.metrics[name])}"


def costs(history: History) -> Iterator[str]:
    """One line for each proposer whose ideas cost anything; rejected answers count."""
    answers: list[Experiment | ProposalRejected] = [*history.experiments, *history.rejected]
    for name in dict.fromkeys(each.proposer for each in answers if each.tokens):
        tried = [e for e in history.experiments if e.proposer == name]
        kept = sum(e.status is Status.KEEP for e in tried)
        tokens = sum(each.tokens for each in answers if each.proposer == name)
        dollars = sum(each.cost_usd for each in answers if each.proposer == name)
        line = (
            f"{clean(name)}: {plural(len(tried), 'idea')} tried, {kept} kept, {tokens:,} tokens"
            f" ({kept / tokens * 1000:.2g} keeps per thousand)"
        )
        if dollars:
            line += f", {dollars:.4f} USD ({kept / dollars:.3g} keeps per dollar)"
        yield line


def table(rows: Sequence[Experiment], layout: Layout) -> Iterator[str]:
    """A heading and one line an experiment."""
    if rows:
        yield layout.heading()
    for experiment in rows:
        yield layout.row(experiment)


def headline(start: SessionStart, history: History, paint: Paint) -> list[str]:
    """Which campaign it is, what it measures, and how far it has come."""
    what = f"{clean(start.metric)} of {clean(start.target)}, {better(start.direction)}"
    lines = [
        f"{paint(clean(start.tag), 'bold')}  {what}",
        f"{paint(standing(history), 'bold')}",
        counts(history.experiments),
        *costs(history),
        *beside(history),
    ]
    if history.diagnosis and (said := warning(history.diagnosis)):
        lines.append(paint(clean(said), "warn"))
    return [*lines, verdict(history.confirmed)] if history.confirmed else lines
