"""Two versions against each other on fresh runs, side by side, that outlive an interrupt.

Each pair of runs is on record once it is measured. Whoever asks the same question of the
same versions before a confirmation came to its end goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from statistics import median

from autoresearch_ci.config import Settings
from autoresearch_ci.core.model import PairMeasured, Sample, Side, Verdict
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.measurement import Measurement
from autoresearch_ci.engine.runs import Runs, compare
from autoresearch_ci.engine.session import Session
from autoresearch_ci.judge import Comparison, Judge
from autoresearch_ci.judge.paired import Interval, complete, interval
from autoresearch_ci.workspace import Trial

TIME_IS_UP = "the time was up; the pairs of runs that were measured count when it is gone on with"

_RULES = (
    "setup_command", "run_command", "metric_parse", "measure_command", "time_budget",
    "kill_after", "memory_limit", "isolation", "network", "env",
)  # fmt: skip
"""The settings that a number depends on."""


@dataclass(frozen=True, slots=True)
class PairedResult:
    """The branch as it is, the incumbent, against something else, the candidate.

    Without a verdict the candidate gave no number, which is the `failure`, or time was up.
    """

    verdict: Verdict | None
    comparison: Comparison
    runs: Runs
    failure: Measurement | None = None

    @property
    def interval(self) -> Interval | None:
        """By how much the incumbent is better; None without a verdict."""
        return interval(self.comparison) if self.verdict else None

    def middle(self, side: Side) -> float:
        """The median of one side."""
        return median(self.comparison.values(side))


def unlimited() -> bool:
    """Never over."""
    return False


def run_pairs(
    session: Session, trial: Trial, judge: Judge, is_over: Callable[[], bool] = unlimited
) -> PairedResult:
    """Run the branch and what the trial holds in pairs, until the judge decides.

    Raises BaselineError where the branch gives no metric.
    """
    known = [pair for pair in measured(session) if pair.candidate == trial.candidate]
    runs = Runs(session.evaluator, trial)

    def measure(side: Side, _so_far: Comparison) -> Measurement | None:
        if is_over():
            return None
        run = runs.of(side)
        if side is Side.CANDIDATE and run.reason:
            # The machine may have failed and not the candidate: both have another try.
            session.evaluator.require(runs.of(Side.INCUMBENT))
            run = runs.of(Side.CANDIDATE)
        if side is Side.INCUMBENT:
            session.evaluator.require(run)
        return run

    def record(so_far: Comparison) -> None:
        if len(so_far.samples) % 2 == 0:
            session.ledger.append(_record(session, trial, so_far.samples[-2:]))

    comparison = Comparison(
        direction=session.history.direction,
        min_delta=session.settings.min_delta,
        samples=tuple(sample for pair in known for sample in pair.samples),
        simpler=lambda: True,
    )
    found = compare(judge, comparison, measure, record)
    pairs = replace(found.comparison, samples=complete(found.comparison.samples))
    return PairedResult(found.verdict, pairs, runs, found.failure)


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
