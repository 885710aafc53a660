"""The loop: propose, edit, run, judge, keep or reset, record; and again.

Whoever wants to show, push or comment iterates over `research`; the loop knows
nothing of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from statistics import median

from autoresearch_ci.bench import Measurement
from autoresearch_ci.interrupts import deferred
from autoresearch_ci.model import (
    Event,
    IncumbentMeasured,
    Proposal,
    Reason,
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
        yield from measure_incumbent(session)
        while (limit := session.limits.reached(session.progress)) is None:
            proposal = session.proposer.propose(session.source(), session.history)
            if proposal is None:
                limit = StopReason.EXHAUSTED
                break
            yield from experiment(session, proposal)
        stop = limit
    except KeyboardInterrupt:
        stop = StopReason.INTERRUPTED
        raise
    finally:
        end = session.end(stop)
    yield end


def measure_incumbent(session: Session) -> Iterator[Event]:
    """The baseline in a new campaign, else the incumbent again: machines and days differ."""
    text = session.campaign.source()
    if session.history.baseline is None:
        yield from experiment(session, Proposal("baseline", text, proposer="baseline"))
    elif not session.limits.setup_only:
        with session.campaign.trial(text) as trial:
            measurements = open_session(session, trial)
        for sample, measurement in zip(session.incumbent, measurements, strict=True):
            yield IncumbentMeasured(sample.value, measurement.run.seconds)


def open_session(session: Session, trial: Trial) -> tuple[Measurement, ...]:
    """Run the incumbent until the judge is ready for a candidate."""
    session.incumbent = ()
    runs: tuple[Measurement, ...] = ()
    while session.judge(session.contest()) is Side.INCUMBENT:
        trial.show(Side.INCUMBENT)
        runs = (*runs, run := session.bench.measure(trial))
        session.incumbent += (Sample(Side.INCUMBENT, session.bench.require(run)),)
    return runs


def experiment(session: Session, proposal: Proposal) -> Iterator[Event]:
    """Try one idea. Its record is on the disk before the branch moves or the tree is reset."""
    first = session.history.baseline is None
    with session.campaign.trial(proposal.text) as trial:
        try:
            yield session.announce(trial, proposal)
            outcome = baseline(session, trial) if first else attempt(session, trial, proposal)
        except KeyboardInterrupt:
            if not first:  # a baseline that was interrupted is simply measured again
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
    runs = open_session(session, trial)
    session.bench.require_guard(trial)
    samples = tuple(Sample(Side.CANDIDATE, sample.value) for sample in session.incumbent)
    return Outcome(None, median(sample.value for sample in samples), samples, runs)


def attempt(session: Session, trial: Trial, proposal: Proposal) -> Outcome:
    """Run either side until the judge can decide; the guard has the last word on a keep."""
    if same := session.history.tried(trial.candidate):
        duplicate = Verdict(Status.DISCARD, Reason.DUPLICATE)
        return Outcome(duplicate, same.value, error=f"the same as experiment {same.experiment}")
    contest = session.contest(proposal)
    runs: tuple[Measurement, ...] = ()
    while isinstance(decision := session.judge(contest), Side):
        trial.show(decision)
        runs = (*runs, run := session.bench.measure(trial))
        if run.failure or run.value is None:
            return Outcome(run.failure, run.value, contest.samples, runs, run.error)
        contest = contest.plus(Sample(decision, run.value))
    prev, value = session.figures(contest, decision)
    if decision.status is Status.KEEP:
        trial.show(Side.CANDIDATE)
        if objection := session.bench.guard(trial):
            return Outcome(objection.verdict, value, contest.samples, runs, objection.error, prev)
    return Outcome(decision, value, contest.samples, runs, prev=prev)
