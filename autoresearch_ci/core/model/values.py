"""Values that are tried, measured and decided."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any, NamedTuple

ROUNDING = 1e-12
"""Relative error of a sum of millions of doubles."""


LAST_BIT = 2.0**-54
"""The step in which rounding errs where numbers around one ought to cancel out."""

_FEW, _PRINTED = 64, 0.005


def same(one: float, other: float) -> bool:
    """Tell whether two values are equal, but for the rounding of the arithmetic."""
    if one == other or abs(one - other) <= ROUNDING * max(abs(one), abs(other)):
        return True
    return _is_residue(one) and _is_residue(other)


def _is_residue(value: float) -> bool:
    """Tell what rounding leaves of a 0, which is so many last bits, from a small value."""
    if not 0 < abs(value) <= _FEW * LAST_BIT:
        return value == 0
    bits = abs(value) / LAST_BIT
    return round(bits) > 0 and abs(bits - round(bits)) <= _PRINTED


class Direction(StrEnum):
    """Which way the metric improves."""

    LOWER = "lower_is_better"
    HIGHER = "higher_is_better"

    def gain(self, new: float, old: float) -> float:
        """Gain of `new` over `old`, in the metric's unit; negative when worse.

        Nothing where the two are the same but for rounding.
        """
        if same(new, old):
            return 0.0
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
    CONSTRAINT = "constraint"
    UNTESTED = "untested"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    TRIED = "tried"

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
    COMBINED = "combined"
    SETUP_ONLY = "setup_only"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    ERROR = "error"

    @property
    def is_limit(self) -> bool:
        """Tell whether only this session had to end, and another one may go on at once."""
        return self in (StopReason.TIME_LIMIT, StopReason.MAX_EXPERIMENTS)


class Side(StrEnum):
    """The two versions that an experiment compares."""

    INCUMBENT = "incumbent"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True, eq=False)
class FileSet(Mapping[str, str]):
    """The editable files of one version: repository path to text, the target first.

    Incumbent and candidate are one each. `files | {path: text}` is the version with another
    text. Raises ValueError without a file.
    """

    texts: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.texts:
            raise ValueError("a version without files")

    def __getitem__(self, path: str) -> str:
        return self.texts[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def __or__(self, texts: Mapping[str, str]) -> FileSet:
        return FileSet({**self.texts, **texts})

    @property
    def target(self) -> str:
        """The path of the target."""
        return next(iter(self.texts))

    @property
    def text(self) -> str:
        """The text of the target."""
        return self.texts[self.target]

    @property
    def digest(self) -> str:
        """The name of this content in the records, where git stores every file as it is."""
        return digest({path: blob_id(encoded(text)) for path, text in self.items()})


def digest(blobs: Mapping[str, str]) -> str:
    """The name in the records of files with these blob ids: the id itself where there is one file.

    Of several it is the id of a blob that lists them, in order of path.
    """
    if len(blobs) == 1:
        return next(iter(blobs.values()))
    return blob_id(b"".join(b"%b %b\0" % (encoded(blobs[p]), encoded(p)) for p in sorted(blobs)))


def blob_id(data: bytes) -> str:
    """The id that git gives a blob of this content."""
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def encoded(text: str) -> bytes:
    """A text or a path as bytes, whatever half characters it holds."""
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One idea: a title and the version of the files that it makes.

    `change` is the proposer's own JSON-able note about the idea; it is written
    to the ledger and handed back through the history, and nobody else reads it.
    """

    title: str
    files: FileSet
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
    """Result of one command: its failure is data.

    `returncode` is None when a signal ended it, `signal` is None when none did.
    `seconds` is wall time, what went on after the command's own end included;
    `peak_memory` the process tree's peak resident bytes,
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
        """Tell whether it ended by itself with exit code 0."""
        return self.returncode == 0 and not self.timed_out and not self.out_of_memory


@dataclass(frozen=True, slots=True)
class Lane:
    """One of `count` workers on a campaign at once; `number` is from 1 to that."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


class Sample(NamedTuple):
    """One measured value of one side; the order of samples is the order of runs."""

    side: Side
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and the reason for it: None where the baseline is kept.

    `gain` is the judge's estimate of how much better the candidate is than the
    incumbent, in the metric's unit. None where the last run of each side says it.
    `beside` is where the incumbent stood then, None where noise may be all it is.
    """

    status: Status
    reason: Reason | None
    gain: float | None = None
    beside: float | None = None

    def value(self, recorded: float, direction: Direction) -> float:
        """The candidate's value, given the incumbent's on record and a gain.

        On a machine of another speed than the one on record a gain is of another size too:
        it is written down as the same part of the incumbent's value that it was.
        """
        gain = self.gain or 0.0
        if self.beside and recorded and (self.beside > 0) == (recorded > 0):
            value = direction.better(recorded, gain * (recorded / self.beside))
            if math.isfinite(value):
                return value
        return direction.better(recorded, gain)


@dataclass(frozen=True, slots=True)
class MinDelta:
    """The smallest change that counts: absolute, or a fraction of the incumbent's value."""

    amount: float = 0.0
    relative: bool = False

    def at(self, value: float) -> float:
        """In the metric's unit, for an incumbent at `value`."""
        return self.amount * abs(value) if self.relative else self.amount


HOLDOUT = "holdout"
"""Stands in a constraint for the number that `holdout_command` prints."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound on a number beside the metric: absolute, or relative to the baseline's.

    A relative `amount` is signed: -0.005 is half a percent less than the baseline.
    """

    name: str
    at_least: bool
    amount: float
    relative: bool = False

    def bound(self, baseline: float) -> float:
        """The bound in the number's unit, for a baseline of this value."""
        return baseline + self.amount * abs(baseline) if self.relative else self.amount

    def __str__(self) -> str:
        amount = f"{self.amount * 100:+.12g}%" if self.relative else f"{self.amount:.12g}"
        return f"{self.name} {'>=' if self.at_least else '<='} {amount}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The version `head` of the project against `base`, both commits; values are in run order.

    `verdict` is `better`, `worse`, `equal`, `too_close`, or `broken` where the head gives no
    number, for `reason`. The head is better by `gain`, in the metric's unit, between `low` and
    `high`, which are None where there were too few pairs of runs; `exact` is a metric that repeats.
    """

    metric: str
    base: str
    head: str
    base_values: tuple[float, ...]
    head_values: tuple[float, ...]
    verdict: str
    reason: str = ""
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    exact: bool = False

    @property
    def base_value(self) -> float:
        """The median of the base's runs."""
        return median(self.base_values)

    @property
    def head_value(self) -> float | None:
        """The median of the head's runs; None without any."""
        return median(self.head_values) if self.head_values else None

    @property
    def pairs(self) -> int:
        """The pairs of runs that were compared."""
        return min(len(self.base_values), len(self.head_values))


@dataclass(frozen=True, slots=True)
class Importance:
    """A parameter of the best version that the metric has depended on.

    `share` of what moving parameters one by one changes, 0 to 1; `now` is its text, and it was
    moved in so many experiments: `tried`. `began` is the setting that it had at first, where its
    keeps have taken it far one way and to no end, as a hole in a metric does; else empty.
    """

    parameter: str
    now: str
    share: float
    tried: int
    began: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls.

    `input` counts all that was sent, cached or not; `billed_input` is what that costs in tokens
    at the full input price, where the provider bills cached ones differently. `estimated` where
    a server did not say and the most that it can have been stands instead.
    """

    input: int = 0
    output: int = 0
    billed_input: float = 0.0
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """All of them, in and out."""
        return self.input + self.output

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.billed_input + other.billed_input,
            self.estimated or other.estimated,
        )
