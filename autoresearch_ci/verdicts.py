"""From a candidate in the tree to its verdict: runs, the judge, and who has the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from autoresearch_ci.bench import Measurement
from autoresearch_ci.model import Note, Proposal, Reason, Rejected, Sample, Side, Status, Verdict
from autoresearch_ci.session import INTERRUPTED, OUT_OF_TIME, Outcome, Session
from autoresearch_ci.workspace import Trial


def open_session(session: Session, trial: Trial) -> tuple[Measurement, ...]:
    """Run the incumbent until the judge is ready for a candidate, or the time is up."""
    session.incumbent = ()
    runs: tuple[Measurement, ...] = ()
    while session.judge(session.contest()) is Side.INCUMBENT:
        if runs and session.is_over:
            break
        trial.show(Side.INCUMBENT)
        run = session.bench.measure(trial, session.opening_run(), opens=not runs)
        runs = (*runs, run)
        session.incumbent += (Sample(Side.INCUMBENT, session.bench.require(run)),)
        if text := session.foresee(run.run.seconds):
            session.bench.tell(Note(text))
    return runs


def baseline(session: Session, trial: Trial) -> Outcome:
    """The project as it is must give a metric and pass its guard."""
    runs = open_session(session, trial)
    session.bench.require_guard(trial)
    samples = tuple(Sample(Side.CANDIDATE, sample.value) for sample in session.incumbent)
    value = median(sample.value for sample in samples)
    return held_out(session, trial, Outcome(None, value, samples, runs))


def attempt(session: Session, trial: Trial, proposal: Proposal) -> tuple[Proposal, Outcome]:
    """Try an idea. One that crashes may be mended by who had it, within its experiment."""
    outcome = contested(session, trial, proposal)
    for _ in range(session.settings.max_fixes):
        if session.is_over or not session.is_mendable(outcome):
            break
        mended = session.repair(proposal)
        if mended is None:
            break
        tokens, cost = proposal.tokens + mended.tokens, proposal.cost_usd + mended.cost_usd
        if isinstance(mended, Rejected):
            proposal = replace(proposal, tokens=tokens, cost_usd=cost)
            break
        proposal = replace(mended, title=proposal.title, tokens=tokens, cost_usd=cost)
        trial.revise(proposal.text)
        before, outcome = outcome, contested(session, trial, proposal)
        outcome = replace(outcome, measurements=(*before.measurements, *outcome.measurements))
    return proposal, outcome


def contested(session: Session, trial: Trial, proposal: Proposal) -> Outcome:
    """Run either side until the judge can decide; a keep has to be verified.

    A run of the incumbent that fails says nothing of the candidate: there is another one,
    and if that fails too, right after it, the idea is left open.
    """
    if same := session.history.tried(trial.candidate):
        duplicate = Verdict(Status.DISCARD, Reason.DUPLICATE)
        return Outcome(duplicate, same.value, error=f"the same as experiment {same.experiment}")
    if broken := session.ruler.broken(session.source().text, proposal.text):
        return Outcome(Verdict(Status.DISCARD, Reason.RULE_VIOLATION), None, error=broken)
    contest = session.contest(proposal)
    runs: tuple[Measurement, ...] = ()
    failed = False
    while isinstance(decision := session.judge(contest), Side):
        if session.is_over:
            return undecided(Outcome(None, None, contest.samples, runs), OUT_OF_TIME)
        trial.show(decision)
        run = session.bench.measure(trial, _name(decision, contest.values(decision)))
        runs = (*runs, run)
        if run.failure and decision is Side.INCUMBENT:
            if failed:
                error = f"the incumbent gave no metric either time: {run.error}"
                return undecided(Outcome(None, None, contest.samples, runs), error)
            failed = True
            continue
        failed = False
        if run.failure or run.value is None:
            return Outcome(run.failure, run.value, contest.samples, runs, run.error)
        contest = contest.plus(Sample(decision, run.value))
    prev, value = session.figures(contest, decision)
    outcome = Outcome(decision, value, contest.samples, runs, prev=prev)
    return verified(session, trial, outcome) if decision.status is Status.KEEP else outcome


def _name(side: Side, earlier: Sequence[float]) -> str:
    """Which run it is, for people."""
    return f"{side}, run {len(earlier) + 1}" if earlier else f"{side}"


def verified(session: Session, trial: Trial, outcome: Outcome) -> Outcome:
    """What is about to be kept: a jump is looked at twice, and the guard has the last word."""
    if session.is_jump(outcome):
        outcome = second_look(session, trial, outcome)
        if outcome.verdict and outcome.verdict.status is not Status.KEEP:
            return outcome
    trial.show(Side.CANDIDATE)
    if objection := session.bench.guard(trial):
        return replace(outcome, verdict=objection.verdict, error=objection.error, jump=False)
    return held_out(session, trial, outcome)


def undecided(outcome: Outcome, error: str) -> Outcome:
    """No verdict: what was measured is on record, and the idea may be tried again."""
    return replace(outcome, verdict=INTERRUPTED.verdict, value=None, error=error)


def second_look(session: Session, trial: Trial, outcome: Outcome) -> Outcome:
    """Run a candidate again whose value is far outside what the campaign has seen."""
    values = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
    if len(values) == 1:
        if session.is_over:
            return undecided(outcome, OUT_OF_TIME)
        trial.show(Side.CANDIDATE)
        again = session.bench.measure(trial, "second look at the candidate")
        outcome = replace(outcome, measurements=(*outcome.measurements, again))
        if again.failure or again.value is None:
            return replace(outcome, verdict=again.failure, value=again.value, error=again.error)
        values.append(again.value)
        sample = Sample(Side.CANDIDATE, again.value)
        outcome = replace(outcome, samples=(*outcome.samples, sample))
    if session.is_repeated(outcome, values):
        return replace(outcome, jump=True)
    verdict = Verdict(Status.CRASH, Reason.IMPLAUSIBLE)
    shown = ", ".join(f"{value:g}" for value in values)
    error = f"a jump that did not repeat: {shown}"
    return replace(outcome, verdict=verdict, value=None, error=error)


def held_out(session: Session, trial: Trial, outcome: Outcome) -> Outcome:
    """With the number that only people get to see; whatever becomes of it, the verdict stands."""
    if session.is_over and session.settings.holdout_command is not None:
        return replace(outcome, holdout_error="time_limit was reached")
    value, error = session.bench.hold_out(trial)
    return replace(outcome, holdout=value, holdout_error=error)
