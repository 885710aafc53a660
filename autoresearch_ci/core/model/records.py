"""Records of a campaign, and events that are told to listeners.

A record's fields stand in the order in which they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoresearch_ci.core.model.values import Direction, Reason, Sample, Status, StopReason

BASELINE = "baseline"
"""Stands for a proposer where nothing was proposed."""

DROP = "confirm"
"""Stands for a proposer where a kept change is taken out again."""


@dataclass(frozen=True, slots=True)
class SessionStart:
    """A session begins; `base` is the commit the campaign started from.

    `base_branch` is the branch that commit was on, which the campaign follows; empty
    where it follows none. `goes_on` says that it starts the next one where a limit ends it.
    `isolation` is the level at which runs are kept apart; empty in old records.
    `target_value` is the value at which the campaign ends, where one was set. `lane` is the
    session's number among the `lanes` that work on the campaign at once, both 0 without lanes;
    one that combines them is number 0. `head` is where the campaign's branch is when it begins,
    empty in a lane and in old records. `goal` is what the session is for, in somebody's words.
    `rules` tells by which settings a lane measures; empty without lanes.
    Lanes that began together have the `group` in common.
    """

    tag: str
    session: str
    timestamp: str
    metric: str
    direction: Direction
    target: str
    branch: str
    base: str
    base_branch: str = field(default="", kw_only=True)
    machine: str
    version: str
    goes_on: bool = False
    isolation: str = ""
    target_value: float | None = None
    lane: int = 0
    lanes: int = 0
    head: str = ""
    goal: str = ""
    rules: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class ExperimentStart:
    """An experiment's first run is about to begin.

    `parent` is the commit the candidate is compared with, `candidate` the git
    blob id of the target's new content. `tokens` and `cost_usd` are what the idea
    has cost so far: they are spent, also if a kill comes now. `change` is its own note about it,
    which tells other lanes what is under way.
    """

    tag: str
    session: str
    timestamp: str
    experiment: int
    description: str
    parent: str
    candidate: str
    proposer: str
    tokens: int = 0
    cost_usd: float = 0.0
    change: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProposalRejected:
    """A proposer was asked and gave nothing to try; `experiment` is the number it was for."""

    tag: str
    session: str
    timestamp: str
    experiment: int
    description: str
    error: str
    proposer: str
    tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A finished experiment. Number 0 is the baseline, whose `reason` is None.

    `commit` is what was kept, and for everything else the parent it was tried on:
    a discarded idea leaves no commit behind, its patch is in the archive. `value`
    is the candidate's metric, `prev` the last kept value; both None when there is
    none. `samples` are the measured values of both sides in order.
    `seconds` is the wall time of all its runs, `memory_gb` their peak.
    `error` is one line saying what went wrong, for a crash or a violation. `jump`
    says that the value was far outside what the campaign had seen and held up when
    it was measured again, `held` that its value is not believed until a limit of the
    metric allows it. `holdout` is what `holdout_command` printed for a keep,
    `holdout_error` why there is no such number. `files` are the paths that
    the candidate changes or adds, where that is not the target alone. `metrics` are the other
    numbers that its runs gave, by name, the medians of several; `units` those that a baseline's
    are in.
    """

    tag: str
    session: str
    timestamp: str
    experiment: int
    status: Status
    reason: Reason | None
    metric: str
    value: float | None
    prev: float | None
    description: str
    memory_gb: float = 0.0
    seconds: float = 0.0
    samples: tuple[Sample, ...] = ()
    commit: str
    parent: str
    candidate: str
    proposer: str
    change: Mapping[str, Any] = field(default_factory=dict)
    machine: str = ""
    tokens: int = 0
    cost_usd: float = 0.0
    error: str = ""
    jump: bool = False
    held: bool = False
    holdout: float | None = None
    holdout_error: str = ""
    files: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_baseline(self) -> bool:
        """Tell whether it is the project as it is: number 0, and once more after its base moved."""
        return self.experiment == 0 or (self.reason is None and self.proposer == BASELINE)

    @property
    def delta(self) -> float | None:
        """`value - prev`, in the metric's unit."""
        return None if self.value is None or self.prev is None else self.value - self.prev


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """A session ends; counts are of this session, the baseline not counted.

    `note` says why in a sentence, with what to do, where the reason alone does not tell.
    """

    tag: str
    session: str
    timestamp: str
    reason: StopReason
    experiments: int
    kept: int
    best: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of fresh runs for one kept experiment: the branch against the branch without it.

    `gain`, `low` and `high` are in the metric's unit, positive where the change
    helps; None where it could not be left out, or the rest does not run without
    it: `note` says which. `holds` is None where that leaves it open. `group` names the
    older ones that changed the same and were left out with it. `commit` is what was kept, by which
    the experiment is found where it has another number now; empty in old records.
    """

    experiment: int
    description: str
    holds: bool | None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    dropped: bool = False
    group: tuple[int, ...] = ()
    commit: str = ""


@dataclass(frozen=True, slots=True)
class PairMeasured:
    """A run of either side that belong together, for a confirmation; no verdict rests on it yet.

    `head` is the commit that is the incumbent, `candidate` the git blob id of the target's
    content that is held against it. `rules` tells by which settings both were measured.
    """

    tag: str
    session: str
    timestamp: str
    metric: str
    head: str
    candidate: str
    samples: tuple[Sample, ...]
    machine: str
    rules: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Base against head on fresh runs, and each kept experiment by itself.

    `base_value` and `value` are the medians of either side; `gain`, `low` and
    `high` as in Finding, None where an end of the interval is not known.
    `verdict` is `confirmed`, `not_confirmed` or `worse`.
    """

    tag: str
    session: str
    timestamp: str
    metric: str
    base: str
    head: str
    base_value: float
    value: float
    gain: float
    low: float | None
    high: float | None
    pairs: int
    verdict: str
    findings: tuple[Finding, ...]
    machine: str


@dataclass(frozen=True, slots=True)
class Check:
    """Result of one change that the doctor planted.

    `right` is None where it could not be planted or the verdict says nothing, and `note`
    says why; where the verdict is wrong `note` says what to do.
    """

    title: str
    right: bool | None
    verdict: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The doctor's findings on the project as it is at a campaign's beginning.

    `weaknesses` are settings that leave a door open, `unseen` are the changes that
    were not looked at, and `note` says why.
    """

    tag: str
    session: str
    timestamp: str
    checks: tuple[Check, ...]
    weaknesses: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    note: str = ""

    @property
    def wrong(self) -> tuple[Check, ...]:
        """The checks whose verdict was wrong."""
        return tuple(check for check in self.checks if check.right is False)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken version of the target: `by` says what noticed, `run`, `guard` or `metric`.

    It is empty where nothing did, or where there is no such version: `note` says why.
    """

    title: str
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MutationCheck:
    """Answer to whether a broken target is noticed, looked for before any code is deleted.

    `rules` tells by which commands that was found out.
    """

    tag: str
    session: str
    timestamp: str
    mutants: tuple[Mutant, ...]
    rules: str = ""

    @property
    def noticed(self) -> bool:
        """Tell whether each of them was: then a deletion that breaks something will be."""
        return bool(self.mutants) and all(mutant.by for mutant in self.mutants)

    @property
    def responds(self) -> bool:
        """Tell whether the number depends on what the target does."""
        return bool(self.mutants) and self.mutants[-1].by in ("run", "metric")


@dataclass(frozen=True, slots=True)
class StopRequest:
    """Somebody wants the sessions that are at work to end; `now` is without the experiment's end.

    `session` is the request's own id, `by` who asked, where that is known.
    """

    tag: str
    session: str
    timestamp: str
    now: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class IdeaRequest:
    """Somebody has an idea for whoever proposes next; `session` is its id."""

    tag: str
    session: str
    timestamp: str
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class IncumbentMeasured:
    """The incumbent was measured again, here and now; told to listeners, never written."""

    value: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something that people should know; told to listeners, never written."""

    text: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A command begins; told to listeners at once, never written.

    `limit` is how many seconds it may take, 0 where nobody wants to know. `opens` says
    that it is the first of a part of the session that may last.
    """

    text: str
    limit: float = 0.0
    opens: bool = False


Request = StopRequest | IdeaRequest
Record = (
    SessionStart
    | ExperimentStart
    | ProposalRejected
    | Experiment
    | PairMeasured
    | Confirmation
    | Diagnosis
    | MutationCheck
    | SessionEnd
    | Request
)
Event = Record | IncumbentMeasured | Finding | Check | Note | Phase
