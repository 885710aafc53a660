"""Everything that one session works with, and how it writes down what happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from autoresearch_ci.archive import Archive
from autoresearch_ci.bench import Bench, Measurement
from autoresearch_ci.clock import timestamp
from autoresearch_ci.config import Settings
from autoresearch_ci.history import History
from autoresearch_ci.judge import Contest, Experience, Judge
from autoresearch_ci.jump import far_outside, repeats
from autoresearch_ci.ledger import Ledger
from autoresearch_ci.limits import Limits, Progress, Watch
from autoresearch_ci.model import (
    Experiment,
    ExperimentStart,
    Proposal,
    ProposalRejected,
    Reason,
    Rejected,
    Sample,
    SessionEnd,
    SessionStart,
    Side,
    Status,
    StopReason,
    Verdict,
)
from autoresearch_ci.proposers import Proposer, Source
from autoresearch_ci.reports import commit
from autoresearch_ci.reports.terminal import clean
from autoresearch_ci.ruler import Ruler
from autoresearch_ci.source import code_lines
from autoresearch_ci.workspace import Campaign, Trial


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to. The baseline has no verdict: it is kept, for no reason.

    `prev` is what the candidate was held against, None for the last kept value.
    """

    verdict: Verdict | None
    value: float | None
    samples: tuple[Sample, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    error: str = ""
    jump: bool = False
    holdout: float | None = None
    holdout_error: str = ""
    prev: float | None = None


INTERRUPTED = Outcome(
    Verdict(Status.CRASH, Reason.INTERRUPTED), None, error="interrupted before it had a verdict"
)


LONGEST_TITLE = 200
"""Characters of a proposal's title that are written down."""


@dataclass
class Session:
    """One session's parts. `incumbent` is what it has measured of the incumbent so far."""

    start: SessionStart
    settings: Settings
    notes: tuple[str, ...]
    campaign: Campaign
    ledger: Ledger
    archive: Archive
    bench: Bench
    proposer: Proposer
    judge: Judge
    limits: Limits
    ruler: Ruler
    watch: Watch
    incumbent: tuple[Sample, ...] = ()

    def __post_init__(self) -> None:
        self._kept_before = len(self.history.kept)
        self._told = History(self.history.direction)
        self._experience, self._seen = Experience(), 0

    @property
    def history(self) -> History:
        return self.ledger.history

    @property
    def told(self) -> History:
        """The history as a proposer may see it: without the numbers that are held out."""
        self._told.direction = self.history.direction
        self._told.rejected = self.history.rejected
        for experiment in self.history.experiments[self._told.next_number :]:
            hidden = experiment.holdout is None and not experiment.holdout_error
            self._told.add(
                experiment if hidden else replace(experiment, holdout=None, holdout_error="")
            )
        return self._told

    @property
    def progress(self) -> Progress:
        """How far this session is."""
        return self.watch.progress

    def source(self) -> Source:
        """The target as it stands at the incumbent."""
        return Source(self.settings.target_file, self.campaign.source())

    @property
    def experience(self) -> Experience:
        """What the campaign's records say about its noise."""
        for record in self.history.experiments[self._seen :]:
            self._experience = self._experience.after(record, self.history.direction)
        self._seen = self.history.next_number
        return self._experience.within(self.start.session)

    def contest(self, proposal: Proposal | None = None) -> Contest:
        """What the judge may know before the first run of a candidate, or before there is one."""
        path, incumbent = self.settings.target_file, self.campaign.source()
        text = proposal.text if proposal else incumbent
        return Contest(
            direction=self.history.direction,
            min_delta=self.settings.min_delta,
            samples=self.incumbent,
            simpler=lambda: code_lines(path, text) < code_lines(path, incumbent),
            experience=self.experience,
        )

    def figures(self, contest: Contest, verdict: Verdict) -> tuple[float, float]:
        """The incumbent's value and the candidate's, as they are written down.

        Where there is noise, the best of several numbers is a lucky one, and the
        machine may have changed since the last keep. So there the candidate's value
        is the last kept value made better by the gain that the judge believes in.
        """
        last = self.history.incumbent
        if verdict.gain is None or last is None or last.value is None:
            return contest.values(Side.INCUMBENT)[-1], contest.values(Side.CANDIDATE)[-1]
        return last.value, contest.direction.better(last.value, verdict.gain)

    def is_mendable(self, outcome: Outcome) -> bool:
        """Whether it is a crash whose log names the target: a mistake in what was written."""
        crashed = outcome.verdict is not None and outcome.verdict.reason is Reason.NONZERO_EXIT
        return crashed and PurePosixPath(self.settings.target_file).name in self.bench.tail()

    def is_jump(self, outcome: Outcome) -> bool:
        """Whether the value is far outside what the campaign has seen."""
        return outcome.value is not None and far_outside(self.history, outcome.value)

    def is_repeated(self, outcome: Outcome, values: Sequence[float]) -> bool:
        """Whether all these runs of the candidate show what it is said to be worth."""
        best = self.history.incumbent
        if best is None or best.value is None or outcome.value is None:
            return False
        return repeats(self.history.direction, best.value, outcome.value, values)

    def announce(self, trial: Trial, proposal: Proposal) -> ExperimentStart:
        """Write down that an experiment begins."""
        return self.ledger.append(
            ExperimentStart(
                tag=self.start.tag,
                session=self.start.session,
                timestamp=timestamp(),
                experiment=self.history.next_number,
                description=_one_line(proposal.title),
                parent=trial.parent,
                candidate=trial.candidate,
                proposer=proposal.proposer,
                tokens=proposal.tokens,
                cost_usd=proposal.cost_usd,
            )
        )

    def reject(self, rejected: Rejected) -> ProposalRejected:
        """Write down an answer that gave nothing to try."""
        return self.ledger.append(
            ProposalRejected(
                tag=self.start.tag,
                session=self.start.session,
                timestamp=timestamp(),
                experiment=self.history.next_number,
                description=_one_line(rejected.title),
                error=_one_line(rejected.problem),
                proposer=rejected.proposer,
                tokens=rejected.tokens,
                cost_usd=rejected.cost_usd,
            )
        )

    def conclude(self, trial: Trial, proposal: Proposal, outcome: Outcome) -> Experiment:
        """Write down how it ended: first what the ledger refers to, then the ledger."""
        done = self._experiment(trial, proposal, outcome)
        if done.status is Status.KEEP and outcome.verdict:
            done = replace(done, commit=trial.commit(commit.message(done)))
        log = self.bench.tail(guarded=done.reason is Reason.GUARD_FAILED)
        self.archive.add(
            done.experiment,
            patch="" if outcome.verdict is None else trial.patch,
            log=log if outcome.measurements else "",
        )
        self.ledger.append(done)
        if done.status is Status.KEEP:
            values = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
            self.incumbent = tuple(Sample(Side.INCUMBENT, value) for value in values)
        return done

    def end(self, reason: StopReason) -> SessionEnd:
        """Write down that the session ends, and all that waits to be archived."""
        best = self.history.incumbent
        ended = self.ledger.append(
            SessionEnd(
                tag=self.start.tag,
                session=self.start.session,
                timestamp=timestamp(),
                reason=reason,
                experiments=self.progress.experiments,
                kept=len(self.history.kept) - max(1, self._kept_before),
                best=best.value if best else None,
            )
        )
        self.archive.write(now=True)
        return ended

    def _experiment(self, trial: Trial, proposal: Proposal, outcome: Outcome) -> Experiment:
        verdict, incumbent, prev = outcome.verdict, self.history.incumbent, outcome.prev
        if prev is None and incumbent:
            prev = incumbent.value
        return Experiment(
            tag=self.start.tag,
            session=self.start.session,
            timestamp=timestamp(),
            experiment=self.history.next_number,
            status=verdict.status if verdict else Status.KEEP,
            reason=verdict.reason if verdict else None,
            metric=self.settings.metric_name,
            value=outcome.value,
            prev=prev,
            description=_one_line(proposal.title),
            commit=trial.parent,
            parent=trial.parent,
            candidate=trial.candidate,
            proposer=proposal.proposer,
            change=proposal.change,
            samples=outcome.samples,
            seconds=sum(item.run.seconds for item in outcome.measurements),
            memory_gb=max((item.memory_gb for item in outcome.measurements), default=0.0),
            machine=self.start.machine,
            tokens=proposal.tokens,
            cost_usd=proposal.cost_usd,
            error=outcome.error,
            jump=outcome.jump,
            holdout=outcome.holdout,
            holdout_error=outcome.holdout_error,
        )


def _one_line(text: str) -> str:
    """One line of bounded length that may be shown anywhere: it goes into files and commits."""
    line = " ".join(clean(text).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"
