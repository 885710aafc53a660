"""The mutation check: a broken target has to be noticed before code may be deleted.

The search deletes code and asks run, metric and guard whether it was needed. Their answer is
worth something only where they are known to object to a program that does not do its work. So
before the first deletion they are shown two broken targets, once a campaign. What they do not
notice, no deletion is left to them: then only what provably nobody uses may go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from autoresearch_ci.core.model import (
    Direction,
    Event,
    Mutant,
    MutationCheck,
    Note,
    Proposal,
    Rejected,
    Sample,
    Side,
    Status,
)
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.experiment import open_comparison
from autoresearch_ci.engine.measurement import Measurement
from autoresearch_ci.engine.runs import compare
from autoresearch_ci.engine.session import Session
from autoresearch_ci.judge import Comparison, NoiseModel
from autoresearch_ci.proposers.search import UNUSED, is_about_size
from autoresearch_ci.source_code.mutants import CRASH, EMPTIED, crashing, emptied
from autoresearch_ci.workspace import Trial

_LEAST = 0.01
"""The part of its value by which a metric must get worse: the mutant's own code is no reason."""

UNKNOWN = "there is no simple way to write it in this language, or no place for it"
"""The note of a mutant that cannot be written."""


def is_due(session: Session, proposal: Proposal | Rejected) -> bool:
    """Return whether an idea would delete code and no check of these commands was made yet."""
    if isinstance(proposal, Rejected) or session.knowledge.mutations is not None:
        return False
    return deletes_code(proposal)


def deletes_code(proposal: Proposal) -> bool:
    """Return whether an idea takes away more than what provably nobody uses."""
    return "cut" in proposal.change and not proposal.change.get(UNUSED)


def check(session: Session) -> Iterator[Event]:
    """Show both mutants to run, metric and guard, and write down what noticed them.

    Nothing is written where the time is up: then it is begun anew.
    """
    mutants: list[Mutant] = []
    for title, mutant, note in _written(session):
        if not mutant:
            mutants.append(Mutant(title, note=UNKNOWN))
            continue
        by = _noticed(session, mutant)
        if by is None:
            return
        mutants.append(Mutant(title, by, note))
        if not by:
            break  # one that is not noticed decides
    record = _record(session, mutants)
    yield session.ledger.append(record)
    yield Note(_told(record))


def known(session: Session) -> MutationCheck | None:
    """The check's findings; or those that no run can change, where a mutant cannot be written."""
    unknown = [Mutant(title, note=UNKNOWN) for title, mutant, _ in _written(session) if not mutant]
    return session.knowledge.mutations or (_record(session, unknown) if unknown else None)


def _written(session: Session) -> tuple[tuple[str, str, str], ...]:
    """Each mutant's title and text, and where it differs; no text where nobody can write it."""
    source = session.campaign.source()
    path, text = source.target, source.text
    return ((CRASH, crashing(path, text), ""), (EMPTIED, *emptied(path, text)))


def _record(session: Session, mutants: Sequence[Mutant]) -> MutationCheck:
    return MutationCheck(
        tag=session.start.tag,
        session=session.start.session,
        timestamp=timestamp(),
        mutants=tuple(mutants),
        rules=session.knowledge.commands,
    )


def _noticed(session: Session, text: str) -> str | None:
    """The first to object to a mutant: `run`, `guard`, `metric` or none; None without time."""
    trial, by, value = objected(session, text)
    # The mutant's code is longer, so that a size is worse whatever it breaks.
    if by != "" or value is None or is_about_size(session.settings.metric_name):
        return by
    return _worse(session, trial, Sample(Side.CANDIDATE, value))


def objected(session: Session, text: str) -> tuple[Trial, str | None, float | None]:
    """The first of `run` and `guard` to object to a mutant, if any, and its value.

    None without time.
    """
    source = session.campaign.source()
    trial = session.campaign.trial(source | {source.target: text})
    if session.is_over():
        return trial, None, None
    trial.show(Side.CANDIDATE)
    run = session.evaluator.measure(trial, "a planted fault")
    if run.reason or run.value is None:
        return trial, "run", None
    return trial, "guard" if session.evaluator.guard(trial) else "", run.value


def _worse(session: Session, trial: Trial, first: Sample) -> str | None:
    """Ask the judge whether the incumbent, as a candidate, beats the mutant: then `metric`."""
    direction = session.history.direction
    turned = Direction.HIGHER if direction is Direction.LOWER else Direction.LOWER
    comparison = replace(
        open_comparison(session.conditions()),
        direction=turned,
        simpler=lambda: False,
        noise_model=NoiseModel(),
    ).plus(first)

    def measure(side: Side, _so_far: Comparison) -> Measurement | None:
        if session.is_over():
            return None
        trial.show(side)
        return session.evaluator.measure(trial)

    found = compare(session.judge, comparison, measure)
    if found.failure:
        return "run" if found.failed is Side.CANDIDATE else ""
    if found.verdict is None:
        return None
    before, after = (found.comparison.values(side)[-1] for side in Side)
    surely = found.verdict.status is Status.KEEP and abs(after - before) > _LEAST * abs(before)
    return "metric" if surely else ""


def _told(record: MutationCheck) -> str:
    if record.noticed:
        noticed = ", ".join(f"{each.title}: {each.by}" for each in record.mutants)
        return f"a broken target is noticed ({noticed}): so the search may delete code"
    missed = next(each for each in record.mutants if not each.by)
    rest = "so the search deletes only what is private and provably unused"
    if missed.note == UNKNOWN:
        return f"{missed.title} cannot be planted in this target: {rest}"
    what = f"{missed.title} ({missed.note})" if missed.note else missed.title
    return (
        f"{what} was noticed by neither run, guard nor metric: {rest}. To allow more, let "
        "guard_command be tests that need the target"
    )
