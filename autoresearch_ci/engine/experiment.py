"""One experiment: from a candidate in the tree to its outcome, and what the outcome means.

`run` measures and looks closely; it knows no ledger and no session. `decide` says what is kept:
it is the one place where an outcome becomes keep, discard or crash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from statistics import median

from autoresearch_ci.config import Settings
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    FileSet,
    Proposal,
    Reason,
    Rejected,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.engine.constraints import Constraints
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.engine.knowledge import is_bounded
from autoresearch_ci.engine.measurement import Measurement, Objection
from autoresearch_ci.engine.runs import Runs, compare
from autoresearch_ci.judge import Comparison, Judge, NoiseModel, ending_on_candidate
from autoresearch_ci.judge.outlier import change_of_meaning, is_outlier, repeats
from autoresearch_ci.source_code.frozen_lines import FrozenLines
from autoresearch_ci.source_code.syntax import code_lines
from autoresearch_ci.workspace import Trial

OUT_OF_TIME = "time_limit was reached before it had a verdict"
"""Why an experiment was interrupted that took longer than anybody could know."""

_DISCARDED = (
    Reason.DUPLICATE, Reason.RULE_VIOLATION, Reason.GUARD_FAILED, Reason.CONSTRAINT, Reason.UNTESTED
)  # fmt: skip
"""Objections to a candidate that may well have run."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that an experiment depends on besides its candidate.

    `source` is the incumbent, `incumbent` are this session's runs of it, `noise_model` is
    the metric's noise. `responds` tells whether the metric depends on the target, `is_over`
    whether the time is up; `repair` asks whoever had an idea that crashed to mend it.
    """

    settings: Settings
    evaluator: Evaluator
    judge: Judge
    frozen_lines: FrozenLines
    history: History
    source: FileSet
    incumbent: tuple[Sample, ...]
    constraints: Constraints
    noise_model: NoiseModel
    responds: Callable[[], bool]
    is_over: Callable[[], bool]
    repair: Callable[[Proposal, str], Proposal | Rejected | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Facts about an experiment; `decide` turns them into a verdict.

    `judged` is the judge's verdict on the numbers, `objection` what stands above it. The
    baseline has neither. `prev` is what the candidate was held against, None for the last kept
    value. `log` is the end of the log of the candidate's last run, with that of a guard that
    failed. `proposal` is the idea as it was tried at last, where it was mended. `metrics` are the
    other numbers of each of its runs, `output` an excerpt of what its last good one printed.
    `fault` is why no other experiment can be tried: the project itself no longer runs.
    """

    value: float | None = None
    judged: Verdict | None = None
    objection: Reason | None = None
    error: str = ""
    samples: tuple[Sample, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    jump: bool = False
    held: bool = False
    holdout: float | None = None
    holdout_error: str = ""
    prev: float | None = None
    log: str = ""
    proposal: Proposal | None = None
    metrics: tuple[Mapping[str, float], ...] = ()
    output: str = ""
    fault: BaselineError | None = None

    @property
    def is_baseline(self) -> bool:
        return self.judged is None and self.objection is None

    def values(self, side: Side) -> list[float]:
        """The measured values of one side, oldest first."""
        return [sample.value for sample in self.samples if sample.side is side]

    def failed(self, run: Measurement) -> Outcome:
        """The same where a run of the candidate gave no number to judge."""
        return replace(self, objection=run.reason, value=run.value, error=run.error)

    def refused(self, reason: Reason, error: str) -> Outcome:
        """The same where a constraint is against it; without its number, it is a crash."""
        value = self.value if reason is Reason.CONSTRAINT else None
        return replace(self, objection=reason, value=value, error=error, jump=False)

    def undecided(self, error: str) -> Outcome:
        """The same without a verdict: what was measured is on record, and the idea stays open."""
        return replace(self, objection=Reason.INTERRUPTED, value=None, error=error)

    def implausible(self, error: str, *, held: bool = False) -> Outcome:
        """The same with a number that is not believed; `held` until a person allows it."""
        reason = Reason.IMPLAUSIBLE
        return replace(self, objection=reason, value=None, error=error, jump=False, held=held)

    def untested(self, error: str) -> Outcome:
        """The same where nobody was seen to run the code that it deletes."""
        return replace(self, objection=Reason.UNTESTED, error=error, jump=False)

    def opposed(self, guard: Objection) -> Outcome:
        """The same where the guard objects, with what it printed."""
        log = f"{self.log}\n--- guard_command ---\n{guard.log}" if guard.log else self.log
        return replace(self, objection=guard.reason, error=guard.error, jump=False, log=log)


INTERRUPTED = Outcome(objection=Reason.INTERRUPTED, error="interrupted before it had a verdict")


def decide(outcome: Outcome) -> Verdict:
    """Keep, discard or crash: whatever stands against a candidate, else what the judge says.

    The baseline is kept for no reason.
    """
    if outcome.objection is not None:
        status = Status.DISCARD if outcome.objection in _DISCARDED else Status.CRASH
        return Verdict(status, outcome.objection)
    return outcome.judged or Verdict(Status.KEEP, None)


def run(proposal: Proposal, trial: Trial, given: Conditions) -> Outcome:
    """Try an idea. One that crashes may be mended by who had it, within its experiment."""
    outcome = attempt(proposal, trial, given)
    for _ in range(given.settings.max_fixes):
        if given.is_over() or not is_mendable(outcome, proposal.files):
            break
        mended = given.repair(proposal, outcome.log)
        if mended is None:
            break
        tokens, cost = proposal.tokens + mended.tokens, proposal.cost_usd + mended.cost_usd
        if isinstance(mended, Rejected):
            proposal = replace(proposal, tokens=tokens, cost_usd=cost)
            break
        proposal = replace(mended, title=proposal.title, tokens=tokens, cost_usd=cost)
        trial.revise(proposal.files)
        before, outcome = outcome, attempt(proposal, trial, given)
        outcome = replace(outcome, measurements=(*before.measurements, *outcome.measurements))
    return replace(outcome, proposal=proposal)


def attempt(proposal: Proposal, trial: Trial, given: Conditions) -> Outcome:
    """Run either side until the judge decides; then look closely at what it says."""
    if found := unmeasured(proposal, trial, given):
        return found
    runs = Runs(given.evaluator, trial, usual=True)
    outcome = measure(runs, open_comparison(given, proposal.files), given)
    if outcome.judged is not None:
        kept = decide(outcome).status is Status.KEEP
        outcome = (
            verify(trial, runs, outcome, given) if kept else disbelieve(outcome, given.history)
        )
    return replace(
        outcome, metrics=runs.metrics(Side.CANDIDATE), output=runs.output(Side.CANDIDATE)
    )


def unmeasured(proposal: Proposal, trial: Trial, given: Conditions) -> Outcome | None:
    """The outcome of a candidate that need not be run: tried before, or against the rules."""
    same = given.history.tried(trial.candidate)
    if same and not (same.held and is_bounded(given.settings, given.history.direction)):
        error = f"the same as experiment {same.experiment}"
        return Outcome(same.value, objection=Reason.DUPLICATE, error=error)
    if broken := trial.refusal or given.frozen_lines.broken(given.source, proposal.files):
        return Outcome(objection=Reason.RULE_VIOLATION, error=broken)
    return None


def open_comparison(given: Conditions, candidate: FileSet | None = None) -> Comparison:
    """The judge's question before the first run of a candidate, or before there is one."""
    files = given.source if candidate is None else candidate
    return Comparison(
        direction=given.history.direction,
        min_delta=given.settings.min_delta,
        samples=given.incumbent,
        simpler=lambda: given.responds() and lines(files) < lines(given.source),
        noise_model=given.noise_model,
    )


def measure(runs: Runs, comparison: Comparison, given: Conditions) -> Outcome:
    """Run whichever side the judge asks for until it decides.

    A run of the incumbent that fails says nothing of the candidate: there is another one,
    and if that fails too, right after it, the idea is left open.
    """
    judge = ending_on_candidate(given.judge) if is_looked_at(given.settings) else given.judge

    def one(side: Side, comparison: Comparison) -> Measurement | None:
        for _ in range(2 if side is Side.INCUMBENT else 1):
            if given.is_over():
                return None
            earlier = len(comparison.values(side))
            run = runs.of(side, f"{side}, run {earlier + 1}" if earlier else f"{side}")
            if run.reason is None:
                break
        return run

    found = compare(judge, comparison, one)
    log = runs.log(Side.CANDIDATE)
    outcome = Outcome(samples=found.comparison.samples, measurements=runs.measurements, log=log)
    if found.verdict is not None:
        prev, value = figures(found.comparison, found.verdict, given.history)
        return replace(outcome, judged=found.verdict, value=value, prev=prev)
    if found.failure is None:
        return outcome.undecided(OUT_OF_TIME)
    if found.failed is Side.INCUMBENT:
        error = f"the incumbent gave no metric either time: {found.failure.error}"
        return outcome.undecided(error)
    return outcome.failed(found.failure)


def figures(comparison: Comparison, verdict: Verdict, history: History) -> tuple[float, float]:
    """The incumbent's value and the candidate's, as they are written down.

    Where there is noise, the best of several numbers is a lucky one, and the
    machine may have changed since the last keep. So there the candidate's value
    is the last kept value made better by the gain that the judge believes in,
    as a part of the incumbent's value today. Where the noise is as large as that value, and the
    candidate is not kept, it lies within what was measured.
    """
    last = history.incumbent
    if verdict.gain is None or last is None or last.value is None:
        return comparison.values(Side.INCUMBENT)[-1], comparison.values(Side.CANDIDATE)[-1]
    value = verdict.value(last.value, comparison.direction)
    if verdict.beside is None and verdict.status is not Status.KEEP:
        measured = [last.value, *(sample.value for sample in comparison.samples)]
        value = min(max(value, min(measured)), max(measured))
    return last.value, value


def verify(trial: Trial, runs: Runs, outcome: Outcome, given: Conditions) -> Outcome:
    """Look again at what is about to be kept; the guard has the last word."""
    if outcome.value is not None and is_outlier(given.history, outcome.value):
        outcome = second_look(runs, outcome, given)
        if decide(outcome).status is not Status.KEEP:
            return outcome
    if doubt := in_doubt(outcome, given):
        return outcome.implausible(doubt, held=True)
    return last_look(trial, runs, outcome, given)


def last_look(trial: Trial, runs: Runs, outcome: Outcome, given: Conditions) -> Outcome:
    """Constraints, guard, holdout: what all of a candidate has to pass before a keep."""
    outcome = constrain(runs, outcome, given)
    if decide(outcome).status is not Status.KEEP:
        return outcome
    trial.show(Side.CANDIDATE)
    if objection := given.evaluator.guard(trial):
        return outcome.opposed(objection)
    outcome = hold_out(trial, outcome, given)
    reason, error = given.constraints.check_holdout(outcome.holdout)
    return outcome.refused(reason, error) if reason else outcome


def constrain(runs: Runs, outcome: Outcome, given: Conditions) -> Outcome:
    """Hold the candidate's other numbers against the user's constraints."""
    found = given.constraints.check(runs, given.is_over)
    outcome = replace(
        outcome,
        samples=(*outcome.samples, *found.samples),
        measurements=runs.measurements,
        log=runs.log(Side.CANDIDATE),
    )
    if found.over:
        return outcome.undecided(OUT_OF_TIME)
    if found.failure and found.failed is Side.CANDIDATE:
        return outcome.failed(found.failure)
    if found.failure:
        return outcome.undecided(f"the incumbent gave no metric: {found.failure.error}")
    return outcome.refused(found.reason, found.error) if found.reason else outcome


def second_look(runs: Runs, outcome: Outcome, given: Conditions) -> Outcome:
    """Run a candidate again whose value is far outside what the campaign has seen."""
    values = outcome.values(Side.CANDIDATE)
    if len(values) == 1:
        if given.is_over():
            return outcome.undecided(OUT_OF_TIME)
        again = runs.of(Side.CANDIDATE, "second look at the candidate")
        log = runs.log(Side.CANDIDATE)
        outcome = replace(outcome, measurements=runs.measurements, log=log)
        if again.reason or again.value is None:
            return outcome.failed(again)
        values.append(again.value)
        sample = Sample(Side.CANDIDATE, again.value)
        outcome = replace(outcome, samples=(*outcome.samples, sample))
    if is_repeated(outcome, values, given.history.direction):
        return replace(outcome, jump=True)
    return outcome.implausible(f"a jump that did not repeat: {_shown(values)}")


def is_repeated(outcome: Outcome, values: Sequence[float], direction: Direction) -> bool:
    """Return whether all these runs of the candidate show the gain that it is said to be.

    Over the incumbent's runs beside them: the value on record may be another machine's.
    """
    verdict = outcome.judged
    if verdict is None or outcome.prev is None or outcome.value is None:
        return False
    first = [sample.side for sample in outcome.samples].index(Side.CANDIDATE)
    beside = [s.value for s in outcome.samples[first:] if s.side is Side.INCUMBENT]
    today = median(beside or [outcome.samples[first - 1].value])
    gain = verdict.gain
    if gain is None:
        gain = direction.gain(outcome.value, outcome.prev)
    return repeats(direction, today, direction.better(today, gain), values)


def in_doubt(outcome: Outcome, given: Conditions) -> str:
    """Why the candidate's numbers may not mean what those before did; empty if they do."""
    direction = given.history.direction
    if is_bounded(given.settings, direction):
        return ""
    lower = direction is Direction.LOWER
    doubt = change_of_meaning(given.history, outcome.samples)
    name = "metric_min" if lower else "metric_max"
    values = outcome.values(Side.CANDIDATE)
    edge = (min(values) if lower else max(values)) + 0.0  # and no -0
    return doubt and f"{doubt}; where that is right, set {name} to {edge:g}: it is tried again"


def disbelieve(outcome: Outcome, history: History) -> Outcome:
    """A leap that was not kept since the candidate's next run did not show it.

    Where the metric has noise it is an outlier; where it repeats, it is no number.
    """
    values, verdict = outcome.values(Side.CANDIDATE), decide(outcome)
    exact = verdict.gain is None or verdict.reason is Reason.EQUAL
    if exact and len(values) > 1 and is_outlier(history, values[0]):
        return outcome.implausible(f"a jump that did not repeat: {_shown(values)}")
    return outcome


def hold_out(trial: Trial, outcome: Outcome, given: Conditions) -> Outcome:
    """Add the number that only people get to see; whatever becomes of it, the verdict stands."""
    if given.is_over() and given.settings.holdout_command is not None:
        return replace(outcome, holdout_error="time_limit was reached")
    value, error = given.evaluator.hold_out(trial)
    return replace(outcome, holdout=value, holdout_error=error)


def lines(files: FileSet) -> int:
    """Lines of code in all files together."""
    return sum(code_lines(path, text) for path, text in files.items())


def is_looked_at(settings: Settings) -> bool:
    """Return whether a command of the user's looks at what the run of a keep has left."""
    return any((settings.guard_command, settings.holdout_command))


def is_mendable(outcome: Outcome, files: FileSet) -> bool:
    """Return whether it is a crash whose log names one of the files: a mistake in the text."""
    crashed = decide(outcome).reason is Reason.NONZERO_EXIT
    return crashed and any(PurePosixPath(path).name in outcome.log for path in files)


def _shown(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
