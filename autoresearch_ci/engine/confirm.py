"""Confirmation of a branch: base against head, on fresh runs, side by side.

The numbers of a campaign were each measured once, on the day, and the lucky ones
were kept. This measures again and believes only the new numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from autoresearch_ci.core.errors import AutoresearchError, WorkspaceError
from autoresearch_ci.core.history import DROPS, DROPS_WITH, History
from autoresearch_ci.core.model import (
    DROP,
    Confirmation,
    Event,
    Experiment,
    FileSet,
    Finding,
    Note,
    Proposal,
    Reason,
    Side,
    Status,
)
from autoresearch_ci.core.text import plural, timestamp
from autoresearch_ci.engine.experiment import (
    INTERRUPTED,
    OUT_OF_TIME,
    Outcome,
    is_looked_at,
    last_look,
)
from autoresearch_ci.engine.paired_runs import (
    TIME_IS_UP,
    PairedResult,
    measured,
    rules,
    run_pairs,
    unlimited,
)
from autoresearch_ci.engine.session import Session, conclude
from autoresearch_ci.judge import Judge
from autoresearch_ci.judge.paired import PAIRS, paired
from autoresearch_ci.source_code.syntax.check import syntax_error
from autoresearch_ci.workspace import Trial

AS_IT_BEGAN = "the branch is as it began: nothing of what was kept is left to confirm"


def confirm(
    session: Session,
    *,
    pairs: int = PAIRS,
    drop: bool = False,
    is_over: Callable[[], bool] = unlimited,
) -> Iterator[Event]:
    """Each kept change by itself, the newest first, then the whole branch if anything is left.

    Those that changed the same lines go together. With `drop`, a change that is not shown
    to help is taken out before the next one is looked at. Once `is_over`, no run is begun.

    Raises WorkspaceError where nothing was kept, or its history is not here.
    """
    changes = to_leave_out(session.history)
    if not changes:
        raise WorkspaceError(
            f"Campaign {session.start.tag} has kept nothing yet: there is nothing to confirm.",
            remedy="Let it run first: autoresearch-ci run",
        )
    yield from earlier(session)
    findings = []
    for group in together(session, changes):
        finding = leave_out(session, group, pairs, drop=drop, is_over=is_over)
        findings.append(finding)
        yield finding
    yield from whole(session, pairs, tuple(findings), is_over)


def to_leave_out(history: History) -> list[Experiment]:
    """The kept changes, the newest first, without those that took one out."""
    return [e for e in reversed(history.kept_changes) if e.proposer != DROP]


def together(session: Session, changes: Sequence[Experiment]) -> list[list[Experiment]]:
    """The changes, the newest first, in groups that can be left out: they overlap in the text."""
    by_commit = {kept.commit: kept for kept in changes}
    gone = [session.history.taken_out_with(e) for e in session.history.kept if e.proposer == DROP]
    groups = [{kept.commit for kept in group} for group in gone if group]
    for kept in reversed(changes):
        if any(kept.commit in group for group in groups):
            continue
        group, grows = {kept.commit}, True
        while grows:
            ordered = [by_commit[c] for c in reversed(by_commit) if c in group]
            commits = [each.commit for each in ordered]
            _, overlapping = session.campaign.without(commits, ordered[0].parent)
            joined = {each for each in overlapping if each in by_commit}
            meets = [each for each in groups if each & joined]
            groups = [each for each in groups if each not in meets]
            grows = not joined <= group
            group = group.union(joined, *meets)
        groups.append(group)
    ordered_groups = [[kept for kept in changes if kept.commit in group] for group in groups]
    return sorted(ordered_groups, key=lambda group: -group[0].experiment)


def earlier(session: Session) -> Iterator[Note]:
    """Tell what an interrupted confirmation left behind, and whether this one goes on from it."""
    if not (left := session.history.pairs):
        return
    if here := measured(session):
        yield Note(
            f"goes on from a confirmation that was interrupted: {plural(len(here), 'pair')} of "
            "runs are measured already"
        )
        return
    last = left[-1]
    why = "of another version of the branch"
    if last.machine != session.start.machine:
        why = f"on another machine ({last.machine})"
    elif last.rules != rules(session.settings):
        why = "by other settings"
    yield Note(
        f"begins anew: the {plural(len(left), 'pair')} of runs of a confirmation that was "
        f"interrupted were measured {why}"
    )


def leave_out(
    session: Session,
    group: Sequence[Experiment],
    pairs: int,
    *,
    drop: bool,
    is_over: Callable[[], bool],
) -> Finding:
    """Find what a kept change, or a group of them, is worth to the branch as it is now."""
    finding = looked_at(group)
    commits = [kept.commit for kept in reversed(group)]
    files, overlapping = session.campaign.without(commits, group[-1].parent)
    source = session.campaign.source()
    if files == source:
        return replace(finding, note="nothing is left of it")
    taken_out = {e.commit for e in session.history.kept if e.proposer == DROP}
    if not taken_out.issuperset(overlapping):
        return replace(finding, note="later changes overlap it")
    if broken := _syntax_error(source, files):
        return replace(finding, note=f"the rest would be broken: {broken.removesuffix('.')}")
    trial = session.campaign.trial(files)
    if drop:
        return _drop(session, trial, group, files, pairs)
    return judged(group, run_pairs(session, trial, _judge(group, pairs), is_over))


def _syntax_error(before: FileSet, after: FileSet) -> str | None:
    """The first error that a change made in a file that could be read before."""
    errors = (syntax_error(path, before[path], text) for path, text in after.items())
    return next(filter(None, errors), None)


def _drop(
    session: Session, trial: Trial, group: Sequence[Experiment], files: FileSet, pairs: int
) -> Finding:
    """An experiment like any other, whose candidate is the branch without the changes."""
    proposal = dropping(group, files)
    session.recorder.started(trial, proposal)
    try:
        finding, outcome = dropped(session, trial, group, pairs)
    except KeyboardInterrupt:
        conclude(session, trial, proposal, INTERRUPTED)
        raise
    except AutoresearchError as error:
        conclude(session, trial, proposal, replace(INTERRUPTED, error=error.message))
        raise
    done = conclude(session, trial, proposal, outcome)
    if done.status is Status.KEEP:
        finding = replace(finding, dropped=True)
    elif finding.holds is False:
        finding = replace(finding, note=f"not dropped, since {outcome.error}")
    session.archive.write()
    return finding


def whole(
    session: Session,
    pairs: int,
    findings: tuple[Finding, ...],
    is_over: Callable[[], bool] = unlimited,
) -> Iterator[Event]:
    """Base against head, written down; a note where the two are the same, or time is up."""
    base = session.campaign.at_base()
    if base == session.campaign.source():
        yield Note(AS_IT_BEGAN)
        return
    least = session.settings.min_delta
    trial = session.campaign.trial(base)
    found = run_pairs(session, trial, paired(pairs), is_over)
    if (e := found.interval) is None:
        if found.failure is None:
            yield Note(TIME_IS_UP)
            return
        session.evaluator.require(found.failure)
        raise AssertionError("a failed measurement was accepted")
    before = found.middle(Side.CANDIDATE)
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
    yield record


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def dropping(group: Sequence[Experiment], files: FileSet) -> Proposal:
    """The branch without a kept change and what goes with it, as an idea like any other."""
    kept, *others = group
    title = f"drop: {kept.description}"
    change: dict[str, object] = {DROPS: kept.candidate}
    if others:
        title = f"drop: {kept.description}, and {len(others)} before it of the same lines"
        change[DROPS_WITH] = [each.candidate for each in others]
    return Proposal(title, files, proposer=DROP, change=change)


def looked_at(group: Sequence[Experiment]) -> Finding:
    """Nothing is found yet of these kept changes, the newest first, which go together."""
    kept, *others = group
    numbers = tuple(each.experiment for each in others)
    return Finding(kept.experiment, kept.description, holds=None, group=numbers, commit=kept.commit)


def dropped(
    session: Session,
    trial: Trial,
    group: Sequence[Experiment],
    pairs: int = PAIRS,
    is_over: Callable[[], bool] = unlimited,
) -> tuple[Finding, Outcome]:
    """The worth of these changes, and the outcome of the experiment that takes them out."""
    found = run_pairs(session, trial, _judge(group, pairs), is_over)
    return judged(group, found), _outcome(session, trial, found)


def _judge(group: Sequence[Experiment], pairs: int) -> Judge:
    """The judge of the branch without these changes.

    What was kept for being simpler need not be better: it stays unless it is shown to be worse.
    """
    return paired(pairs, must_improve=all(kept.reason is Reason.SIMPLER for kept in group))


def judged(group: Sequence[Experiment], found: PairedResult) -> Finding:
    """The finding that pairs of runs of the branch with and without these changes give."""
    finding = looked_at(group)
    if found.failure is not None:
        return replace(finding, holds=True, note=f"without it: {found.failure.error}")
    e, verdict = found.interval, found.verdict
    if e is None or verdict is None or verdict.reason is Reason.WITHIN_NOISE:
        gain = e.gain if e else None
        return replace(finding, gain=gain, note="there were too few pairs of runs to say")
    holds = verdict.status is not Status.KEEP
    return replace(finding, holds=holds, gain=e.gain, low=e.low, high=e.high)


def _outcome(session: Session, trial: Trial, found: PairedResult) -> Outcome:
    """The outcome; before a keep the guard looks at the candidate, as before every keep."""
    runs, samples, verdict = found.runs, found.comparison.samples, found.verdict
    log = runs.log(Side.CANDIDATE)
    measured = Outcome(samples=samples, measurements=runs.measurements, log=log)
    if found.failure is not None:
        return replace(measured.failed(found.failure), value=None)
    if verdict is None:
        return measured.undecided(OUT_OF_TIME)
    prev, value = found.middle(Side.INCUMBENT), found.middle(Side.CANDIDATE)
    last = session.history.incumbent
    if verdict.gain is not None and last is not None and last.value is not None:
        # As for every keep under noise: the value on record, and the gain that was found.
        prev, value = last.value, verdict.value(last.value, session.history.direction)
    outcome = replace(measured, judged=verdict, value=value, prev=prev)
    if verdict.status is not Status.KEEP:
        return outcome
    if is_looked_at(session.settings) and runs.last is not Side.CANDIDATE:
        again = runs.of(Side.CANDIDATE)
        outcome = replace(outcome, measurements=runs.measurements, log=again.log)
        if again.reason:
            return outcome.failed(again)
    outcome = last_look(trial, runs, outcome, session.conditions())
    return replace(
        outcome, metrics=runs.metrics(Side.CANDIDATE), output=runs.output(Side.CANDIDATE)
    )
