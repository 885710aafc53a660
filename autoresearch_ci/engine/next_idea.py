"""The next idea: an earlier one whose time has come again, else the proposer's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from autoresearch_ci.campaign.archive import archived
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.config import Settings
from autoresearch_ci.core.history import AGAIN, History
from autoresearch_ci.core.interrupts import deferred
from autoresearch_ci.core.model import DROP, Experiment, FileSet, Proposal, Rejected
from autoresearch_ci.engine.knowledge import Knowledge, is_bounded
from autoresearch_ci.engine.recorder import Recorder
from autoresearch_ci.proposers import CutOff, Proposer
from autoresearch_ci.workspace import Campaign


class NextIdea:
    """Asks whoever has the ideas of a session, named `session`, and shows them what they may see.

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
        session: str,
    ) -> None:
        self.proposer = proposer
        self._settings, self._campaign, self._ledger = settings, campaign, ledger
        self._knowledge, self._recorder, self._session = knowledge, recorder, session
        self._given_up: set[int] = set()
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
        self._told.queued = history.queued
        self._told.under_way, self._told.lane = history.under_way, history.lane
        self._told.mutations = self._knowledge.mutations
        for experiment in history.experiments[self._told.next_number :]:
            hidden = experiment.holdout is None and not experiment.holdout_error
            self._told.add(
                experiment if hidden else replace(experiment, holdout=None, holdout_error="")
            )
        return self._told

    def propose(self) -> Proposal | Rejected | None:
        """Propose what another session's keep came before, else what the proposer has; or None."""
        with self._paid():
            return self._tried_again() or self.proposer.propose(self._campaign.source(), self.told)

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

    def _tried_again(self) -> Proposal | None:
        """A waiting idea on today's incumbent: its change alone where that fits, else whole."""
        others = self._ledger.campaign.at_work - {self._session}  # they try their own
        for idea in self.waiting:
            if idea.session in others or idea.experiment in self._given_up:
                continue
            self._given_up.add(idea.experiment)  # if it comes to no verdict, until next time
            files = self._files_again(idea)
            if files is not None and files != self._campaign.source():
                change = {**idea.change, AGAIN: idea.experiment}
                return Proposal(idea.description, files, idea.proposer, change)
        return None

    def _files_again(self, idea: Experiment) -> FileSet | None:
        """The files with a superseded idea; None where there is no such version any more."""
        if idea.proposer == DROP:
            if not (group := self._ledger.history.taken_out_with(idea)):
                return None
            commits = [kept.commit for kept in reversed(group)]
            files, overlapping = self._campaign.without(commits, group[-1].parent)
            return None if overlapping else files
        patch = self._campaign.read(archived(f"{idea.experiment:04}.patch"))
        return self._campaign.reapplied(patch, idea.parent) if patch else None
