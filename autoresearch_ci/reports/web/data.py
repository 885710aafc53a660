"""The data of the page: short, since ten thousand experiments are to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from types import MappingProxyType
from typing import Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Experiment,
    ExperimentStart,
    Importance,
    SessionStart,
    Side,
    Status,
)
from autoresearch_ci.core.text import better, clean, visible
from autoresearch_ci.reports.chart.scale import is_wide, span
from autoresearch_ci.reports.confirmation import verdict
from autoresearch_ci.reports.document import at_once, by_lane, seconds_since_1970, shares
from autoresearch_ci.reports.kinds import Kind, kind, margin, noise
from autoresearch_ci.reports.sentence import sentence

ROOM = 3_800_000
"""Bytes of a page's data, patches and logs with it: the keeps' first, then the newest."""

PATCH, LOG = 20_000, 2_500
"""Characters of one experiment's; the beginning of a patch, the end of a log."""

TITLE, ERROR = 200, 300
IMPORTANT = 20
"""Parameters that are shown with their importance."""

MANY = 3_000
"""Experiments beyond which titles and errors are cut to half of that."""

_KINDS = list(Kind)

Recall = Callable[[int, str], str]
"""The archived `patch` or `log` of an experiment; empty where there is none."""


def content(
    start: SessionStart,
    history: History,
    running: ExperimentStart | None,
    others: Iterable[tuple[str, History]],
    recall: Recall,
    *,
    importance: Sequence[Importance] = (),
    lanes: Mapping[str, int] = MappingProxyType({}),
    nothing: Sequence[str] = (),
    live: bool = False,
) -> dict[str, Any]:
    """All that the page shows; `others` are the repository's campaigns, this one among them.

    `importance` is that of its parameters, the first the most; `lanes` has the lane of each
    session that worked in one, and `nothing` says why there is no experiment, where there is none.
    """
    experiments = history.experiments
    values = [e.value for e in experiments if e.value is not None]
    names = {what: _Names() for what in ("reasons", "proposers", "sessions")}
    deviation = noise(history)
    part = 2 if len(experiments) > MANY else 1
    rows = [_row(each, names, deviation, part) for each in experiments]
    room = 0 if live else ROOM - sum(len(str(row).encode("utf-8", "replace")) for row in rows)
    best, found = history.incumbent, history.confirmed
    return {
        "live": live,
        "stamp": stamp(history, running),
        "tag": clean(start.tag),
        "headline": sentence(history),
        "nothing": [clean(line) for line in nothing],
        "about": (
            f"{clean(start.metric)} of {clean(start.target)}, {better(history.direction)}; branch "
            f"{clean(start.branch)}, begun from {start.base[:7]}"
        ),
        "foot": f"autoresearch-ci {clean(start.version)}, measured on {clean(start.machine)}",
        "lower": history.direction.gain(0.0, 1.0) > 0,
        "baseline": history.baseline.value if history.baseline else None,
        "best": best.experiment if best else None,
        "target_value": start.target_value,
        "noise": deviation,
        "log": is_wide(values, span(values, history)),
        "running": {"n": running.experiment, "title": clean(running.description)}
        if running
        else None,
        "confirmation": asdict(found) if found else None,
        "confirmed": verdict(found) if found else "",
        "shares": [_named(each) for each in shares(history, lambda each: each.proposer)],
        "by_session": [_named(each) for each in shares(history, lambda each: each.session)],
        "by_lane": [_named(each) for each in by_lane(history, lanes)],
        "at_once": at_once(history, lanes),
        **{what: list(known) for what, known in names.items()},
        "lanes": [lanes.get(session, 0) for session in names["sessions"]],
        "importance": [
            [clean(each.parameter)[:80], clean(each.now)[:80], _short(each.share, 4), each.tried]
            for each in importance[:IMPORTANT]
        ],
        "campaigns": [_summary(tag, other) for tag, other in others],
        "columns": COLUMNS,
        "rows": rows,
        "more": chosen(history, recall, room),
    }


def stamp(history: History, running: ExperimentStart | None) -> str:
    """Another text for another state of the campaign."""
    found = history.confirmation
    return (
        f"{history.next_number} {running.experiment if running else ''} "
        f"{found.timestamp if found else ''}"
    )


class _Names(dict[str, int]):
    """Texts that stand in many rows: each row has a number instead."""

    def of(self, text: str) -> int:
        return self.setdefault(text, len(self))


_METRICS = 20

COLUMNS = (
    "n", "kind", "reason", "value", "prev", "margin", "title", "proposer", "session", "time",
    "seconds", "memory", "tokens", "cost", "baseline", "error", "jump", "runs", "commit", "holdout",
    "metrics",
)  # fmt: skip


def _row(each: Experiment, names: Mapping[str, _Names], deviation: float, part: int) -> list[Any]:
    return [
        each.experiment,
        _KINDS.index(kind(each)),
        names["reasons"].of(each.reason.value if each.reason else ""),
        each.value,
        each.prev,
        _short(margin(each, deviation), 4) if deviation and each.value is not None else 0,
        clean(each.description)[: TITLE // part],
        names["proposers"].of(clean(each.proposer)),
        names["sessions"].of(each.session),
        int(seconds_since_1970(each.timestamp)),
        _short(each.seconds, 4),
        _short(each.memory_gb, 4),
        each.tokens,
        _short(each.cost_usd, 6),
        int(each.is_baseline),
        clean(each.error)[: ERROR // part],
        int(each.jump),
        [[int(s.side is Side.CANDIDATE), _short(s.value, 9)] for s in each.samples],
        each.commit[:7],
        each.holdout,
        {clean(name): _short(at, 9) for name, at in islice(each.metrics.items(), _METRICS)},
    ]


def _short(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _named(share: Any) -> dict[str, Any]:
    return asdict(share) | {"name": clean(share.name)}


def _summary(tag: str, history: History) -> dict[str, Any]:
    """One line of the campaigns side by side."""
    first, best = history.baseline, history.incumbent
    kept = [each for each in history.kept if each.value is not None]
    return {
        "tag": clean(tag),
        "metric": clean(best.metric) if best else "",
        "baseline": first.value if first else None,
        "best": best.value if best else None,
        "experiments": sum(not each.is_baseline for each in history.experiments),
        "kept": len(history.kept_changes),
        "points": [[each.experiment, each.value] for each in kept[-200:]],
    }


def chosen(history: History, recall: Recall, room: int) -> dict[int, dict[str, str]]:
    """Patches, ends of logs and notes of the experiments that there is room for."""
    found: dict[int, dict[str, str]] = {}
    for each in _by_interest(history.experiments):
        if room <= 0:
            break
        texts = of_one(each, recall)
        room -= sum(len(text.encode("utf-8", "replace")) + 20 for text in texts.values())
        if texts and room > 0:
            found[each.experiment] = texts
    return found


def of_one(each: Experiment, recall: Recall) -> dict[str, str]:
    """Patch, end of log and note of one experiment, those that there are."""
    patch, log = recall(each.experiment, "patch"), recall(each.experiment, "log")
    note = each.change.get("hypothesis")
    cut = "\n… the rest is on the logs branch" if len(patch) > PATCH else ""
    texts = {
        "patch": visible(patch[:PATCH]) + cut,
        "log": visible(log[-LOG:]),
        "note": visible(note)[:1000] if isinstance(note, str) else "",
    }
    return {name: text for name, text in texts.items() if text}


def _by_interest(experiments: Sequence[Experiment]) -> list[Experiment]:
    return sorted(experiments, key=lambda e: (e.status is not Status.KEEP, -e.experiment))
