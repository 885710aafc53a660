"""Everything that one session works with, and how it writes down what happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from autoresearch_ci.archive import Archive
from autoresearch_ci.bench import Bench, Measurement
from autoresearch_ci.clock import timestamp
from autoresearch_ci.config import Settings
from autoresearch_ci.history import History
from autoresearch_ci.judge import Contest, Experience, Judge
from autoresearch_ci.ledger import Ledger
from autoresearch_ci.limits import Limits, Progress
from autoresearch_ci.model import (
    Experiment,
    ExperimentStart,
    Proposal,
    Reason,
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
    incumbent: tuple[Sample, ...] = ()

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._first = max(1, self.history.next_number)
        self._kept_before = len(self.history.kept)
        self._experience, self._seen = Experience(), 0

    @property
    def history(self) -> History:
        return self.ledger.history

    @property
    def progress(self) -> Progress:
        """How far this session is."""
        done = max(0, self.history.next_number - self._first)
        return Progress(self.history, done, time.monotonic() - self._began)

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

    def announce(self, trial: Trial, proposal: Proposal) -> ExperimentStart:
        """Write down that an experiment begins."""
        return self.ledger.append(
            ExperimentStart(
                tag=self.start.tag,
                session=self.start.session,
                timestamp=timestamp(),
                experiment=self.history.next_number,
                description=_title(proposal),
                parent=trial.parent,
                candidate=trial.candidate,
                proposer=proposal.proposer,
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
            description=_title(proposal),
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
        )


def _title(proposal: Proposal) -> str:
    """One line of bounded length that may be shown anywhere: it goes into files and commits."""
    title = " ".join(clean(proposal.title).split())
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
