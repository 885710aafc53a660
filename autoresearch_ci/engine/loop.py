"""The loop: propose, edit, run, judge, keep or reset, record; and again.

Whoever wants to show, push or comment iterates over `research`; the loop knows
nothing of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import (
    BASELINE,
    Event,
    IncumbentMeasured,
    Note,
    Proposal,
    Rejected,
    Status,
    StopReason,
)
from autoresearch_ci.engine import mutation
from autoresearch_ci.engine.confirm import dropped
from autoresearch_ci.engine.experiment import attempt, baseline, open_session
from autoresearch_ci.engine.session import INTERRUPTED, Session


def research(session: Session) -> Generator[Event, None, None]:
    """Propose, edit, run, judge, keep or reset, record; until a limit is reached."""
    stop, why = StopReason.ERROR, ""
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
            if mutation.is_due(session, proposal):
                yield from mutation.check(session)
                continue
            if isinstance(proposal, Rejected):
                yield session.reject(proposal)
            else:
                yield from experiment(session, proposal)
            if (yield from share(session)):
                yield from measure_incumbent(session)
        stop = limit
    except KeyboardInterrupt:
        stop = StopReason.INTERRUPTED
        raise
    except AutoresearchError as error:
        why = f"{error.message} {error.remedy}"
        raise
    finally:
        end = session.end(stop, why)
        shared = session.sync(last=True, hurry=stop is StopReason.INTERRUPTED)
    yield from (Note(text) for text in shared.notes)
    yield end


def share(session: Session) -> Generator[Event, None, bool]:
    """Publish what there is; whether the incumbent is another session's now."""
    shared = session.sync()
    yield from (Note(text) for text in shared.notes)
    return shared.moved


def measure_incumbent(session: Session) -> Iterator[Event]:
    """The baseline in a new campaign, else the incumbent again: machines and days differ.

    Nothing where the session has been asked to end.
    """
    if session.stopped:
        return
    if note := session.follow_base():
        yield Note(note)
    source = session.campaign.source()
    if note := session.foresee():
        yield Note(note)
    if session.needs_baseline:
        yield from experiment(session, Proposal("baseline", source, proposer=BASELINE))
    elif not session.limits.setup_only:
        with session.campaign.trial(source) as trial:
            measurements = open_session(session, trial).measurements
        for sample, measurement in zip(session.incumbent, measurements, strict=True):
            yield IncumbentMeasured(sample.value, measurement.run.seconds)


def experiment(session: Session, proposal: Proposal) -> Iterator[Event]:
    """Try one idea. Its record is on the disk before the branch moves or the tree is reset."""
    first = session.needs_baseline
    with session.campaign.trial(proposal.files) as trial:
        try:
            yield session.announce(trial, proposal)
            if first:
                outcome = baseline(session, trial)
            elif kept := session.history.taken_out_with(proposal):
                _, outcome = dropped(session, trial, kept, is_over=lambda: session.is_over)
            else:
                proposal, outcome = attempt(session, trial, proposal)
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
    if outcome.fault:
        raise outcome.fault
    if removed := session.campaign.removed():
        yield Note(removed)
