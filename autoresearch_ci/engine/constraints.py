"""Constraints: bounds that other numbers of a candidate must keep before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import HOLDOUT, Constraint, Experiment, Reason, Sample, Side
from autoresearch_ci.engine.measurement import Measurement
from autoresearch_ci.engine.metric_forms import canonical
from autoresearch_ci.engine.runs import Runs
from autoresearch_ci.judge.bound import Standing, noise_of, standing

Metrics = Mapping[str, float]
"""The numbers of one run beside the metric, by name."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate against its constraints: without a `reason` it meets all of them.

    `samples` are of the runs that it took. A run that gave no metric is the `failure` of the side
    that `failed`; `over` says that no run could begin any more.
    """

    samples: tuple[Sample, ...] = ()
    reason: Reason | None = None
    error: str = ""
    failure: Measurement | None = None
    failed: Side | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Constraints:
    """The constraints of a session on numbers that its runs give.

    `earlier` are such numbers of the incumbents that this session has run, the last one's last.
    """

    settings: Settings
    history: History
    earlier: tuple[tuple[Metrics, ...], ...]

    @property
    def wanted(self) -> list[Constraint]:
        """Those that runs give the numbers for."""
        return [each for each in self.settings.constraints if each.name != HOLDOUT]

    def check(self, runs: Runs, is_over: Callable[[], bool]) -> Checked:
        """Hold a candidate that is about to be kept against them.

        The runs that were made count. Where noise leaves it open there are more, of both sides, the
        candidate's last, at most as many as the judge may ask for. Then what was measured decides.
        """
        samples: tuple[Sample, ...] = ()
        while self.wanted:
            candidate = runs.metrics(Side.CANDIDATE)
            if lacking := next(filter(None, (_lacking(self.settings, r) for r in candidate)), ""):
                error = f"a run gave no number for the constraint on {lacking}"
                return Checked(samples, Reason.NO_METRIC, error)
            enough = len(candidate) >= self.settings.max_repeats
            found = [(each, self._stands(each, runs)) for each in self.wanted if candidate]
            for each, stands in found:
                if not stands.met and (stands.sure or enough):
                    return Checked(samples, Reason.CONSTRAINT, _told(each, stands))
            if found and (enough or all(stands.sure for _, stands in found)):
                break
            for side in (Side.INCUMBENT, Side.CANDIDATE):
                if is_over():
                    return Checked(samples, over=True)
                run = runs.of(side, f"{side}, once more for the constraints")
                if run.reason is not None or run.value is None:
                    return Checked(samples, failure=run, failed=side)
                samples += (Sample(side, run.value),)
        return Checked(samples)

    def check_holdout(self, value: float | None) -> tuple[Reason | None, str]:
        """The same for what `holdout_command` printed of the candidate.

        The number is not told: proposers read errors.
        """
        for each in self.settings.constraints:
            if each.name != HOLDOUT:
                continue
            if value is None:
                return Reason.NO_METRIC, f"no number for the constraint on {HOLDOUT}"
            known = [kept.holdout for kept in self._kept() if kept.holdout is not None]
            bound = each.bound(known[0] if known else value)
            if not standing([value], bound, at_least=each.at_least, noise=0.0).met:
                return Reason.CONSTRAINT, f"not {each}"
        return None, ""

    def _stands(self, constraint: Constraint, runs: Runs) -> Standing:
        name = canonical(constraint.name)
        candidate = _values(runs.metrics(Side.CANDIDATE), name)
        groups = [_values(group, name) for group in self.earlier]
        incumbent = [
            *(groups.pop() if groups else []),
            *_values(runs.metrics(Side.INCUMBENT), name),
        ]
        bound, beside = constraint.amount, 0
        if constraint.relative:
            bound = constraint.bound(self._baseline(name, incumbent or candidate))
            beside = len(incumbent)
        noise = noise_of([*groups, incumbent, candidate])
        return standing(candidate, bound, at_least=constraint.at_least, noise=noise, beside=beside)

    def _baseline(self, name: str, incumbent: Sequence[float]) -> float:
        """The baseline's number as it would be here and now.

        By its size beside the incumbent's as both are on record: the machine may be another one.
        """
        here = median(incumbent)
        known = [kept.metrics[name] for kept in self._kept() if name in kept.metrics]
        if not known:
            return here
        first, last = known[0], known[-1]
        return first * (here / last) if last and here / last > 0 else first

    def _kept(self) -> list[Experiment]:
        """The baseline, and what was kept on top of it."""
        kept, first = self.history.kept, self.history.baseline
        return [each for each in kept if first and each.experiment >= first.experiment]


def require(settings: Settings, run: Measurement) -> None:
    """Raise BaselineError where the unchanged project lacks a number that a constraint is about."""
    if lacking := _lacking(settings, run.metrics):
        raise BaselineError(
            f"Nothing measures {lacking}, which a constraint is about.",
            detail=run.log,
            remedy=measuring(lacking),
        )


def measuring(name: str) -> str:
    """The ways to give a constraint its number, as a remedy."""
    return (
        f"Let the run print it, `METRIC {name}=1.5` on a line of its own, or write it to the JSON "
        "file in $AUTORESEARCH_RESULT; a measure_command has to print it itself. Or take the "
        "constraint out."
    )


def _values(group: Sequence[Metrics], name: str) -> list[float]:
    return [run[name] for run in group if name in run]


def _lacking(settings: Settings, metrics: Metrics) -> str:
    names = [each.name for each in settings.constraints if each.name != HOLDOUT]
    return next((name for name in names if canonical(name) not in metrics), "")


def _told(constraint: Constraint, stands: Standing) -> str:
    value, bound = f"{stands.value:.6g}", f"{stands.bound:.6g}"
    if not constraint.relative:
        return f"{constraint.name} is {value}, and not {constraint}"
    limit = "at least" if constraint.at_least else "at most"
    return f"{constraint.name} is {value}, and {limit} {bound} is allowed: {constraint}"
