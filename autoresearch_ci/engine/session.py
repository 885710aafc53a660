"""A session: the parts that it works with, and the steps that take several of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autoresearch_ci.campaign.archive import Archive
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.campaign.sync import Sync, Synced
from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History, Progress, Watch
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import (
    Experiment,
    Proposal,
    Reason,
    SessionEnd,
    SessionStart,
    Status,
    StopReason,
)
from autoresearch_ci.engine.constraints import Constraints
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.engine.experiment import Conditions, Outcome, decide
from autoresearch_ci.engine.incumbent import Incumbent
from autoresearch_ci.engine.knowledge import Knowledge
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.engine.next_idea import NextIdea
from autoresearch_ci.engine.recorder import Recorder
from autoresearch_ci.engine.stop_requests import StopRequests
from autoresearch_ci.judge import Judge
from autoresearch_ci.source_code.frozen_lines import FrozenLines
from autoresearch_ci.trees import Trees
from autoresearch_ci.workspace import Campaign, Trial


@dataclass(frozen=True, slots=True)
class Session:
    """One session's parts, complete when it is opened. `notes` are sentences for people.

    `follow` is the commit of the base branch, where that is to be merged if it has moved.
    """

    start: SessionStart
    settings: Settings
    notes: tuple[str, ...]
    campaign: Campaign
    trees: Trees
    ledger: Ledger
    archive: Archive
    remote_sync: Sync
    evaluator: Evaluator
    judge: Judge
    frozen_lines: FrozenLines
    limits: Limits
    watch: Watch
    knowledge: Knowledge
    incumbent: Incumbent
    recorder: Recorder
    next_idea: NextIdea
    stops: StopRequests
    follow: str = ""

    @property
    def history(self) -> History:
        return self.ledger.history

    @property
    def progress(self) -> Progress:
        """The session's own experiments and seconds until now."""
        return replace(self.watch.progress, stopped=self.stops.requested)

    def is_over(self) -> bool:
        """Return whether the time is up: then no run begins, but the first of the project."""
        return self.limits.is_over(self.watch.progress)

    @property
    def needs_baseline(self) -> bool:
        """Return whether the project has no number yet: a new campaign, or its base moved."""
        best = self.history.incumbent
        return self.history.baseline is None or best is None or best.commit != self.campaign.head

    def conditions(self) -> Conditions:
        """The conditions of the next experiment."""
        return Conditions(
            settings=self.settings,
            evaluator=self.evaluator,
            judge=self.judge,
            frozen_lines=self.frozen_lines,
            history=self.history,
            source=self.campaign.source(),
            incumbent=self.incumbent.samples,
            constraints=Constraints(self.settings, self.history, self.incumbent.metrics),
            noise_model=self.knowledge.noise,
            responds=self.knowledge.responds,
            is_over=self.is_over,
            repair=self.next_idea.repair,
        )


def conclude(
    session: Session, trial: Trial, proposal: Proposal, outcome: Outcome, *, keep: bool = True
) -> Experiment:
    """Decide, write that down, and only then let the branch move: nothing comes in between.

    Without `keep` what is good enough to be kept is a discard, `tried`.
    """
    with deferred():
        verdict = decide(outcome)
        if verdict.status is Status.KEEP and not outcome.is_baseline and not keep:
            verdict = replace(verdict, status=Status.DISCARD, reason=Reason.TRIED)
        done = session.recorder.finished(trial, proposal, outcome, verdict)
        if verdict.status is Status.KEEP:
            session.incumbent.become(outcome)
            if not outcome.is_baseline:
                trial.keep(done.commit)
            elif done.experiment:  # a baseline is not counted, and the first one never was
                session.watch.skip(1)
    return done


def synchronize(session: Session, *, last: bool = False, hurry: bool = False) -> Synced:
    """Share what there is. Where the incumbent is another session's then, it is not known here."""
    if not last:
        session.stops.receive()
    before = session.history.next_number
    synced = session.remote_sync.sync(last=last, hurry=hurry)
    if synced.merged:
        session.watch.skip(session.history.next_number - before)
    if synced.moved:
        session.incumbent.forget()
    session.stops.synced()
    return synced


def end(session: Session, reason: StopReason, why: str = "") -> SessionEnd:
    """Write down that the session ends, with all that was left for it."""
    session.stops.receive()
    return session.recorder.ended(reason, session.progress, why)
