"""The history as lines: one an idea, so many of them that none needs to be tried twice."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Sequence

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, Reason, Status
from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.core.text import listed as listed_metrics
from autoresearch_ci.proposers.llm.prompt.pieces import GAP, fenced, fitting, prompt, size

CHUNK = 25
"""Ideas that are fenced, and left out, together: a brief must not begin anew with each."""

LONGEST_NOTE = 220
"""Bytes of the note that ideas were left out."""

_LONGEST = 200
_METRICS = 4
_NEAR = (Reason.WITHIN_NOISE, Reason.EQUAL, Reason.WORSE)


def line(experiment: Experiment) -> str:
    """One experiment on one line. Only what a proposer may know: the fields named here."""
    what = str(experiment.reason or "baseline")
    if experiment.status is Status.KEEP and experiment.reason:
        what = f"kept, {what}"
    value = "" if experiment.value is None else f" {experiment.value:.8g}{_change(experiment)}"
    told = f"{experiment.experiment} {what}{value}: {flat(experiment.description)}"
    told += f" ({flat(experiment.error)})" if experiment.error else ""
    told += f" in {flat(', '.join(experiment.files))}" if experiment.files else ""
    beside = flat(listed_metrics(experiment.metrics, _METRICS))
    return f"{told} [{beside}]" if beside else told


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def lines(experiments: Sequence[Experiment], redact: Redactor) -> list[str]:
    """The lines of several, safe to show and of bounded length."""
    clean = redact("\n".join(map(line, experiments)))
    return [one if len(one) <= _LONGEST else f"{one[: _LONGEST - 1]}…" for one in clean.split("\n")]


def near_misses(history: History, count: int) -> list[Experiment]:
    """The discarded experiments that came closest to what they were compared with, best first."""

    def closeness(experiment: Experiment) -> tuple[float, int]:
        value, prev = experiment.value, experiment.prev
        if value is None or prev is None:
            return -math.inf, experiment.experiment
        gain = history.direction.gain(value, prev) / (abs(prev) or 1.0)
        return gain if math.isfinite(gain) else -math.inf, experiment.experiment

    near = [e for e in history.experiments if e.status is Status.DISCARD and e.reason in _NEAR]
    return heapq.nlargest(count, near, key=closeness)


def last_crash(history: History) -> Experiment | None:
    """The last crash that teaches something: of the last ideas, and not merely cut short."""
    for experiment in reversed(history.experiments[-CHUNK:]):
        if experiment.status is Status.CRASH and experiment.reason is not Reason.INTERRUPTED:
            return experiment
    return None


def oldest(ideas: Sequence[Experiment], redact: Redactor, room: int) -> list[str]:
    """The ideas, fenced in chunks, as many whole chunks as fit: however many follow, the same."""
    return _while_there_is_room(chunks(ideas), redact, room)


def youngest(ideas: Sequence[Experiment], told: int, redact: Redactor, room: int) -> list[str]:
    """The rest after so many chunks; where it does not fit, what was left out and the last."""
    rest = chunks(ideas)[told:]
    if not rest:
        return []
    shown = _while_there_is_room(rest[::-1], redact, room)[::-1]
    if not shown:
        shown = [fitting(lines(rest[-1], redact), room - len(GAP), end=True)]
    missing = [experiment for chunk in rest[: len(rest) - len(shown)] for experiment in chunk]
    return [_left_out(missing), *shown] if missing else shown


def listed(history: History) -> list[Experiment]:
    """The experiments that are listed: each idea once."""
    return [e for e in history.experiments[1:] if e.reason is not Reason.DUPLICATE]


def chunks(ideas: Sequence[Experiment]) -> list[Sequence[Experiment]]:
    """Ideas in the groups that are fenced together; all but the last group stay as they are."""
    return [ideas[at : at + CHUNK] for at in range(0, len(ideas), CHUNK)]


def _while_there_is_room(
    chunks: Sequence[Sequence[Experiment]], redact: Redactor, room: int
) -> list[str]:
    shown: list[str] = []
    for chunk in chunks:
        text = fenced("\n".join(lines(chunk, redact)))
        room -= size(text) + len(GAP)
        if room < 0:
            break
        shown.append(text)
    return shown


def _left_out(experiments: Sequence[Experiment]) -> str:
    count = Counter(experiment.status for experiment in experiments)
    return prompt(
        "untold",
        count=len(experiments),
        kept=count[Status.KEEP],
        discarded=count[Status.DISCARD],
        crashed=count[Status.CRASH],
    )


def _change(experiment: Experiment) -> str:
    delta, prev = experiment.delta, experiment.prev
    if delta is None or prev is None or not math.isfinite(delta):
        return ""
    return f" ({delta / abs(prev):+.2%})" if prev else f" ({delta:+.3g})"
