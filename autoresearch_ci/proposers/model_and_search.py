"""A model and the search together: neither a dead model nor an empty purse stops a session.

Who is next follows from the history alone, so a session on another machine goes on
in the same way; only how long to leave a silent model alone is kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected
from autoresearch_ci.proposers import Proposer
from autoresearch_ci.proposers.payoff import PLATEAU, share

REJECTIONS = 2
"""Answers in a row that came to nothing, after which this experiment is the search's."""

SHARE, PLATEAU_OF = "share", "plateau"
"""In the `change` of a tuned idea: the search's share of the experiments by then, and, where that
is even because nothing was kept for long, for how many."""

_LONGEST_SILENCE = 16


class ModelThenSearch:
    """Asks the model, and hands over to the search where that pays.

    The search is asked for the constants of the last idea that was kept, as often as that
    pays beside the model; and whenever the model is silent:
    unreachable, refused, out of money, or saying nothing of use. Then it is left
    alone for one experiment, then two, four, and so on.
    `tuner` makes a search that may only change these lines of the target.
    """

    def __init__(
        self, model: Proposer, search: Proposer, tuner: Callable[[frozenset[str]], Proposer]
    ) -> None:
        self.name = model.name
        self._model, self._search, self._tuner = model, search, tuner
        self._silent_until, self._silence = 0, 1

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected | None:
        if lines := self._to_tune(history):
            tuned = self._tuner(lines).propose(source, history)
            if isinstance(tuned, Proposal):
                return replace(tuned, change={**tuned.change, **self._mix(history)})
        if history.next_number >= self._silent_until:
            if history.rejected_now < REJECTIONS:
                found = self._model.propose(source, history)
                if isinstance(found, Proposal):
                    self._silence = 1
                elif found is None or found.lasting:
                    self._leave_alone(history.next_number)
                if found is not None:
                    return found
            else:
                self._leave_alone(history.next_number)
        return self._search.propose(source, history) or self._last_resort(source, history)

    def repair(
        self, source: FileSet, history: History, failed: Proposal, crash: str
    ) -> Proposal | Rejected | None:
        """Let the model mend an idea of its own; the search does not mend."""
        if failed.proposer != self._model.name:
            return None
        return self._model.repair(source, history, failed, crash)

    def _leave_alone(self, number: int) -> None:
        self._silent_until = number + self._silence
        self._silence = min(2 * self._silence, _LONGEST_SILENCE)

    def _last_resort(self, source: FileSet, history: History) -> Proposal | Rejected | None:
        """Nothing is left to search: ask the model, unless it has just said nothing again."""
        if history.rejected_now >= REJECTIONS:
            return None
        return self._model.propose(source, history)

    def _to_tune(self, history: History) -> frozenset[str]:
        """The lines that the last kept idea of the model brought in, where tuning has its turn."""
        kept = next((e for e in reversed(history.kept) if e.proposer == self._model.name), None)
        if kept is None or not isinstance(lines := kept.change.get("added"), list):
            return frozenset()
        since = history.experiments[kept.experiment + 1 :]
        tuned = sum(each.proposer == self._search.name for each in since)
        due = share(self._search.name, self._model.name, history) * (len(since) + 1)
        return frozenset(map(str, lines)) if tuned < due else frozenset()

    def _mix(self, history: History) -> dict[str, float | int]:
        """The share by which it is the search's turn, for the log."""
        part = round(share(self._search.name, self._model.name, history), 2)
        stuck = {PLATEAU_OF: history.since_keep} if history.since_keep >= PLATEAU else {}
        return {SHARE: part, **stuck}
