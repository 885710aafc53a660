"""Frozen data that every part speaks. Imports nothing of ours, does nothing.

Failure is never a number here: a value that does not exist is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

BASELINE = "baseline"
"""What stands for a proposer where nothing was proposed."""

DROP = "confirm"
"""What stands for a proposer where a kept change is taken out again."""


class Direction(StrEnum):
    """Which way the metric improves."""

    LOWER = "lower_is_better"
    HIGHER = "higher_is_better"

    def gain(self, new: float, old: float) -> float:
        """How much better `new` is than `old`, in the metric's unit; negative when worse."""
        return old - new if self is Direction.LOWER else new - old

    def better(self, old: float, gain: float) -> float:
        """The value that is better than `old` by `gain`."""
        return old - gain if self is Direction.LOWER else old + gain


class Status(StrEnum):
    """The verdict on an experiment."""

    KEEP = "keep"
    DISCARD = "discard"
    CRASH = "crash"


class Reason(StrEnum):
    """Why the verdict is what it is."""

    IMPROVED = "improved"
    SIMPLER = "simpler"

    WORSE = "worse"
    EQUAL = "equal"
    WITHIN_NOISE = "within_noise"
    GUARD_FAILED = "guard_failed"
    RULE_VIOLATION = "rule_violation"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"

    NONZERO_EXIT = "nonzero_exit"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    NO_METRIC = "no_metric"
    IMPLAUSIBLE = "implausible"
    INTERRUPTED = "interrupted"


class StopReason(StrEnum):
    """Why a session ended."""

    MAX_EXPERIMENTS = "max_experiments"
    TIME_LIMIT = "time_limit"
    PATIENCE = "patience"
    TARGET_VALUE = "target_value"
    EXHAUSTED = "exhausted"
    SETUP_ONLY = "setup_only"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    ERROR = "error"

    @property
    def is_limit(self) -> bool:
        """Whether only this session had to end, and another one may go on at once."""
        return self in (StopReason.TIME_LIMIT, StopReason.MAX_EXPERIMENTS)


class Side(StrEnum):
    """The two versions that an experiment compares."""

    INCUMBENT = "incumbent"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One idea: a title and the target file's new content.

    `change` is the proposer's own JSON-able note about the idea; it is written
    to the ledger and handed back through the history, and nobody else reads it.
    """

    title: str
    text: str
    proposer: str
    change: Mapping[str, Any] = field(default_factory=dict)
    tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that is no proposal: nothing came, or it cannot be applied. It cost what it cost.

    `problem` is one line; `title` is the idea's, where it had one. `lasting` says that to
    ask again at once is of no use: there was no answer, or no money for one.
    """

    problem: str
    proposer: str
    title: str = ""
    tokens: int = 0
    cost_usd: float = 0.0
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one command: its failure is data.

    `returncode` is None when a signal ended it, `signal` is None when none did.
    `seconds` is wall time, `peak_memory` the process tree's peak resident bytes,
    `peak_gpu_memory` the same on the GPU as its driver reports it. `output` and
    `errors` are what the command printed, where no log was asked for.
    """

    returncode: int | None
    seconds: float
    signal: int | None = None
    timed_out: bool = False
    out_of_memory: bool = False
    peak_memory: int = 0
    peak_gpu_memory: int = 0
    output: str = ""
    errors: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.returncode == 0 and not self.timed_out and not self.out_of_memory


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured value of one side; the order of samples is the order of runs."""

    side: Side
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and the reason for it.

    `gain` is the judge's estimate of how much better the candidate is than the
    incumbent, in the metric's unit. None where the last run of each side says it.
    """

    status: Status
    reason: Reason
    gain: float | None = None


@dataclass(frozen=True, slots=True)
class MinDelta:
    """The smallest change that counts: absolute, or a fraction of the incumbent's value."""

    amount: float = 0.0
    relative: bool = False

    def at(self, value: float) -> float:
        """In the metric's unit, for an incumbent at `value`."""
        return self.amount * abs(value) if self.relative else self.amount


@dataclass(frozen=True, slots=True)
class SessionStart:
    """A session begins; `base` is the commit the campaign started from.

    `base_branch` is the branch that commit was on, which the campaign follows; empty
    where it follows none. `goes_on` says that it starts the next one where a limit ends it.
    """

    tag: str
    session: str
    timestamp: str
    metric: str
    direction: Direction
    target: str
    branch: str
    base: str
    machine: str
    version: str
    base_branch: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class ExperimentStart:
    """An experiment's first run is about to begin.

    `parent` is the commit the candidate is compared with, `candidate` the git
    blob id of the target's new content. `tokens` and `cost_usd` are what the idea
    has cost so far: they are spent, also if a kill comes now.
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


@dataclass(frozen=True, slots=True)
class Experiment:
    """A finished experiment. Number 0 is the baseline, whose `reason` is None.

    `commit` is what was kept, and for everything else the parent it was tried on:
    a discarded idea leaves no commit behind, its patch is in the archive. `value`
    is the candidate's metric, `prev` the last kept value; both None when there is
    none. `samples` are the measured values of both sides in order.
    `seconds` is the wall time of all its runs, `memory_gb` their peak.
    `error` is one line saying what went wrong, for a crash or a violation. `jump`
    says that the value was far outside what the campaign had seen and held up when
    it was measured again. `holdout` is what `holdout_command` printed for a keep,
    `holdout_error` why there is no such number.
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
    commit: str
    parent: str
    candidate: str
    proposer: str
    change: Mapping[str, Any] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    seconds: float = 0.0
    memory_gb: float = 0.0
    machine: str = ""
    tokens: int = 0
    cost_usd: float = 0.0
    error: str = ""
    jump: bool = False
    holdout: float | None = None
    holdout_error: str = ""

    @property
    def is_baseline(self) -> bool:
        """Whether it is the project as it is: number 0, and once more after its base moved."""
        return self.experiment == 0 or (self.reason is None and self.proposer == BASELINE)

    @property
    def delta(self) -> float | None:
        """`value - prev`, in the metric's unit."""
        return None if self.value is None or self.prev is None else self.value - self.prev


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """A session ends; counts are of this session, the baseline not counted."""

    tag: str
    session: str
    timestamp: str
    reason: StopReason
    experiments: int
    kept: int
    best: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What fresh runs say of one kept experiment: the branch against the branch without it.

    `gain`, `low` and `high` are in the metric's unit, positive where the change
    helps; None where it could not be left out, or the rest does not run without
    it: `note` says which. `holds` is None where that leaves it open.
    """

    experiment: int
    description: str
    holds: bool | None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    dropped: bool = False


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
    """What became of one change that the doctor planted.

    `right` is None where it could not be planted, and `note` says why; where the
    verdict is wrong `note` says what to do.
    """

    title: str
    right: bool | None
    verdict: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether the loop can be trusted with the project as it is at a campaign's beginning.

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


Request = StopRequest | IdeaRequest
Record = (
    SessionStart
    | ExperimentStart
    | ProposalRejected
    | Experiment
    | PairMeasured
    | Confirmation
    | Diagnosis
    | SessionEnd
    | Request
)
Event = Record | IncumbentMeasured | Finding | Check | Note
