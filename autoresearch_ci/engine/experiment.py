"""From a candidate in the tree to its verdict: runs, the judge, and who has the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from autoresearch_ci.core.model import (
    Note,
    Proposal,
    Reason,
    Rejected,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.engine.runs import Runs
from autoresearch_ci.engine.session import INTERRUPTED, OUT_OF_TIME, Outcome, Session
from autoresearch_ci.judge import Comparison
from autoresearch_ci.workspace import Trial


def open_session(session: Session, trial: Trial) -> Runs:
    """Run the incumbent until the judge is ready for a candidate, or the time is up."""
    session.incumbent = ()
    runs, values = Runs(session.evaluator, trial), list[float]()
    while session.judge(session.comparison()) is Side.INCUMBENT:
        if session.incumbent and session.is_over:
            break
        run = runs.of(Side.INCUMBENT, session.opening_run(), opens=not values)
        values.append(session.evaluator.require(run, values))
        session.incumbent += (Sample(Side.INCUMBENT, values[-1]),)
        if text := session.foresee(run.run.seconds):
            session.evaluator.tell(Note(text))
    return runs


def baseline(session: Session, trial: Trial) -> Outcome:
    """The project as it is must give a metric and pass its guard."""
    runs = open_session(session, trial)
    session.evaluator.require_guard(trial)
    samples = tuple(Sample(Side.CANDIDATE, sample.value) for sample in session.incumbent)
    value = median(sample.value for sample in samples)
    outcome = Outcome(None, value, samples, runs.measurements, log=runs.log(Side.INCUMBENT))
    return held_out(session, trial, outcome)


def attempt(session: Session, trial: Trial, proposal: Proposal) -> tuple[Proposal, Outcome]:
    """Try an idea. One that crashes may be mended by who had it, within its experiment."""
    outcome = compared(session, trial, proposal)
    for _ in range(session.settings.max_fixes):
        if session.is_over or not session.is_mendable(outcome):
            break
        mended = session.repair(proposal, outcome.log)
        if mended is None:
            break
        tokens, cost = proposal.tokens + mended.tokens, proposal.cost_usd + mended.cost_usd
        if isinstance(mended, Rejected):
            proposal = replace(proposal, tokens=tokens, cost_usd=cost)
            break
        proposal = replace(mended, title=proposal.title, tokens=tokens, cost_usd=cost)
        trial.revise(proposal.files)
        before, outcome = outcome, compared(session, trial, proposal)
        outcome = replace(outcome, measurements=(*before.measurements, *outcome.measurements))
    return proposal, blamed(session, trial, outcome)


def compared(session: Session, trial: Trial, proposal: Proposal) -> Outcome:
    """Run either side until the judge can decide; a keep has to be verified.

    A run of the incumbent that fails says nothing of the candidate: there is another one,
    and if that fails too, right after it, the idea is left open.
    """
    same = session.history.tried(trial.candidate)
    if same and not (same.held and session.is_limited):
        duplicate = Verdict(Status.DISCARD, Reason.DUPLICATE)
        return Outcome(duplicate, same.value, error=f"the same as experiment {same.experiment}")
    if broken := session.frozen_lines.broken(session.campaign.source(), proposal.files):
        return Outcome(Verdict(Status.DISCARD, Reason.RULE_VIOLATION), None, error=broken)
    comparison = session.comparison(proposal)
    runs = Runs(session.evaluator, trial, usual=True)
    failed = False
    while side := wanted(session, decision := session.judge(comparison), runs):
        if session.is_over:
            return undecided(ended(comparison, runs), OUT_OF_TIME)
        run = runs.of(side, _name(side, comparison.values(side)))
        if run.failure and side is Side.INCUMBENT:
            if failed:
                error = f"the incumbent gave no metric either time: {run.error}"
                return undecided(ended(comparison, runs), error)
            failed = True
            continue
        failed = False
        if run.failure or run.value is None:
            failure = ended(comparison, runs)
            return replace(failure, verdict=run.failure, value=run.value, error=run.error)
        comparison = comparison.plus(Sample(side, run.value))
    assert isinstance(decision, Verdict)
    prev, value = session.figures(comparison, decision)
    outcome = replace(ended(comparison, runs), verdict=decision, value=value, prev=prev)
    kept = decision.status is Status.KEEP
    return verified(session, trial, runs, outcome) if kept else disbelieved(session, outcome)


def _name(side: Side, earlier: Sequence[float]) -> str:
    """Which run it is, for people."""
    return f"{side}, run {len(earlier) + 1}" if earlier else f"{side}"


def wanted(session: Session, decision: Verdict | Side, runs: Runs) -> Side | None:
    """Whose run is next: whom the judge asks for; None for a verdict.

    What looks at a keep has to find what a run of the candidate left, so that is the last
    one, and the judge has to stand by its verdict.
    """
    if isinstance(decision, Side):
        return decision
    is_looked_at = decision.status is Status.KEEP and session.is_looked_at()
    return Side.CANDIDATE if is_looked_at and runs.last is not Side.CANDIDATE else None


def ended(comparison: Comparison, runs: Runs) -> Outcome:
    """What was measured, without a verdict yet."""
    log = runs.log(Side.CANDIDATE)
    return Outcome(None, None, comparison.samples, runs.measurements, log=log)


def verified(session: Session, trial: Trial, runs: Runs, outcome: Outcome) -> Outcome:
    """What is about to be kept: a jump is looked at twice, and the guard has the last word."""
    if session.is_jump(outcome):
        outcome = second_look(session, runs, outcome)
        if outcome.verdict and outcome.verdict.status is not Status.KEEP:
            return outcome
    if doubt := session.in_doubt(outcome):
        return replace(implausible(outcome, doubt), held=True)
    trial.show(Side.CANDIDATE)
    if objection := session.evaluator.guard(trial):
        return outcome.opposed(objection)
    return held_out(session, trial, outcome)


def blamed(session: Session, trial: Trial, outcome: Outcome) -> Outcome:
    """A crash is the candidate's own as long as the incumbent runs.

    With the second one in a row the incumbent is asked, then with the fourth, the eighth and so
    on. Where it fails twice, nothing can be learnt here any more, and the idea stays open.
    """
    verdict = outcome.verdict
    if verdict is None or not outcome.measurements:
        return outcome
    alone = outcome.measurements[-1].failure is not None and verdict.reason is Reason.INTERRUPTED
    if not alone and (verdict.status is not Status.CRASH or verdict.reason is Reason.INTERRUPTED):
        session.failures = 0
        return outcome
    session.failures += 1
    in_a_row = session.failures
    if in_a_row == 1 or in_a_row & (in_a_row - 1) or session.is_over:
        return outcome
    runs = Runs(session.evaluator, trial)
    for _ in range(2):
        if (run := runs.of(Side.INCUMBENT)).reason is None:
            return replace(outcome, measurements=(*outcome.measurements, *runs.measurements))
    fault = session.evaluator.broken(run)
    outcome = replace(outcome, measurements=(*outcome.measurements, *runs.measurements))
    return replace(undecided(outcome, fault.message), log=run.log, fault=fault)


def undecided(outcome: Outcome, error: str) -> Outcome:
    """No verdict: what was measured is on record, and the idea may be tried again."""
    return replace(outcome, verdict=INTERRUPTED.verdict, value=None, error=error)


def implausible(outcome: Outcome, error: str) -> Outcome:
    """A number that is not believed."""
    verdict = Verdict(Status.CRASH, Reason.IMPLAUSIBLE)
    return replace(outcome, verdict=verdict, value=None, error=error, jump=False)


def second_look(session: Session, runs: Runs, outcome: Outcome) -> Outcome:
    """Run a candidate again whose value is far outside what the campaign has seen."""
    values = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
    if len(values) == 1:
        if session.is_over:
            return undecided(outcome, OUT_OF_TIME)
        again = runs.of(Side.CANDIDATE, "second look at the candidate")
        log = runs.log(Side.CANDIDATE)
        outcome = replace(outcome, measurements=runs.measurements, log=log)
        if again.failure or again.value is None:
            return replace(outcome, verdict=again.failure, value=again.value, error=again.error)
        values.append(again.value)
        sample = Sample(Side.CANDIDATE, again.value)
        outcome = replace(outcome, samples=(*outcome.samples, sample))
    if session.is_repeated(outcome, values):
        return replace(outcome, jump=True)
    return implausible(outcome, f"a jump that did not repeat: {_shown(values)}")


def disbelieved(session: Session, outcome: Outcome) -> Outcome:
    """A leap that was not kept since the candidate's next run did not show it.

    Where the metric has noise it is an outlier; where it repeats, it is no number.
    """
    values = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
    verdict = outcome.verdict
    repeats = verdict is not None and (verdict.gain is None or verdict.reason is Reason.EQUAL)
    if repeats and len(values) > 1 and session.is_leap(values[0]):
        return implausible(outcome, f"a jump that did not repeat: {_shown(values)}")
    return outcome


def _shown(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def held_out(session: Session, trial: Trial, outcome: Outcome) -> Outcome:
    """With the number that only people get to see; whatever becomes of it, the verdict stands."""
    if session.is_over and session.settings.holdout_command is not None:
        return replace(outcome, holdout_error="time_limit was reached")
    value, error = session.evaluator.hold_out(trial)
    return replace(outcome, holdout=value, holdout_error=error)
