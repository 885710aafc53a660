"""Taking a kept change out again, where fresh runs do not show that it helps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from autoresearch_ci.duel import PAIRS, Duel, duel, unlimited
from autoresearch_ci.history import DROPS, DROPS_WITH
from autoresearch_ci.model import (
    DROP,
    Experiment,
    Finding,
    Proposal,
    Reason,
    Side,
    Status,
    Verdict,
)
from autoresearch_ci.session import OUT_OF_TIME, Outcome, Session
from autoresearch_ci.verdicts import held_out, undecided
from autoresearch_ci.workspace import Trial


def dropping(group: Sequence[Experiment], text: str) -> Proposal:
    """The branch without a kept change and what goes with it, as an idea like any other."""
    kept, *others = group
    title = f"drop: {kept.description}"
    change: dict[str, object] = {DROPS: kept.candidate}
    if others:
        title = f"drop: {kept.description}, and {len(others)} before it of the same lines"
        change[DROPS_WITH] = [each.candidate for each in others]
    return Proposal(title, text, proposer=DROP, change=change)


def looked_at(group: Sequence[Experiment]) -> Finding:
    """Nothing is found yet of these kept changes, the newest first, which go together."""
    kept, *others = group
    numbers = tuple(each.experiment for each in others)
    return Finding(kept.experiment, kept.description, holds=None, group=numbers)


def dropped(
    session: Session,
    trial: Trial,
    group: Sequence[Experiment],
    pairs: int = PAIRS,
    is_over: Callable[[], bool] = unlimited,
) -> tuple[Finding, Outcome]:
    """What these changes are worth, and what becomes of the experiment that takes them out."""
    found = duel(session, trial, pairs, is_over)
    finding = judged(group, found)
    return finding, _outcome(session, trial, finding, found)


def judged(group: Sequence[Experiment], found: Duel) -> Finding:
    """What the duel of the branch with and without these changes says.

    What was kept for being simpler need not be better: it holds up unless it is worse.
    """
    finding = looked_at(group)
    if found.failure is not None:
        return replace(finding, holds=True, note=f"without it: {found.failure.error}")
    e = found.effect
    if e is None or not math.isfinite(e.low):
        gain = e.gain if e else None
        return replace(finding, gain=gain, note="there were too few pairs of runs to say")
    simpler = all(kept.reason is Reason.SIMPLER for kept in group)
    holds = not e.worse if simpler else e.better()
    return replace(finding, holds=holds, gain=e.gain, low=e.low, high=e.high)


def _outcome(session: Session, trial: Trial, finding: Finding, found: Duel) -> Outcome:
    runs = found.runs
    measured = Outcome(None, None, found.samples, runs.measurements, log=runs.log(Side.CANDIDATE))
    if found.failure is not None:
        return replace(measured, verdict=found.failure.failure, error=found.failure.error)
    if found.effect is None:
        return undecided(measured, OUT_OF_TIME)
    reason = Reason.WORSE if finding.holds else Reason.WITHIN_NOISE
    prev, value = found.middle(Side.INCUMBENT), found.middle(Side.CANDIDATE)
    discard, last = Verdict(Status.DISCARD, reason), session.history.incumbent
    if not found.effect.exact and last is not None and last.value is not None:
        # As for every keep under noise: the value on record, and the effect that was found.
        discard = replace(discard, gain=-found.effect.gain, beside=found.level)
        prev, value = last.value, discard.value(last.value, session.history.direction)
    outcome = replace(measured, verdict=discard, value=value, prev=prev)
    if finding.holds is not False:
        return outcome
    if session.is_looked_at() and runs.last is not Side.CANDIDATE:
        again = runs.of(Side.CANDIDATE)
        outcome = replace(outcome, measurements=runs.measurements, log=again.log)
        if again.failure:
            return replace(outcome, verdict=again.failure, value=again.value, error=again.error)
    trial.show(Side.CANDIDATE)
    if objection := session.bench.guard(trial):
        return outcome.opposed(objection)
    kept = replace(outcome, verdict=replace(discard, status=Status.KEEP, reason=Reason.SIMPLER))
    return held_out(session, trial, kept)
