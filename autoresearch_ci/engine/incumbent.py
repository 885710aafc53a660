"""The incumbent in a session: measured before the first candidate, and asked when many crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median

from autoresearch_ci.core.model import Note, Reason, Sample, Side, Status
from autoresearch_ci.engine import constraints
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.engine.experiment import Conditions, Outcome, decide, hold_out, open_comparison
from autoresearch_ci.engine.forecast import Forecast
from autoresearch_ci.engine.measurement import Measurement
from autoresearch_ci.engine.runs import Runs, compare
from autoresearch_ci.judge import Comparison
from autoresearch_ci.workspace import Trial


class Incumbent:
    """The `samples` of the incumbent that this session has measured, and whether it still runs.

    `metrics` are the other numbers of those runs, after those of earlier incumbents' runs.
    `repeats` says that its runs here gave exactly the value on record.
    """

    def __init__(self, evaluator: Evaluator, forecast: Forecast) -> None:
        self._evaluator, self._forecast = evaluator, forecast
        self.samples: tuple[Sample, ...] = ()
        self.metrics: tuple[tuple[Mapping[str, float], ...], ...] = ()
        self.repeats = False
        self._crashes = 0

    def forget(self) -> None:
        """Know nothing of it: it is another one now."""
        self.samples, self.metrics = (), ()

    def believe(self, value: float) -> None:
        """Take the value on record for a run of it here, where the metric `repeats`."""
        self.samples, self.metrics = (Sample(Side.INCUMBENT, value),), ()

    def become(self, outcome: Outcome) -> None:
        """Take what was kept in its place, with its runs."""
        values = outcome.values(Side.CANDIDATE)
        self.samples = tuple(Sample(Side.INCUMBENT, value) for value in values)
        self.metrics = (*self.metrics, outcome.metrics)
        longest = max((each.run.seconds for each in outcome.measurements), default=0.0)
        self._evaluator.slowest = self._evaluator.slowest or longest

    def foresee(self, given: Conditions) -> str:
        """Say where the time is too short for an experiment, as far as the records tell."""
        comparison = open_comparison(given)
        return self._forecast.say(len(self.samples), planned_runs(given, comparison))

    def measure(self, trial: Trial, given: Conditions, what: str = "baseline") -> Runs:
        """Run it until the judge is ready for a candidate, or the time is up.

        `what` says which runs these are, for people. Raises BaselineError where one gives no
        metric.
        """
        self.forget()
        runs = Runs(given.evaluator, trial)

        def one(side: Side, so_far: Comparison) -> Measurement | None:
            if side is Side.CANDIDATE or (so_far.samples and given.is_over()):
                return None
            doing = _opening_run(what, given, so_far)
            run = runs.of(Side.INCUMBENT, doing, opens=not so_far.samples)
            given.evaluator.require(run, so_far.values(Side.INCUMBENT))
            constraints.require(given.settings, run)
            return run

        def take(so_far: Comparison) -> None:
            self.samples = so_far.samples
            planned, seconds = planned_runs(given, so_far), runs.measurements[-1].run.seconds
            if text := self._forecast.say(len(self.samples), planned, seconds):
                given.evaluator.tell(Note(text))

        compare(given.judge, open_comparison(replace(given, incumbent=())), one, take)
        self.metrics = (runs.metrics(Side.INCUMBENT),)
        best = given.history.incumbent
        self.repeats = best is not None and {s.value for s in self.samples} == {best.value}
        return runs

    def baseline(self, trial: Trial, given: Conditions) -> Outcome:
        """The outcome of the project as it is. It must give a metric and pass its guard.

        Raises BaselineError.
        """
        runs = self.measure(trial, given)
        given.evaluator.require_guard(trial)
        samples = tuple(Sample(Side.CANDIDATE, sample.value) for sample in self.samples)
        value = median(sample.value for sample in samples)
        log = runs.log(Side.INCUMBENT)
        metrics = runs.metrics(Side.INCUMBENT)
        outcome = Outcome(
            value,
            samples=samples,
            measurements=runs.measurements,
            log=log,
            metrics=metrics,
            output=runs.output(Side.INCUMBENT),
        )
        return hold_out(trial, outcome, given)

    def blame(self, trial: Trial, outcome: Outcome, given: Conditions) -> Outcome:
        """A crash is the candidate's own as long as the incumbent runs.

        With the second one in a row the incumbent is asked, then with the fourth, the eighth and
        so on. Where it fails twice, nothing can be learnt here any more, and the idea stays open.
        """
        if not outcome.measurements:
            return outcome
        verdict = decide(outcome)
        cut_short = verdict.reason is Reason.INTERRUPTED
        alone = cut_short and outcome.measurements[-1].reason is not None
        if not alone and (cut_short or verdict.status is not Status.CRASH):
            self._crashes = 0
            return outcome
        self._crashes += 1
        in_a_row = self._crashes
        if in_a_row == 1 or in_a_row & (in_a_row - 1) or given.is_over():
            return outcome
        runs = Runs(given.evaluator, trial, usual=True)
        for _ in range(2):
            if (run := runs.of(Side.INCUMBENT)).reason is None:
                break
        outcome = replace(outcome, measurements=(*outcome.measurements, *runs.measurements))
        if run.reason is None:
            return outcome
        fault = given.evaluator.broken(run)
        return replace(outcome.undecided(fault.message), log=run.log, fault=fault)


def planned_runs(given: Conditions, comparison: Comparison) -> int:
    """Runs of the incumbent that the judge wants first, as far as can be known by now.

    It is asked what it would do if all that come agreed with the last one.
    """
    best = given.history.incumbent
    last = best.value if best and best.value is not None else 0.0
    while given.judge(comparison) is Side.INCUMBENT:
        seen = comparison.samples
        comparison = comparison.plus(Sample(Side.INCUMBENT, seen[-1].value if seen else last))
    return len(comparison.samples)


def _opening_run(what: str, given: Conditions, comparison: Comparison) -> str:
    """The run of the incumbent that comes next, as people read it."""
    values = comparison.values(Side.INCUMBENT)
    open_end = "at least " if len(set(values)) <= 1 else ""
    return f"{what}, run {len(values) + 1} of {open_end}{planned_runs(given, comparison)}"
