"""The loop: propose, edit, run, judge, keep or reset, record; and again.

Whoever wants to show, push or comment iterates over `research`; the loop knows
nothing of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from autoresearch_ci.bench import Measurement
from autoresearch_ci.interrupts import deferred
from autoresearch_ci.model import (
    BASELINE,
    Event,
    IncumbentMeasured,
    Note,
    Proposal,
    Reason,
    Rejected,
    Sample,
    Side,
    Status,
    StopReason,
    Verdict,
)
from autoresearch_ci.session import INTERRUPTED, Outcome, Session
from autoresearch_ci.workspace import Trial


def research(session: Session) -> Generator[Event, None, None]:
    """Propose, edit, run, judge, keep or reset, record; until a limit is reached."""
    stop = StopReason.ERROR
    try:
        yield session.ledger.append(session.start)
        yield from share(session)
        yield from measure_incumbent(session)
        if (yield from share(session)):
            yield from measure_incumbent(session)
        while (limit := session.limits.reached(session.progress)) is None:
            proposal = session.propose()
            if proposal is None:
                limit = StopReason.EXHAUSTED
                break
            if isinstance(proposal, Rejected):
                yield session.reject(proposal)
                continue
            yield from experiment(session, proposal)
            if (yield from share(session)):
                yield from measure_incumbent(session)
        stop = limit
    except KeyboardInterrupt:
        stop = StopReason.INTERRUPTED
        raise
    finally:
        end = session.end(stop)
        shared = session.share(last=True, hurry=stop is StopReason.INTERRUPTED)
    yield from (Note(text) for text in shared.notes)
    yield end


def share(session: Session) -> Generator[Event, None, bool]:
    """Publish what there is; whether the incumbent is another session's now."""
    shared = session.share()
    yield from (Note(text) for text in shared.notes)
    return shared.moved


def measure_incumbent(session: Session) -> Iterator[Event]:
    """The baseline in a new campaign, else the incumbent again: machines and days differ."""
    if note := session.follow_base():
        yield Note(note)
    text = session.campaign.source()
    if session.needs_baseline:
        yield from experiment(session, Proposal("baseline", text, proposer=BASELINE))
    elif not session.limits.setup_only:
        with session.campaign.trial(text) as trial:
            trial.show(Side.INCUMBENT)
            measurement = session.bench.measure(trial)
        value = session.bench.require(measurement)
        session.incumbent = (Sample(Side.INCUMBENT, value),)
        yield IncumbentMeasured(value, measurement.run.seconds)


def experiment(session: Session, proposal: Proposal) -> Iterator[Event]:
    """Try one idea. Its record is on the disk before the branch moves or the tree is reset."""
    first = session.needs_baseline
    with session.campaign.trial(proposal.text) as trial:
        try:
            yield session.announce(trial, proposal)
            outcome = baseline(session, trial) if first else attempt(session, trial, proposal)
        except KeyboardInterrupt:
            if session.history.baseline:  # the first is simply measured again, as if never begun
                session.conclude(trial, proposal, INTERRUPTED)
            raise
        with deferred():
            done = session.conclude(trial, proposal, outcome)
            if done.status is Status.KEEP and not first:
                trial.keep(done.commit)
    session.archive.write()
    yield done


def baseline(session: Session, trial: Trial) -> Outcome:
    """The project as it is must give a metric and pass its guard."""
    trial.show(Side.CANDIDATE)
    measurement = session.bench.measure(trial)
    value = session.bench.require(measurement)
    session.bench.require_guard(trial)
    outcome = Outcome(None, value, (Sample(Side.CANDIDATE, value),), (measurement,))
    return held_out(session, trial, outcome)


def attempt(session: Session, trial: Trial, proposal: Proposal) -> Outcome:
    """Run either side until the judge can decide; the guard has the last word on a keep."""
    if same := session.history.tried(trial.candidate):
        duplicate = Verdict(Status.DISCARD, Reason.DUPLICATE)
        return Outcome(duplicate, same.value, error=f"the same as experiment {same.experiment}")
    if broken := session.ruler.broken(session.source().text, proposal.text):
        return Outcome(Verdict(Status.DISCARD, Reason.RULE_VIOLATION), None, error=broken)
    contest = session.contest(proposal)
    runs: tuple[Measurement, ...] = ()
    while isinstance(decision := session.judge(contest), Side):
        trial.show(decision)
        runs = (*runs, run := session.bench.measure(trial))
        if run.failure or run.value is None:
            return Outcome(run.failure, run.value, contest.samples, runs, run.error)
        contest = contest.plus(Sample(decision, run.value))
    value = contest.values(Side.CANDIDATE)[-1]
    outcome = Outcome(decision, value, contest.samples, runs)
    return verified(session, trial, outcome) if decision.status is Status.KEEP else outcome


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


def second_look(session: Session, trial: Trial, outcome: Outcome) -> Outcome:
    """Run a candidate again whose value is far outside what the campaign has seen."""
    values = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
    if len(values) == 1:
        trial.show(Side.CANDIDATE)
        again = session.bench.measure(trial)
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
    value, error = session.bench.hold_out(trial)
    return replace(outcome, holdout=value, holdout_error=error)
