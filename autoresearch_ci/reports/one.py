"""One experiment for a terminal: what was tried, what came of it, the change, the log's end."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment
from autoresearch_ci.core.text import clean, duration, listed, number, percent, visible
from autoresearch_ci.reports.confirmation import finding
from autoresearch_ci.reports.kinds import Kind, kind, margin, noise
from autoresearch_ci.reports.sparkline import runs
from autoresearch_ci.reports.terminal import Paint, cut

_STYLES = {Kind.KEPT: "good", Kind.DISCARDED: "bold", Kind.REFUSED: "warn", Kind.CRASHED: "bad"}
_PATCH_STYLES = {"+": "good", "-": "bad", "@": "dim"}
_NAME = 11
_WIDEST = 100
_LOG_LINES = 30
_HASHES = re.compile(r"^index .*\n", re.MULTILINE)
"""Lines of a patch that tell nobody anything; `git apply` does without them."""


def shown(
    experiment: Experiment,
    history: History,
    recall: Callable[[int, str], str],
    paint: Paint,
    width: int | None,
) -> Iterator[str]:
    """Lines of at most `width` cells; None is a pipe, where nothing is cut.

    `recall` gives the archived `patch` or `log` of an experiment.
    """
    room = min(width or _WIDEST, _WIDEST)
    verdict = "baseline" if experiment.is_baseline else kind(experiment).value
    reason = f" ({experiment.reason.value.replace('_', ' ')})" if experiment.reason else ""
    head = (
        f"Experiment {experiment.experiment}: {paint(verdict, _STYLES[kind(experiment)])}{reason}"
    )
    lines = [head, *_wrapped(experiment.description, room), ""]
    for name, text in _facts(experiment, history):
        first, *rest = _wrapped(text, room - _NAME) or [""]
        lines.append(f"{paint(name.ljust(_NAME), 'dim')}{first}")
        lines += [" " * _NAME + each for each in rest]
    for side, dots in runs(experiment, min(room - _NAME, 48)):
        lines.append(f"{paint(side.ljust(_NAME), 'dim')}{dots}")
    patch = _HASHES.sub("", recall(experiment.experiment, "patch"))
    log = recall(experiment.experiment, "log").rstrip()
    if patch:
        lines += ["", *(_coloured(each, paint) for each in visible(patch).rstrip().split("\n"))]
    if log:
        lines += ["", paint("End of its log", "dim")]
        lines += [each.expandtabs(4) for each in visible(log).split("\n")[-_LOG_LINES:]]
    yield from lines if width is None else (cut(line, width) for line in lines)


def _coloured(line: str, paint: Paint) -> str:
    header = line.startswith(("---", "+++"))
    return paint(line.expandtabs(4), "dim" if header else _PATCH_STYLES.get(line[:1], ""))


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(clean(text), max(room, 20))


def _facts(experiment: Experiment, history: History) -> Iterator[tuple[str, str]]:
    """Name and text of each thing that there is to say."""
    value, prev = experiment.value, experiment.prev
    if value is not None:
        half = margin(experiment, noise(history))
        change = "" if prev is None else f", {percent(value, prev)} against {number(prev)}"
        yield "value", f"{number(value)}{f' ± {number(half)}' if half else ''}{change}"
    if experiment.jump:
        yield "jump", "far outside what the campaign had seen; measured again, it held up"
    if experiment.holdout is not None or experiment.holdout_error:
        yield "held out", experiment.holdout_error or number(experiment.holdout)
    if experiment.files:
        yield "files", ", ".join(experiment.files)
    if experiment.metrics:
        yield "beside it", listed(experiment.metrics, len(experiment.metrics))
    found = history.confirmed.findings if history.confirmed else ()
    for each in found:
        if each.experiment == experiment.experiment:
            yield "confirm", finding(each).strip()
    if experiment.error:
        yield "trouble", experiment.error
    note = experiment.change.get("hypothesis")
    if isinstance(note, str) and note:
        yield "why", note
    tokens = f", {experiment.tokens:,} tokens" if experiment.tokens else ""
    dollars = f", {experiment.cost_usd:.4f} USD" if experiment.cost_usd else ""
    yield "proposer", f"{experiment.proposer}{tokens}{dollars}"
    memory = f", {experiment.memory_gb:.2f} GB" if experiment.memory_gb else ""
    where = f", on {experiment.machine}" if experiment.machine else ""
    yield "took", f"{duration(experiment.seconds)}{memory}{where}"
    yield "commit" if kind(experiment) is Kind.KEPT else "tried on", experiment.commit[:12]
