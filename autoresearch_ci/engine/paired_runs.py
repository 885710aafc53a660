"""Two versions against each other on fresh runs, side by side, that outlive an interrupt.

Each pair of runs is on record once it is measured. Whoever asks the same question of the
same versions before a confirmation came to its end goes on from there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import pairwise
from statistics import median

from autoresearch_ci.config import Settings
from autoresearch_ci.core.clock import timestamp
from autoresearch_ci.core.model import PairMeasured, Sample, Side, same
from autoresearch_ci.engine.evaluator import Measurement
from autoresearch_ci.engine.runs import Runs
from autoresearch_ci.engine.session import Session
from autoresearch_ci.judge.scale import scatter, substantial
from autoresearch_ci.workspace import Trial

PAIRS = 8
"""Pairs of runs for a question, and as many again where they leave it open."""

TIME_IS_UP = "the time was up; the pairs of runs that were measured count when it is gone on with"

_SAME = 3
"""Runs of a side that must be the same before the metric counts as exact."""

_RULES = (
    "setup_command", "run_command", "metric_parse", "measure_command", "time_budget",
    "kill_after", "memory_limit", "executor", "env",
)  # fmt: skip
"""The settings that a number depends on."""


@dataclass(frozen=True, slots=True)
class PairedResult:
    """The branch as it is, the incumbent, against something else, the candidate.

    Without an effect the candidate gave no number, which is the `failure`, or time was up.
    """

    effect: Effect | None
    samples: tuple[Sample, ...]
    runs: Runs
    failure: Measurement | None = None

    def middle(self, side: Side) -> float:
        """The median of one side."""
        return median(self._values(side))

    @property
    def level(self) -> float | None:
        """Where the incumbent stands, None where noise may be most of that."""
        values = self._values(Side.INCUMBENT)
        differences = tuple(after - before for before, after in pairwise(values))
        return substantial(median(values), scatter(differences) or 0.0)

    def _values(self, side: Side) -> list[float]:
        return [sample.value for sample in self.samples if sample.side is side]


def unlimited() -> bool:
    """Never over."""
    return False


def duel(
    session: Session, trial: Trial, pairs: int, is_over: Callable[[], bool] = unlimited
) -> PairedResult:
    """Runs of the branch and of what the trial holds, in pairs whose order alternates.

    A metric that repeats exactly is known by three pairs. Where `pairs` of them leave
    open what looks like a gain, as many again are run.
    """
    known = [pair for pair in measured(session) if pair.candidate == trial.candidate]
    samples = [sample for pair in known for sample in pair.samples]
    gains = [_gain(session, pair.samples) for pair in known]
    runs = Runs(session.evaluator, trial)
    while not (_repeats(samples) or settled(gains, pairs)):
        sides = [Side.INCUMBENT, Side.CANDIDATE]
        pair: list[Sample] = []
        for side in sides if len(gains) % 2 == 0 else reversed(sides):
            if is_over():
                return PairedResult(None, tuple(samples), runs)
            run = runs.of(side)
            if side is Side.CANDIDATE and run.failure:
                # The machine may have failed and not the candidate: both have another try.
                for again in (Side.INCUMBENT, Side.CANDIDATE):
                    run = runs.of(again)
                    if again is Side.INCUMBENT:
                        session.evaluator.require(run)
                if run.failure:
                    return PairedResult(None, tuple(samples), runs, run)
            pair.append(Sample(side, session.evaluator.require(run)))
        session.ledger.append(_record(session, trial, tuple(pair)))
        samples += pair
        gains.append(_gain(session, pair))
    return PairedResult(effect(gains, exact=_repeats(samples)), tuple(samples), runs)


def measured(session: Session) -> list[PairMeasured]:
    """The pairs that count here: of the branch as it is, by this machine and these settings."""
    here = (session.campaign.head, session.start.machine, rules(session.settings))
    return [pair for pair in session.history.pairs if (pair.head, pair.machine, pair.rules) == here]


def rules(settings: Settings) -> str:
    """A short name for what a number depends on besides the versions and the machine."""
    values = settings.model_dump(mode="json", include=set(_RULES))
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def _record(session: Session, trial: Trial, samples: tuple[Sample, ...]) -> PairMeasured:
    return PairMeasured(
        tag=session.start.tag,
        session=session.start.session,
        timestamp=timestamp(),
        metric=session.settings.metric_name,
        head=trial.parent,
        candidate=trial.candidate,
        samples=samples,
        machine=session.start.machine,
        rules=rules(session.settings),
    )


def _gain(session: Session, pair: Sequence[Sample]) -> float:
    """How much better the incumbent is."""
    values = {sample.side: sample.value for sample in pair}
    return session.history.direction.gain(values[Side.INCUMBENT], values[Side.CANDIDATE])


def _repeats(samples: list[Sample]) -> bool:
    """Whether either side was run three times and always gave the same number."""
    values = [[sample.value for sample in samples if sample.side is side] for side in Side]
    return all(
        len(side) >= _SAME and all(same(value, side[0]) for value in side) for side in values
    )


CONFIDENCE = 0.95
FEWEST = 6
"""Pairs below which no interval can have that confidence."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A gain in the metric's unit, positive where it is better, and its confidence interval.

    With too few pairs the interval is infinite. `exact` is a metric that repeats.
    """

    gain: float
    low: float
    high: float
    pairs: int
    exact: bool = False

    def better(self, by: float = 0.0) -> bool:
        """Whether it is shown to be better by more than `by`."""
        return self.low > by

    @property
    def worse(self) -> bool:
        """Whether it is shown to be worse."""
        return self.high < 0


def effect(gains: Sequence[float], *, exact: bool = False) -> Effect:
    """The effect that these gains, one a pair, show.

    The median of the means of all two of them (Hodges and Lehmann), with the
    interval that belongs to it. `exact` says that both sides repeat exactly.
    Raises ValueError without any gains.
    """
    if not gains:
        raise ValueError("no pair was measured")
    means = sorted((a + b) / 2 for i, a in enumerate(gains) for b in gains[i:])
    middle = median(means)
    if exact:
        return Effect(middle, middle, middle, len(gains), exact=True)
    cut = _cut(len(gains))
    if cut == 0:
        return Effect(middle, -math.inf, math.inf, len(gains))
    return Effect(middle, means[cut - 1], means[-cut], len(gains))


def settled(gains: Sequence[float], pairs: int) -> bool:
    """Whether these gains answer the question, of which `pairs` were to be measured.

    Where they leave open what looks like a gain, as many again are worth it.
    """
    if len(gains) < pairs:
        return False
    found = effect(gains)
    return len(gains) >= 2 * pairs or found.better() or found.gain <= 0


def _cut(pairs: int) -> int:
    """The rank, from 1, of the interval's end among the means of two; 0 where there is none."""
    tail = (1 - CONFIDENCE) / 2 * 2**pairs
    ways = _ways(pairs)
    total, cut = 0, 0
    for count in ways:
        total += count
        if total > tail:
            return cut
        cut += 1
    return cut


@cache
def _ways(pairs: int) -> tuple[int, ...]:
    """In how many of the 2**pairs ways to give signs the positive ranks sum to 0, 1, 2, ..."""
    ways = [1]
    for rank in range(1, pairs + 1):
        longer = [*ways, *([0] * rank)]
        for total, count in enumerate(ways):
            longer[total + rank] += count
        ways = longer
    return tuple(ways)
