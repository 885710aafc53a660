"""Logs of other tools, read as a campaign, so that everything that shows one shows them.

    .auto/log.jsonl, autoresearch.jsonl    pi-autoresearch: a configuration, then a line a run
    results.tsv                            karpathy's table: commit, the metric, status, description

They are only read. Their `keep` is their own tool's word; nothing here was judged by us.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autoresearch_ci.campaign.ledger import HEADER
from autoresearch_ci.campaign.select import CampaignView
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Reason, SessionStart, Status

LOGS = (".auto/log.jsonl", "autoresearch.jsonl", "results.tsv")
"""Their places in a repository, the first there is before the others."""

_KEPT = ("keep", "kept", "baseline")
_CRASHED = ("crash", "crashed", "error", "failed")
_NOT_NUMBERS = ("commit", "status", "description", "memory_gb")


@dataclass(slots=True)
class _Part:
    """The runs of one configuration; `way` is empty where nobody says which way is better."""

    metric: str
    name: str = ""
    way: str = ""
    runs: list[_Run] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    status: str
    value: float | None
    description: str
    commit: str = ""
    at: str = ""
    memory_gb: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)


def found(root: Path) -> Path | None:
    """The log of another tool in a repository; None where there is none."""
    for name in LOGS:
        path = root / name
        if path.is_file() and not _text(path).startswith(HEADER):
            return path
    return None


def view(path: Path) -> tuple[CampaignView, str]:
    """The log as a campaign, and a sentence on what it is.

    Of several configurations in a file the last with runs. LedgerError where it is no such log.
    """
    text = _text(path)
    tool, parts = ("pi-autoresearch", list(_lines(text)))
    if path.suffix == ".tsv":
        tool, parts = "the form of karpathy's autoresearch", list(_table(text))
    parts = [part for part in parts if part.runs]
    if not parts:
        raise LedgerError(
            f"{path.name} is no log that is known here, or holds no run.",
            remedy=f"Name one of pi-autoresearch or of karpathy's form: {', '.join(LOGS)}.",
        )
    part = parts[-1]
    which = f", the last of its {len(parts)} parts" if len(parts) > 1 else ""
    told = f"{path.name} is a log of {tool}{which}; it is only read, and was measured elsewhere."
    return _campaign(path, part), told


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise LedgerError(
            f"{path} cannot be read: {error.strerror}.", remedy="Name a file that is there."
        ) from error


def _lines(text: str) -> Iterator[_Part]:
    """The parts of a log in lines of JSON, each with its configuration."""
    part = _Part("metric")
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # a torn line
        if not isinstance(record, dict):
            continue
        if record.get("type") == "config":
            yield part
            part = _Part(
                str(record.get("metricName") or "metric"),
                str(record.get("name") or ""),
                str(record.get("bestDirection") or "lower"),
            )
        elif "status" in record and ("run" in record or "metric" in record):
            part.runs.append(_run(record))
    yield part


def _run(record: Mapping[str, Any]) -> _Run:
    others = record.get("metrics")
    numbers = {str(k): _number(v) for k, v in others.items()} if isinstance(others, dict) else {}
    return _Run(
        status=str(record["status"]).lower(),
        value=_number(record.get("metric")),
        description=str(record.get("description") or ""),
        commit=str(record.get("commit") or ""),
        at=_time(record.get("timestamp")),
        metrics={name: value for name, value in numbers.items() if value is not None},
    )


def _table(text: str) -> Iterator[_Part]:
    """The rows of a table with these columns; every other column is a number."""
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    heads = [head.strip() for head in rows[0]] if rows else []
    named = [head for head in heads if head not in _NOT_NUMBERS]
    if not {"status", "description"} <= {*heads} or not named:
        return
    part = _Part(named[0])
    for cells in rows[1:]:
        row = dict(zip(heads, cells, strict=False))
        numbers = {name: _number(row.get(name)) for name in named[1:]}
        run = _Run(
            status=row.get("status", "").strip().lower(),
            value=_number(row.get(named[0])),
            description=row.get("description", "").strip(),
            commit=row.get("commit", "").strip(),
            memory_gb=_number(row.get("memory_gb")) or 0.0,
            metrics={name: value for name, value in numbers.items() if value is not None},
        )
        part.runs.append(run)
    yield part


def _number(value: object) -> float | None:
    try:
        found = float(value) if isinstance(value, int | float | str) else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _time(stamp: object) -> str:
    """Seconds or milliseconds since 1970, or such a text, as records have it; empty for others."""
    if isinstance(stamp, int | float) and not isinstance(stamp, bool) and stamp > 0:
        seconds = stamp / 1000 if stamp > 1e11 else stamp  # noqa: PLR2004 - the year 5138
        try:
            return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, ValueError, OSError):
            return ""
    try:
        return datetime.fromisoformat(stamp).isoformat() if isinstance(stamp, str) else ""
    except ValueError:
        return ""


def _direction(part: _Part) -> Direction:
    """The way that is stated, else the way in which what was kept has gone."""
    if part.way:
        return Direction.HIGHER if part.way == "higher" else Direction.LOWER
    kept = [run.value for run in part.runs if run.status in _KEPT and run.value is not None]
    return Direction.HIGHER if len(kept) > 1 and kept[-1] > kept[0] else Direction.LOWER


def _campaign(path: Path, part: _Part) -> CampaignView:
    history = History(_direction(part))
    written = _time(path.stat().st_mtime)
    for run in part.runs:
        history.add(
            _experiment(replace(run, at=run.at or written), part.metric, path.name, history)
        )
    start = SessionStart(
        tag=path.name,
        session=path.name,
        timestamp=history.experiments[0].timestamp,
        metric=part.metric,
        direction=history.direction,
        target=part.name or path.name,
        branch="",
        base="",
        machine="",
        version="",
    )
    return CampaignView(path.name, history, [start], "", "", None, path)


def _experiment(run: _Run, metric: str, name: str, history: History) -> Experiment:
    number, best = history.next_number, history.incumbent
    prev = best.value if best else None
    status, reason = _verdict(run, prev, history.direction)
    return Experiment(
        tag=name,
        session=name,
        timestamp=run.at,
        experiment=number,
        status=status,
        reason=reason if number else None,
        metric=metric,
        value=None if status is Status.CRASH else run.value,
        prev=prev,
        description=run.description,
        memory_gb=run.memory_gb,
        commit=run.commit,
        parent="",
        candidate=f"{name}:{number}",
        proposer="",
        metrics={} if status is Status.CRASH else run.metrics,
    )


def _verdict(run: _Run, prev: float | None, direction: Direction) -> tuple[Status, Reason]:
    """Their verdict in our words, and the reason as far as the numbers tell."""
    if run.status in _CRASHED or run.value is None:
        return Status.CRASH, Reason.NO_METRIC
    if run.status in _KEPT:
        return Status.KEEP, Reason.IMPROVED
    if run.status == "checks_failed":
        return Status.DISCARD, Reason.GUARD_FAILED
    gain = 0.0 if prev is None else direction.gain(run.value, prev)
    reason = Reason.TRIED if gain > 0 else Reason.WORSE if gain < 0 else Reason.EQUAL
    return Status.DISCARD, reason
