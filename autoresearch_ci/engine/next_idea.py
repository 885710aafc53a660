"""The next idea: an earlier one whose time has come again, else the proposer's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import History, takes_up
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.lane_group import takes
from autoresearch_ci.core.model import (
    DROP,
    Experiment,
    FileSet,
    IdeaRequest,
    Proposal,
    Reason,
    Rejected,
    SessionStart,
)
from autoresearch_ci.engine import combination
from autoresearch_ci.engine.knowledge import Knowledge, is_bounded
from autoresearch_ci.engine.recorder import Recorder
from autoresearch_ci.proposers import CutOff, Proposer
from autoresearch_ci.workspace import Campaign


class NextIdea:
    """Asks whoever has the ideas of a session, and shows them what they may see.

    `patch` gives that of an experiment, by its name.
    What a call has cost is on record also where an interrupt cut it off.
    """

    def __init__(
        self,
        proposer: Proposer,
        settings: Settings,
        campaign: Campaign,
        ledger: Ledger,
        knowledge: Knowledge,
        recorder: Recorder,
        start: SessionStart,
        patch: Callable[[str], bytes | None],
    ) -> None:
        self.proposer = proposer
        self._settings, self._campaign, self._ledger = settings, campaign, ledger
        self._knowledge, self._recorder, self._session = knowledge, recorder, start.session
        self._start, self._patch = start, patch
        self._given_up: set[str] = set()
        self._fruitless: tuple[str, tuple[int, ...]] = ("", ())
        self._read = ledger.history.experiments
        self._told = History(ledger.history.direction)

    @property
    def told(self) -> History:
        """The history as a proposer may see it: without the numbers that are held out."""
        history = self._ledger.history
        if history.experiments is not self._read:  # merged: the earlier ones may be others now
            self._read, self._told = history.experiments, History(history.direction)
        self._told.direction = history.direction
        self._told.rejected = history.rejected
        self._told.queued = self._queued
        self._told.under_way, self._told.lane = history.under_way, history.lane
        self._told.mutations = self._knowledge.mutations
        for experiment in history.experiments[self._told.next_number :]:
            hidden = experiment.holdout is None and not experiment.holdout_error
            self._told.add(
                experiment if hidden else replace(experiment, holdout=None, holdout_error=""),
                history.name(experiment.experiment),
                history.key(experiment.experiment),
            )
        return self._told

    @property
    def _queued(self) -> dict[str, IdeaRequest]:
        """The queued ideas that are this session's to take up."""
        log, queued = self._ledger.campaign, self._ledger.history.queued
        if not (queued and self._start.lane):
            return queued
        starts = [each for each in log.sessions if isinstance(each, SessionStart)]
        begun = {name for each in log.history.under_way for name in takes_up(each)}
        return {
            name: idea
            for name, idea in queued.items()
            if name not in begun and takes(idea, self._start, starts, log.at_work)
        }

    def propose(self) -> Proposal | Rejected | None:
        """Propose what another session's keep came before, else what the proposer has; or None."""
        with self._paid():
            return self.again() or self.proposer.propose(self._campaign.source(), self.told)

    def repair(self, crashed: Proposal, log: str) -> Proposal | Rejected | None:
        """The idea again, mended by who had it and is shown how the log ended."""
        with self._paid():
            return self.proposer.repair(self._campaign.source(), self.told, crashed, log)

    @property
    def waiting(self) -> list[Experiment]:
        """The superseded experiments, and those whose value was not believed, once it may be."""
        history = self._ledger.history
        allowed = is_bounded(self._settings, history.direction)
        return [*history.superseded, *(history.held if allowed else ())]

    @contextmanager
    def _paid(self) -> Iterator[None]:
        """Write down what a call may have cost that an interrupt cut off."""
        try:
            yield
        except CutOff as cut:
            with deferred():
                self._recorder.rejected(cut.rejected)
            raise

    def again(self) -> Proposal | None:
        """Waiting ideas on today's incumbent: those of lanes together, else one at a time."""
        start, history = self._start, self._ledger.history
        if start.lanes and not self._combines:
            return None
        if not start.lanes:
            return self._one_again()
        stand = (self._campaign.head, tuple(each.experiment for each in history.superseded))
        if stand == self._fruitless:
            return None
        found = combination.together(history, self._source, self._applied) or self._one_again()
        self._fruitless = self._fruitless if found else stand
        return found

    @property
    def _source(self) -> FileSet:
        return self._campaign.source()

    @property
    def _combines(self) -> bool:
        """Tell whether it is for this session to try what others have kept: it made the tip."""
        best = self._ledger.history.incumbent
        return not self._start.lane or (best is not None and best.session == self._session)

    def _one_again(self) -> Proposal | None:
        """One of them: its change alone where that fits, else whole.

        Not what a lane kept and what does not fit the tip: of two that were measured already, the
        tip is the better one.
        """
        history, lanes = self._ledger.history, self._start.lanes
        campaign = self._ledger.campaign
        others = campaign.at_work - {self._session}  # they try their own
        for idea in self.waiting:
            name = history.key(idea.experiment)
            of_lane = idea.session in campaign.lanes and idea.reason is Reason.SUPERSEDED
            if of_lane or (idea.session in others and not lanes) or name in self._given_up:
                continue
            self._given_up.add(name)  # if it comes to no verdict, until next time
            files = self._files_again(idea)
            if files is not None and files != self._source:
                return combination.again(history, [idea], files)
        return None

    def _applied(self, idea: Experiment, files: FileSet) -> FileSet | None:
        """The files with the change of a superseded idea on top; None where it does not fit."""
        if idea.proposer == DROP:
            return None
        patch = self._patch(self._ledger.history.name(idea.experiment))
        return self._campaign.with_patch(patch, files) if patch else None

    def _files_again(self, idea: Experiment) -> FileSet | None:
        """The files with a superseded idea; None where there is no such version any more."""
        if idea.proposer == DROP:
            if not (group := self._ledger.history.taken_out_with(idea)):
                return None
            commits = [kept.commit for kept in reversed(group)]
            files, overlapping = self._campaign.without(commits, group[-1].parent)
            return None if overlapping else files
        patch = self._patch(self._ledger.history.name(idea.experiment))
        return self._campaign.reapplied(patch, idea.parent) if patch else None
