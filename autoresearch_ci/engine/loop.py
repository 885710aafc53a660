"""The loop: propose, edit, run, judge, keep or reset, record; and again.

Whoever wants to show, push or comment iterates over `research`; the loop knows
nothing of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from autoresearch_ci.campaign.sync import NoRemote
from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.core.history import FOLLOWS
from autoresearch_ci.core.model import (
    BASELINE,
    Event,
    IncumbentMeasured,
    Note,
    Phase,
    Proposal,
    Rejected,
    StopReason,
)
from autoresearch_ci.engine import experiment, mutation, search_keeps
from autoresearch_ci.engine.confirm import dropped
from autoresearch_ci.engine.experiment import INTERRUPTED, Outcome
from autoresearch_ci.engine.session import Session, conclude, end, synchronize
from autoresearch_ci.workspace import Trial


def research(session: Session) -> Generator[Event, None, None]:
    """Propose, edit, run, judge, keep or reset, record; until a limit is reached."""
    yield from held(session, _experiments(session))


def held(
    session: Session, experiments: Generator[Event, None, StopReason], *, measure: bool = True
) -> Generator[Event, None, None]:
    """Hold a session: its record, the incumbent's runs, the experiments, and the end of all.

    The experiments begin once the incumbent is known, and return why they ended. Without
    `measure` there are none that would need to know it.
    """
    stop, why = StopReason.ERROR, ""
    try:
        yield session.recorder.began()
        yield from sync(session)
        if measure:
            yield from measure_incumbent(session)
        stop = yield from experiments
        if not isinstance(session.remote_sync, NoRemote):
            session.evaluator.tell(Phase("publishing what was found"))
    except KeyboardInterrupt:
        stop = StopReason.INTERRUPTED
        raise
    except AutoresearchError as error:
        why = f"{error.message} {error.remedy}"
        raise
    finally:
        ended = end(session, stop, why)
        synced = synchronize(session, last=True, hurry=stop is StopReason.INTERRUPTED)
    yield from (Note(text) for text in synced.notes)
    yield ended


def _experiments(session: Session) -> Generator[Event, None, StopReason]:
    """One idea after the other, until a limit is reached or none is left."""
    if (yield from sync(session)):
        yield from measure_incumbent(session)
    while (limit := session.limits.reached(session.progress)) is None:
        session.evaluator.tell(Phase("choosing the next experiment"))
        idea = session.next_idea.propose()
        if idea is None:
            return StopReason.EXHAUSTED
        if mutation.is_due(session, idea):
            yield from mutation.check(session)
            continue
        if isinstance(idea, Rejected):
            yield session.recorder.rejected(idea)
        else:
            yield from attempt(session, idea)
        if (yield from sync(session)):
            yield from measure_incumbent(session)
    return limit


def sync(session: Session) -> Generator[Event, None, bool]:
    """Share what there is; return whether the incumbent is another session's now."""
    synced = synchronize(session)
    yield from (Note(text) for text in synced.notes)
    return synced.moved


def measure_incumbent(session: Session) -> Iterator[Event]:
    """The baseline in a new campaign, else the incumbent again: machines and days differ.

    Nothing where the session has been asked to end.
    """
    if session.stops.requested:
        return
    if note := follow_base(session):
        yield Note(note)
    given = session.conditions()
    if note := session.incumbent.foresee(given):
        yield Note(note)
    if session.needs_baseline:
        best = session.history.incumbent
        change = {FOLLOWS: best.commit} if best else {}
        yield from attempt(session, Proposal("baseline", given.source, BASELINE, change))
    elif (value := adopted(session)) is not None:
        session.incumbent.believe(value)
    elif not session.limits.setup_only:
        trial = session.campaign.trial(given.source)
        runs = session.incumbent.measure(trial, given, "incumbent measured again")
        for sample, run in zip(session.incumbent.samples, runs.measurements, strict=True):
            yield IncumbentMeasured(sample.value, run.run.seconds)


def adopted(session: Session) -> float | None:
    """The value on record of a tip that another lane has made, where that is as good as a run.

    It is where the runs of this session's first incumbent gave exactly what was on record, on
    whatever machine that was measured, and nothing else than the metric is asked for.
    """
    best = session.history.incumbent
    if not (session.start.lane and session.incumbent.repeats and best):
        return None
    return None if session.settings.constraints else best.value


def follow_base(session: Session) -> str:
    """Merge the base branch if it has moved, and say so; nothing where it has not."""
    name = session.start.base_branch
    if not session.follow or session.history.baseline is None:
        return ""
    if not session.campaign.merge(session.follow, name):
        return ""
    session.incumbent.forget()
    return (
        f"{name} has moved to {session.follow[:12]}: it was merged, and the baseline is "
        "measured anew"
    )


def attempt(session: Session, proposal: Proposal, *, keep: bool = True) -> Iterator[Event]:
    """Try one idea. Its record is on the disk before the branch moves; without `keep` it stays."""
    trial = session.campaign.trial(proposal.files)
    try:
        yield session.recorder.started(trial, proposal)
        session.remote_sync.announce()
        outcome = tried(session, trial, proposal)
    except KeyboardInterrupt:
        if session.history.baseline:  # the first is simply measured again, as if never begun
            conclude(session, trial, proposal, INTERRUPTED)
        raise
    done = conclude(session, trial, outcome.proposal or proposal, outcome, keep=keep)
    session.archive.write()
    yield done
    if outcome.fault:
        raise outcome.fault
    if written := session.evaluator.trees.tolerated():
        yield Note(written)


def tried(session: Session, trial: Trial, proposal: Proposal) -> Outcome:
    """The outcome of the baseline, of taking a kept change out, or of any other idea."""
    given = session.conditions()
    if session.needs_baseline:
        return session.incumbent.baseline(trial, given)
    if kept := session.history.taken_out_with(proposal):
        return dropped(session, trial, kept, is_over=session.is_over)[1]
    outcome = experiment.run(proposal, trial, given)
    outcome = search_keeps.examined(session, proposal, outcome)
    return session.incumbent.blame(trial, outcome, given)
