"""Everything that one session works with, and how it writes down what happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import PurePosixPath
from statistics import median

from autoresearch_ci.campaign import commit_message
from autoresearch_ci.campaign.archive import Archive, archived
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.campaign.requests import received
from autoresearch_ci.campaign.sync import NoRemote, Sync, Synced
from autoresearch_ci.config import Settings
from autoresearch_ci.core.clock import timestamp
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.history import AGAIN, History, seconds_of_a_run
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import (
    DROP,
    Direction,
    Experiment,
    ExperimentStart,
    FileSet,
    MutationCheck,
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
    StopRequest,
    Verdict,
)
from autoresearch_ci.core.progress import Progress, Watch
from autoresearch_ci.core.text import one_line
from autoresearch_ci.engine.evaluator import Evaluator, Measurement, Objection
from autoresearch_ci.engine.forecast import fruitless, out_of_time, too_short
from autoresearch_ci.engine.limits import Limits
from autoresearch_ci.judge import Comparison, Judge, NoiseModel, responds
from autoresearch_ci.judge.outlier import change_of_meaning, is_outlier, repeats
from autoresearch_ci.proposers import CutOff, Proposer
from autoresearch_ci.source_code.frozen_lines import FrozenLines
from autoresearch_ci.source_code.syntax import code_lines
from autoresearch_ci.workspace import Campaign, Inbox, Trial


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to. The baseline has no verdict: it is kept, for no reason.

    `prev` is what the candidate was held against, None for the last kept value. `log` is
    the end of the log of the candidate's last run, with that of a guard that failed.
    `fault` is why no other experiment can be tried: the project itself no longer runs.
    """

    verdict: Verdict | None
    value: float | None
    samples: tuple[Sample, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    error: str = ""
    jump: bool = False
    held: bool = False
    holdout: float | None = None
    holdout_error: str = ""
    prev: float | None = None
    log: str = ""
    fault: BaselineError | None = None

    def opposed(self, objection: Objection) -> Outcome:
        """The same with the guard's verdict, and what it printed."""
        log = f"{self.log}\n--- guard_command ---\n{objection.log}" if objection.log else self.log
        verdict, error = objection.verdict, objection.error
        return replace(self, verdict=verdict, error=error, jump=False, log=log)


INTERRUPTED = Outcome(
    Verdict(Status.CRASH, Reason.INTERRUPTED), None, error="interrupted before it had a verdict"
)

OUT_OF_TIME = "time_limit was reached before it had a verdict"
"""Why an experiment was interrupted that took longer than anybody could know."""

LONGEST_TITLE = 200
"""Characters of a proposal's title that are written down."""

LONGEST_NOTE = 1000
"""The same of why a session ended."""


@dataclass
class Session:
    """One session's parts. `incumbent` is what it has measured of the incumbent so far.

    `follow` is the commit of the base branch, where that is to be merged if it has moved.
    `stops` are those that were asked for before it began and are for it all the same.
    `usual` is how many seconds a run took in an earlier campaign, 0 where nobody knows.
    `failures` counts the experiments in a row that came to no number.
    """

    start: SessionStart
    settings: Settings
    notes: tuple[str, ...]
    campaign: Campaign
    ledger: Ledger
    archive: Archive
    evaluator: Evaluator
    proposer: Proposer
    judge: Judge
    limits: Limits
    frozen_lines: FrozenLines
    watch: Watch
    inbox: Inbox
    remote_sync: Sync = field(default_factory=NoRemote)
    incumbent: tuple[Sample, ...] = ()
    follow: str = ""
    stops: tuple[StopRequest, ...] = ()
    usual: float = 0.0

    def __post_init__(self) -> None:
        self._met = False
        known = self.ledger.campaign.stops
        self._old_stops = {stop.session for stop in known if stop not in self.stops}
        self._given_up: set[int] = set()
        self._foreseen = False
        self._told = History(self.history.direction)
        self._experience, self._seen = NoiseModel(), 0
        self.failures = 0

    @property
    def history(self) -> History:
        return self.ledger.history

    @property
    def told(self) -> History:
        """The history as a proposer may see it: without the numbers that are held out."""
        self._told.direction = self.history.direction
        self._told.rejected = self.history.rejected
        self._told.queued = self.history.queued
        self._told.mutations = self.mutations
        for experiment in self.history.experiments[self._told.next_number :]:
            hidden = experiment.holdout is None and not experiment.holdout_error
            self._told.add(
                experiment if hidden else replace(experiment, holdout=None, holdout_error="")
            )
        return self._told

    @property
    def progress(self) -> Progress:
        """How far this session is."""
        return replace(self.watch.progress, stopped=self.stopped)

    @property
    def is_over(self) -> bool:
        """Whether the time is up: no run may begin, except the first of the unchanged project."""
        return self.limits.is_over(self.watch.progress)

    @property
    def needs_baseline(self) -> bool:
        """Whether the project as it is has no number yet: a new campaign, or its base moved."""
        best = self.history.incumbent
        return self.history.baseline is None or best is None or best.commit != self.campaign.head

    def planned_runs(self) -> int:
        """Runs of the incumbent that the judge wants first, as far as can be known by now.

        It is asked what it would do if all that come agreed with the last one.
        """
        best = self.history.incumbent
        last = best.value if best and best.value is not None else 0.0
        comparison = self.comparison()
        while self.judge(comparison) is Side.INCUMBENT:
            seen = comparison.samples
            comparison = comparison.plus(Sample(Side.INCUMBENT, seen[-1].value if seen else last))
        return len(comparison.samples)

    def opening_run(self) -> str:
        """The run of the incumbent that comes next, as people read it."""
        what = "baseline" if self.needs_baseline else "incumbent measured again"
        open_end = "at least " if len({sample.value for sample in self.incumbent}) <= 1 else ""
        return f"{what}, run {len(self.incumbent) + 1} of {open_end}{self.planned_runs()}"

    def foresee(self, run: float = 0.0) -> str:
        """Say once that the time is too short for an experiment, as soon as that can be known.

        `run` is how long one took just now; without it the records have to tell.
        """
        run = run or seconds_of_a_run(self.history) or self.usual
        if self._foreseen or not run:
            return ""
        before = max(0.0, self.watch.progress.seconds - len(self.incumbent) * run)
        text = too_short(self.limits, before, self.planned_runs(), run)
        self._foreseen = bool(text)
        return text

    def follow_base(self) -> str:
        """Merge the base branch if it has moved; says so, and nothing where it has not."""
        name = self.start.base_branch
        if not self.follow or self.history.baseline is None:
            return ""
        if not self.campaign.merge(self.follow, name):
            return ""
        self.incumbent = ()
        return (
            f"{name} has moved to {self.follow[:12]}: it was merged, and the baseline is "
            "measured anew"
        )

    @property
    def noise_model(self) -> NoiseModel:
        """What the campaign's records say about its noise."""
        new = self.history.experiments[self._seen :]
        self._experience = self._experience.plus(new, self.history.direction)
        self._seen = self.history.next_number
        return self._experience.within(self.start.session)

    def propose(self) -> Proposal | Rejected | None:
        """The next idea: what another session's keep came before, then the proposer's."""
        with self._paid():
            return self._tried_again() or self.proposer.propose(self.campaign.source(), self.told)

    def repair(self, crashed: Proposal, log: str) -> Proposal | Rejected | None:
        """The idea again, mended by who had it and is shown how the log ended."""
        with self._paid():
            return self.proposer.repair(self.campaign.source(), self.told, crashed, log)

    @contextmanager
    def _paid(self) -> Iterator[None]:
        """Write down what a call may have cost that an interrupt cut off."""
        try:
            yield
        except CutOff as cut:
            with deferred():
                self.reject(cut.rejected)
            raise

    def sync(self, *, last: bool = False, hurry: bool = False) -> Synced:
        """Publish what there is. Where the incumbent is another's then, nothing is known of it."""
        if not last:
            self._attend()
        before = self.history.next_number
        shared = self.remote_sync.sync(last=last, hurry=hurry)
        if shared.merged:
            self.watch.skip(self.history.next_number - before)
            self._told = History(self.history.direction)
            self._experience, self._seen = NoiseModel(), 0
        if shared.moved:
            self.incumbent = ()
        if not self._met:  # what the first push brings here may be from another day
            self._met = True
            began = self.start.timestamp
            old = [stop for stop in self._stops if stop.timestamp < began]
            self._old_stops |= {stop.session for stop in old if stop not in self.stops}
        return shared

    def _attend(self) -> None:
        """Write down what was asked for in this clone."""
        with self.inbox.taken() as lines:
            for line in lines:
                if request := received(line, self.start.tag):
                    self.ledger.append(request)

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for the end of the sessions at work, since this one is."""
        return bool(self._stops)

    @property
    def stopped_now(self) -> bool:
        """Whether that was for an end with nothing more to measure."""
        return any(stop.now for stop in self._stops)

    @property
    def _stops(self) -> list[StopRequest]:
        stops = self.ledger.campaign.stops
        return [stop for stop in stops if stop.session not in self._old_stops]

    def comparison(self, proposal: Proposal | None = None) -> Comparison:
        """What the judge may know before the first run of a candidate, or before there is one."""
        incumbent = self.campaign.source()
        candidate = proposal.files if proposal else incumbent
        return Comparison(
            direction=self.history.direction,
            min_delta=self.settings.min_delta,
            samples=self.incumbent,
            simpler=lambda: self.responds and _lines(candidate) < _lines(incumbent),
            noise_model=self.noise_model,
        )

    @property
    def commands(self) -> str:
        """What decides whether a broken target is noticed, as a name that changes with it."""
        settings = self.settings
        told = (settings.run_command, settings.guard_command, settings.metric_parse,
                settings.measure_command)  # fmt: skip
        return sha256(repr(told).encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def mutations(self) -> MutationCheck | None:
        """What noticed a broken target, where that was looked at with today's commands."""
        found = self.history.mutations
        return found if found and found.rules == self.commands else None

    @property
    def responds(self) -> bool:
        """Whether the metric is known to depend on the target: else equal says nothing."""
        if self.mutations and self.mutations.responds:
            return True
        return responds(self.history.experiments, self.noise_model.differences)

    def figures(self, comparison: Comparison, verdict: Verdict) -> tuple[float, float]:
        """The incumbent's value and the candidate's, as they are written down.

        Where there is noise, the best of several numbers is a lucky one, and the
        machine may have changed since the last keep. So there the candidate's value
        is the last kept value made better by the gain that the judge believes in,
        as a part of the incumbent's value today.
        """
        last = self.history.incumbent
        if verdict.gain is None or last is None or last.value is None:
            return comparison.values(Side.INCUMBENT)[-1], comparison.values(Side.CANDIDATE)[-1]
        return last.value, verdict.value(last.value, comparison.direction)

    def is_mendable(self, outcome: Outcome) -> bool:
        """Whether it is a crash whose log names the target: a mistake in what was written."""
        crashed = outcome.verdict is not None and outcome.verdict.reason is Reason.NONZERO_EXIT
        return crashed and PurePosixPath(self.settings.target_file).name in outcome.log

    def is_looked_at(self) -> bool:
        """Whether a command of the user's looks at what the run of a keep has left."""
        return any((self.settings.guard_command, self.settings.holdout_command))

    def in_doubt(self, outcome: Outcome) -> str:
        """Why the candidate's numbers may not mean what those before did; empty if they do."""
        if self.is_limited:
            return ""
        lower = self.history.direction is Direction.LOWER
        doubt = change_of_meaning(self.history, outcome.samples)
        name = "metric_min" if lower else "metric_max"
        best = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
        edge = min(best) if lower else max(best)
        return doubt and f"{doubt}; where that is right, set {name} to {edge:g}: it is tried again"

    @property
    def is_limited(self) -> bool:
        """Whether somebody has said how good the metric can be, and so allowed all up to there."""
        lower = self.history.direction is Direction.LOWER
        return (self.settings.metric_min if lower else self.settings.metric_max) is not None

    def is_jump(self, outcome: Outcome) -> bool:
        """Whether the value is far outside what the campaign has seen."""
        return outcome.value is not None and self.is_leap(outcome.value)

    def is_leap(self, value: float) -> bool:
        """Whether a candidate with this value would be far outside."""
        return is_outlier(self.history, value)

    def is_repeated(self, outcome: Outcome, values: Sequence[float]) -> bool:
        """Whether all these runs of the candidate show the gain that it is said to be.

        Over the incumbent's runs beside them: the value on record may be another machine's.
        """
        verdict = outcome.verdict
        if verdict is None or outcome.prev is None or outcome.value is None:
            return False
        first = [sample.side for sample in outcome.samples].index(Side.CANDIDATE)
        beside = [s.value for s in outcome.samples[first:] if s.side is Side.INCUMBENT]
        today = median(beside or [outcome.samples[first - 1].value])
        gain = verdict.gain
        if gain is None:
            gain = self.history.direction.gain(outcome.value, outcome.prev)
        claimed = self.history.direction.better(today, gain)
        return repeats(self.history.direction, today, claimed, values)

    def announce(self, trial: Trial, proposal: Proposal) -> ExperimentStart:
        """Write down that an experiment begins."""
        return self.ledger.append(
            ExperimentStart(
                tag=self.start.tag,
                session=self.start.session,
                timestamp=timestamp(),
                experiment=self.history.next_number,
                description=one_line(proposal.title, LONGEST_TITLE),
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
                description=one_line(rejected.title, LONGEST_TITLE),
                error=one_line(rejected.problem, LONGEST_TITLE),
                proposer=rejected.proposer,
                tokens=rejected.tokens,
                cost_usd=rejected.cost_usd,
            )
        )

    def conclude(self, trial: Trial, proposal: Proposal, outcome: Outcome) -> Experiment:
        """Write down how it ended: first what the ledger refers to, then the ledger."""
        done = self._experiment(trial, proposal, outcome)
        if done.status is Status.KEEP and outcome.verdict:
            done = replace(done, commit=trial.commit(commit_message.message(done)))
        self.archive.add(
            done.experiment,
            patch="" if outcome.verdict is None else trial.patch,
            log=outcome.log,
        )
        self.ledger.append(done)
        if outcome.verdict is None and done.experiment:  # a baseline is not counted
            self.watch.skip(1)
        if done.status is Status.KEEP:
            values = [s.value for s in outcome.samples if s.side is Side.CANDIDATE]
            self.incumbent = tuple(Sample(Side.INCUMBENT, value) for value in values)
            longest = max((run.run.seconds for run in outcome.measurements), default=0.0)
            self.evaluator.slowest = max(self.evaluator.slowest, longest)
        return done

    def end(self, reason: StopReason, why: str = "") -> SessionEnd:
        """Write down that the session ends, and all that waits to be archived."""
        self._attend()
        best = self.history.incumbent
        end = SessionEnd(
            tag=self.start.tag,
            session=self.start.session,
            timestamp=timestamp(),
            reason=reason,
            experiments=self.progress.experiments,
            kept=sum(e.session == self.start.session for e in self.history.kept_changes),
            best=best.value if best else None,
            note=one_line(why, LONGEST_NOTE),
        )
        if reason is StopReason.TIME_LIMIT:
            nothing = fruitless(end, self.history)
            end = replace(end, note=out_of_time(self.limits, self.progress, fruitless=nothing))
        ended = self.ledger.append(end)
        self.archive.write(now=True)
        return ended

    def _tried_again(self) -> Proposal | None:
        """A superseded idea on today's incumbent: its change alone where that fits, else whole.

        So is one whose value was not believed, once it is allowed.
        """
        theirs = self.ledger.campaign.at_work - {self.start.session}  # they try their own
        for idea in (*self.history.superseded, *(self.history.held if self.is_limited else ())):
            if idea.session in theirs or idea.experiment in self._given_up:
                continue
            self._given_up.add(idea.experiment)  # if it comes to no verdict, until next time
            files = self._files_again(idea)
            if files is not None and files != self.campaign.source():
                change = {**idea.change, AGAIN: idea.experiment}
                return Proposal(idea.description, files, idea.proposer, change)
        return None

    def _files_again(self, idea: Experiment) -> FileSet | None:
        """The files with a superseded idea; None where there is no such version any more."""
        if idea.proposer == DROP:
            if not (group := self.history.taken_out_with(idea)):
                return None
            commits = [kept.commit for kept in reversed(group)]
            files, overlapping = self.campaign.without(commits, group[-1].parent)
            return None if overlapping else files
        patch = self.campaign.read(archived(f"{idea.experiment:04}.patch"))
        return self.campaign.reapplied(patch, idea.parent) if patch else None

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
            prev=prev if verdict else None,
            description=one_line(proposal.title, LONGEST_TITLE),
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
            held=outcome.held,
            holdout=outcome.holdout,
            holdout_error=outcome.holdout_error,
        )


def _lines(files: FileSet) -> int:
    """Lines of code in all files together."""
    return sum(code_lines(path, text) for path, text in files.items())
