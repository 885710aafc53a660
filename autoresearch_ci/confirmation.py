"""Whether a branch is what it claims to be: base against head, on fresh runs, side by side.

The numbers of a campaign were each measured once, on the day, and the lucky ones
were kept. This measures again and believes only the new numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

from autoresearch_ci.answers.syntax import syntax_error
from autoresearch_ci.bench import Measurement
from autoresearch_ci.clock import timestamp
from autoresearch_ci.comparison import Effect, effect, settled
from autoresearch_ci.errors import AutoresearchError, WorkspaceError
from autoresearch_ci.history import History
from autoresearch_ci.interrupts import deferred
from autoresearch_ci.model import (
    Confirmation,
    Event,
    Experiment,
    Finding,
    Proposal,
    Reason,
    Sample,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.session import INTERRUPTED, Outcome, Session
from autoresearch_ci.verdicts import held_out
from autoresearch_ci.workspace import Trial

NAME = "confirm"
"""Who proposes to take a change out again."""

PAIRS = 8
"""Pairs of runs for a question, and as many again where they leave it open."""


_SAME = 3
"""Runs of a side that must agree to the last digit before the metric counts as exact."""


@dataclass(frozen=True, slots=True)
class Duel:
    """The branch as it is, the incumbent, against something else, the candidate."""

    effect: Effect | None
    samples: tuple[Sample, ...]
    measurements: tuple[Measurement, ...]
    failure: Measurement | None = None

    def middle(self, side: Side) -> float:
        """The median of one side."""
        return median(sample.value for sample in self.samples if sample.side is side)


def confirm(session: Session, *, pairs: int = PAIRS, drop: bool = False) -> Iterator[Event]:
    """Each kept change by itself, the newest first, then the whole branch.

    With `drop`, a change that is not shown to help is taken out before the next
    one is looked at. Raises WorkspaceError where nothing was kept.
    """
    changes = to_leave_out(session.history)
    if not changes:
        raise WorkspaceError(
            f"Campaign {session.start.tag} has kept nothing yet: there is nothing to confirm.",
            remedy="Let it run first: autoresearch-ci run",
        )
    findings = []
    for kept in changes:
        finding = leave_out(session, kept, pairs, drop=drop)
        findings.append(finding)
        yield finding
    yield whole(session, pairs, tuple(findings))


def to_leave_out(history: History) -> list[Experiment]:
    """The kept changes, the newest first, without those that took one out."""
    return [e for e in reversed(history.kept_changes) if e.proposer != NAME]


def leave_out(session: Session, kept: Experiment, pairs: int, *, drop: bool) -> Finding:
    """What one kept change is worth to the branch as it is now."""
    finding = Finding(kept.experiment, kept.description, holds=None)
    text = session.campaign.without(kept.commit, kept.parent)
    if text is None:
        return replace(finding, note="later changes overlap it")
    source = session.campaign.source()
    if text == source:
        return replace(finding, note="nothing is left of it")
    if broken := syntax_error(session.settings.target_file, source, text):
        return replace(finding, note=f"the rest would be broken: {broken.removesuffix('.')}")
    proposal = Proposal(f"drop: {kept.description}", text, proposer=NAME)
    with session.campaign.trial(text) as trial:
        if drop:
            return _drop(session, trial, proposal, kept, finding, pairs)
        return judged(kept, finding, duel(session, trial, pairs))


def judged(kept: Experiment, finding: Finding, found: Duel) -> Finding:
    """What the duel of the branch with and without the change says.

    What was kept for being simpler need not be better: it holds up unless it is worse.
    """
    if found.effect is None:
        assert found.failure is not None
        return replace(finding, holds=True, note=f"without it: {found.failure.error}")
    e = found.effect
    if not math.isfinite(e.low):
        return replace(finding, gain=e.gain, note="there were too few pairs of runs to say")
    holds = not e.worse if kept.reason is Reason.SIMPLER else e.better()
    return replace(finding, holds=holds, gain=e.gain, low=e.low, high=e.high)


def _drop(
    session: Session,
    trial: Trial,
    proposal: Proposal,
    kept: Experiment,
    finding: Finding,
    pairs: int,
) -> Finding:
    """An experiment like any other, whose candidate is the branch without the change."""
    session.announce(trial, proposal)
    try:
        found = duel(session, trial, pairs)
        finding = judged(kept, finding, found)
        outcome = _outcome(session, trial, finding, found)
    except KeyboardInterrupt:
        session.conclude(trial, proposal, INTERRUPTED)
        raise
    except AutoresearchError as error:
        session.conclude(trial, proposal, replace(INTERRUPTED, error=error.message))
        raise
    with deferred():
        done = session.conclude(trial, proposal, outcome)
        if done.status is Status.KEEP:
            trial.keep(done.commit)
            finding = replace(finding, dropped=True)
    session.archive.write()
    return finding


def _outcome(session: Session, trial: Trial, finding: Finding, found: Duel) -> Outcome:
    if found.failure is not None:
        return Outcome(
            found.failure.failure, None, found.samples, found.measurements, found.failure.error
        )
    assert found.effect is not None
    prev, value = found.middle(Side.INCUMBENT), found.middle(Side.CANDIDATE)
    last = session.history.incumbent
    if not found.effect.exact and last is not None and last.value is not None:
        # As for every keep under noise: the value on record, and the effect that was found.
        prev = last.value
        value = session.history.direction.better(prev, -found.effect.gain)
    discard = Verdict(Status.DISCARD, Reason.WORSE if finding.holds else Reason.WITHIN_NOISE)
    outcome = Outcome(discard, value, found.samples, found.measurements, prev=prev)
    if finding.holds is not False:
        return outcome
    trial.show(Side.CANDIDATE)
    if objection := session.bench.guard(trial):
        return replace(outcome, verdict=objection.verdict, error=objection.error)
    kept = replace(outcome, verdict=Verdict(Status.KEEP, Reason.SIMPLER))
    return held_out(session, trial, kept)


def whole(session: Session, pairs: int, findings: tuple[Finding, ...]) -> Confirmation:
    """Base against head, written down."""
    least = session.settings.min_delta
    with session.campaign.trial(session.campaign.at_base()) as trial:
        found = duel(session, trial, pairs)
    if found.effect is None:
        assert found.failure is not None
        session.bench.require(found.failure)
        raise AssertionError("a failed measurement was accepted")
    e, before = found.effect, found.middle(Side.CANDIDATE)
    verdict = "worse" if e.worse else "not_confirmed"
    if e.better(least.at(before)):
        verdict = "confirmed"
    record = session.ledger.append(
        Confirmation(
            tag=session.start.tag,
            session=session.start.session,
            timestamp=timestamp(),
            metric=session.settings.metric_name,
            base=session.campaign.base,
            head=session.campaign.head,
            base_value=before,
            value=found.middle(Side.INCUMBENT),
            gain=e.gain,
            low=_finite(e.low),
            high=_finite(e.high),
            pairs=e.pairs,
            verdict=verdict,
            findings=findings,
            machine=session.start.machine,
        )
    )
    session.archive.write(now=True)
    return record


def duel(session: Session, trial: Trial, pairs: int) -> Duel:
    """Runs of the branch and of what the trial holds, in pairs whose order alternates.

    A metric that repeats exactly is known by three pairs. Where `pairs` of them leave
    open what looks like a gain, as many again are run.
    """
    samples: list[Sample] = []
    measurements: list[Measurement] = []
    gains: list[float] = []
    while not (_repeats(samples) or settled(gains, pairs)):
        sides = [Side.INCUMBENT, Side.CANDIDATE]
        values: dict[Side, float] = {}
        for side in sides if len(gains) % 2 == 0 else reversed(sides):
            trial.show(side)
            measurements.append(run := session.bench.measure(trial))
            if side is Side.CANDIDATE and run.failure:
                # The machine may have failed and not the candidate: both have another try.
                for again in (Side.INCUMBENT, Side.CANDIDATE):
                    trial.show(again)
                    measurements.append(run := session.bench.measure(trial))
                    if again is Side.INCUMBENT:
                        session.bench.require(run)
                if run.failure:
                    return Duel(None, tuple(samples), tuple(measurements), run)
            values[side] = session.bench.require(run)
            samples.append(Sample(side, values[side]))
        gains.append(session.history.direction.gain(values[Side.INCUMBENT], values[Side.CANDIDATE]))
    return Duel(effect(gains, exact=_repeats(samples)), tuple(samples), tuple(measurements))


def _repeats(samples: list[Sample]) -> bool:
    """Whether either side was run three times and always gave the same number."""
    values = [[sample.value for sample in samples if sample.side is side] for side in Side]
    return all(len(side) >= _SAME and len(set(side)) == 1 for side in values)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
