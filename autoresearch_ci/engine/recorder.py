"""The only writer of experiment records: what begins, what was rejected, how it ended."""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.campaign import commit_message
from autoresearch_ci.campaign.archive import Archive
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.core.history import Progress
from autoresearch_ci.core.model import (
    Experiment,
    ExperimentStart,
    Proposal,
    ProposalRejected,
    Rejected,
    SessionEnd,
    SessionStart,
    Status,
    StopReason,
    Verdict,
)
from autoresearch_ci.core.text import one_line, timestamp
from autoresearch_ci.engine.experiment import Outcome
from autoresearch_ci.engine.forecast import fruitless, out_of_time
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.engine.measurement import medians
from autoresearch_ci.workspace import Trial

LONGEST_TITLE = 200
"""Characters of a proposal's title that are written down."""

LONGEST_NOTE = 1000
"""The same of why a session ended."""


class Recorder:
    """Writes what happens in the session that `start` describes.

    A record is on the disk when its method returns. All of them raise MachineError where the
    disk takes no more.
    """

    def __init__(
        self, start: SessionStart, ledger: Ledger, archive: Archive, limits: Limits
    ) -> None:
        self._start, self._ledger, self._archive = start, ledger, archive
        self._limits = limits

    def began(self) -> SessionStart:
        """Write down that the session begins."""
        return self._ledger.append(self._start)

    def started(self, trial: Trial, proposal: Proposal) -> ExperimentStart:
        """Write down that an experiment begins."""
        return self._ledger.append(
            ExperimentStart(
                tag=self._start.tag,
                session=self._start.session,
                timestamp=timestamp(),
                experiment=self._ledger.history.next_number,
                description=one_line(proposal.title, LONGEST_TITLE),
                parent=trial.parent,
                candidate=trial.candidate,
                proposer=proposal.proposer,
                tokens=proposal.tokens,
                cost_usd=proposal.cost_usd,
                change=proposal.change,
            )
        )

    def rejected(self, rejected: Rejected) -> ProposalRejected:
        """Write down an answer that gave nothing to try."""
        return self._ledger.append(
            ProposalRejected(
                tag=self._start.tag,
                session=self._start.session,
                timestamp=timestamp(),
                experiment=self._ledger.history.next_number,
                description=one_line(rejected.title, LONGEST_TITLE),
                error=one_line(rejected.problem, LONGEST_TITLE),
                proposer=rejected.proposer,
                tokens=rejected.tokens,
                cost_usd=rejected.cost_usd,
            )
        )

    def finished(
        self, trial: Trial, proposal: Proposal, outcome: Outcome, verdict: Verdict
    ) -> Experiment:
        """Write down how it ended: first what the ledger refers to, then the ledger.

        The commit of a keep is made, and is on no branch yet.
        """
        done = self._experiment(trial, proposal, outcome, verdict)
        if done.status is Status.KEEP and not outcome.is_baseline:
            message = commit_message.message(done, self._start.lane)
            done = replace(done, commit=trial.commit(message))
        patch = "" if outcome.is_baseline else trial.patch
        log = outcome.output if done.status is Status.KEEP else outcome.log
        self._archive.add(self._ledger.name(done), patch=patch, log=log)
        return self._ledger.append(done)

    def ended(self, reason: StopReason, progress: Progress, why: str = "") -> SessionEnd:
        """Write down that the session ends, and all that waits to be archived."""
        history, best = self._ledger.history, self._ledger.history.incumbent
        end = SessionEnd(
            tag=self._start.tag,
            session=self._start.session,
            timestamp=timestamp(),
            reason=reason,
            experiments=progress.experiments,
            kept=sum(e.session == self._start.session for e in history.kept_changes),
            best=best.value if best else None,
            note=one_line(why, LONGEST_NOTE),
        )
        if reason is StopReason.TIME_LIMIT:
            nothing = fruitless(end, history)
            end = replace(end, note=out_of_time(self._limits, progress, fruitless=nothing))
        ended = self._ledger.append(end)
        self._archive.write(now=True)
        return ended

    def _experiment(
        self, trial: Trial, proposal: Proposal, outcome: Outcome, verdict: Verdict
    ) -> Experiment:
        incumbent, prev = self._ledger.history.incumbent, outcome.prev
        if prev is None and incumbent:
            prev = incumbent.value
        return Experiment(
            tag=self._start.tag,
            session=self._start.session,
            timestamp=timestamp(),
            experiment=self._ledger.history.next_number,
            status=verdict.status,
            reason=verdict.reason,
            metric=self._start.metric,
            value=outcome.value,
            prev=None if outcome.is_baseline else prev,
            description=one_line(proposal.title, LONGEST_TITLE),
            commit=trial.parent,
            parent=trial.parent,
            candidate=trial.candidate,
            proposer=proposal.proposer,
            change=proposal.change,
            samples=outcome.samples,
            seconds=sum(item.run.seconds for item in outcome.measurements),
            memory_gb=max((item.memory_gb for item in outcome.measurements), default=0.0),
            machine=self._start.machine,
            tokens=proposal.tokens,
            cost_usd=proposal.cost_usd,
            error=outcome.error,
            jump=outcome.jump,
            held=outcome.held,
            holdout=outcome.holdout,
            holdout_error=outcome.holdout_error,
            files=trial.touched if {*trial.touched} - {self._start.target} else (),
            metrics=medians(outcome.metrics),
            units=outcome.measurements[-1].units if outcome.is_baseline else {},
        )
