"""A campaign as one JSON document, for programs that read results.

Its schema is schema/results.schema.json. Within a version fields may come, and none goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Confirmation,
    Direction,
    Experiment,
    ExperimentStart,
    Importance,
    ProposalRejected,
    Reason,
    SessionEnd,
    SessionStart,
    Side,
    Status,
    StopReason,
)
from autoresearch_ci.reports.kinds import Kind, kind, margin, noise
from autoresearch_ci.reports.table import standing

VERSION: Literal[1] = 1

_DOCUMENTED = {"use_attribute_docstrings": True, "extra": "allow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A finished experiment."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _DOCUMENTED

    experiment: int
    """Its number in the campaign, from 0; 0 is the baseline."""
    status: Status
    reason: Reason | None
    """Reason of the verdict; null for a baseline."""
    kind: Kind
    """The verdict as charts and pages show it."""
    baseline: bool
    """True for the project as it is: number 0, and once more where its base moved."""
    title: str
    value: float | None
    """The candidate's metric; null where there is none."""
    previous: float | None
    """The last kept value before it; null for a baseline."""
    gain: float | None
    """Gain over that, in the metric's unit: positive is better either way."""
    margin: float | None
    """Half of the value's 95 % interval, from the spread of runs; null where runs repeat."""
    runs: Sequence[tuple[Side, float]]
    """Every value that the verdict rests on, in order."""
    commit: str
    """The version that was kept; for anything else the parent that it was tried on."""
    parent: str
    proposer: str
    session: str
    timestamp: str
    seconds: float
    """Wall time of all its runs."""
    memory_gb: float
    tokens: int
    cost_usd: float
    machine: str
    error: str
    """Trouble in one line."""
    jump: bool
    """The value was far outside what the campaign had seen, and held up when measured again."""
    holdout: float | None
    """The number that `holdout_command` printed for a keep."""
    files: Sequence[str]
    """The files that it changes or adds, where that is not the target alone."""
    metrics: Mapping[str, float]
    """The other numbers that its runs gave, by name."""
    change: Mapping[str, Any]
    """The proposer's own note about the idea."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """All that one proposer, one session or one lane did."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _DOCUMENTED

    name: str
    experiments: int
    kept: int
    gain: float
    """The sum of what its keeps gained when they were kept, in the metric's unit."""
    seconds: float
    tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session; what is null is not known, since it has not ended."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _DOCUMENTED

    session: str
    started: str
    ended: str | None
    stopped: StopReason | None
    lane: int
    """Its number among those that worked at the same time; 0 without lanes."""
    machine: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A campaign and its experiments, those that were asked for."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        **_DOCUMENTED,
        "title": "Results of autoresearch-ci",
    }

    version: Literal[1] = VERSION
    """Of this form; another number is another form."""
    tag: str
    headline: str
    """Its standing in a line for people."""
    metric: str
    direction: Direction
    target: str
    target_value: float | None
    branch: str
    base: str
    """The commit that the campaign began from."""
    baseline: float | None
    """The value of the project as it is."""
    best: int | None
    """The experiment that is the best version so far."""
    noise: float
    """Standard deviation of one run, in the metric's unit."""
    kinds: Mapping[Kind, int]
    """The number of experiments of each kind, baselines left out."""
    proposers: Sequence[Share]
    by_session: Sequence[Share]
    by_lane: Sequence[Share]
    """Empty without lanes."""
    at_once: float
    """Experiments that ran at the same time, on average while any lane was at work."""
    sessions: Sequence[Session]
    importance: Sequence[Importance]
    """The parameters that the metric has depended on, the first the most."""
    confirmation: Confirmation | None
    """The result of fresh runs for the branch as it is now."""
    running: ExperimentStart | None
    """The experiment under way."""
    experiments: Sequence[Row]


def document(
    tag: str,
    history: History,
    rows: Iterable[Experiment],
    sessions: Sequence[SessionStart | SessionEnd],
    running: ExperimentStart | None = None,
    importance: Sequence[Importance] = (),
) -> Document:
    """The campaign with these of its experiments; there is at least one session."""
    start = next(each for each in reversed(sessions) if isinstance(each, SessionStart))
    best, deviation = history.incumbent, noise(history)
    tried = [e for e in history.experiments if not e.is_baseline]
    return Document(
        tag=tag,
        headline=standing(history),
        metric=start.metric,
        direction=history.direction,
        target=start.target,
        target_value=start.target_value,
        branch=start.branch,
        base=start.base,
        baseline=history.baseline.value if history.baseline else None,
        best=best.experiment if best else None,
        noise=deviation,
        kinds={each: sum(kind(e) is each for e in tried) for each in Kind},
        proposers=shares(history, lambda each: each.proposer),
        by_session=shares(history, lambda each: each.session),
        by_lane=by_lane(history, lanes_of(sessions)),
        at_once=at_once(history, lanes_of(sessions)),
        sessions=_sessions(sessions),
        importance=importance,
        confirmation=history.confirmed,
        running=running,
        experiments=[_row(each, history, deviation) for each in rows],
    )


def gain(experiment: Experiment, history: History) -> float | None:
    """Gain over the last keep, in the metric's unit; None for a baseline."""
    if experiment.value is None or experiment.prev is None or experiment.is_baseline:
        return None
    return history.direction.gain(experiment.value, experiment.prev)


def _row(each: Experiment, history: History, deviation: float) -> Row:
    return Row(
        experiment=each.experiment,
        status=each.status,
        reason=each.reason,
        kind=kind(each),
        baseline=each.is_baseline,
        title=each.description,
        value=each.value,
        previous=each.prev,
        gain=gain(each, history),
        margin=margin(each, deviation) if deviation and each.value is not None else None,
        runs=[(sample.side, sample.value) for sample in each.samples],
        commit=each.commit,
        parent=each.parent,
        proposer=each.proposer,
        session=each.session,
        timestamp=each.timestamp,
        seconds=each.seconds,
        memory_gb=each.memory_gb,
        tokens=each.tokens,
        cost_usd=each.cost_usd,
        machine=each.machine,
        error=each.error,
        jump=each.jump,
        holdout=each.holdout,
        files=each.files,
        metrics=each.metrics,
        change=each.change,
    )


def shares(history: History, key: Callable[[Any], str]) -> list[Share]:
    """All experiments and rejected answers, summed up by their `key`; baselines left out."""
    names: dict[str, list[Experiment]] = {}
    for each in history.experiments:
        if not each.is_baseline:
            names.setdefault(key(each), []).append(each)
    for answer in history.rejected:
        names.setdefault(key(answer), [])
    found = []
    for name, experiments in names.items():
        answers: list[Experiment | ProposalRejected] = [
            *experiments,
            *(each for each in history.rejected if key(each) == name),
        ]
        kept = [e for e in experiments if e.status is Status.KEEP]
        found.append(
            Share(
                name=name,
                experiments=len(experiments),
                kept=len(kept),
                gain=sum(gain(e, history) or 0.0 for e in kept),
                seconds=sum(e.seconds for e in experiments),
                tokens=sum(e.tokens for e in answers),
                cost_usd=sum(e.cost_usd for e in answers),
            )
        )
    return found


def lanes_of(sessions: Iterable[SessionStart | SessionEnd]) -> dict[str, int]:
    """The lane of each session that worked in one."""
    return {e.session: e.lane for e in sessions if isinstance(e, SessionStart) and e.lane}


def by_lane(history: History, lanes: Mapping[str, int]) -> list[Share]:
    """The lanes summed up, in their order, and last what was tried in none; empty without any."""
    if not lanes:
        return []
    order = {f"lane {number}": number for number in lanes.values()}
    found = shares(history, lambda e: f"lane {lanes[e.session]}" if e.session in lanes else "none")
    return sorted(found, key=lambda each: order.get(each.name, math.inf))


def at_once(history: History, lanes: Mapping[str, int]) -> float:
    """Experiments that ran at the same time, on average while any lane was at work.

    So it is the measured speed-up over one lane; 0 where no lane has been at work.
    """
    spans = sorted(
        (ended - each.seconds, ended)
        for each in history.experiments
        if each.session in lanes and (ended := seconds_since_1970(each.timestamp))
    )
    busy, until = 0.0, -math.inf
    for began, ended in spans:
        busy += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return sum(ended - began for began, ended in spans) / busy if busy else 0.0


def seconds_since_1970(timestamp: str) -> float:
    """The time of a record; 0 where it has none that can be read."""
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return 0.0


def _sessions(records: Sequence[SessionStart | SessionEnd]) -> list[Session]:
    ends = {each.session: each for each in records if isinstance(each, SessionEnd)}
    return [
        Session(
            session=each.session,
            started=each.timestamp,
            ended=ends[each.session].timestamp if each.session in ends else None,
            stopped=ends[each.session].reason if each.session in ends else None,
            lane=each.lane,
            machine=each.machine,
            version=each.version,
        )
        for each in records
        if isinstance(each, SessionStart)
    ]


def render_schema() -> str:
    """The JSON schema of the document."""
    import json  # noqa: PLC0415 - for those who write the schema

    from pydantic import TypeAdapter  # noqa: PLC0415

    schema = TypeAdapter(Document).json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
