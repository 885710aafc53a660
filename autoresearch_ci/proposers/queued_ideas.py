"""Ideas of people for a model: each is shown until a proposal has taken it up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autoresearch_ci.core.history import AGAIN, IDEAS, History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected
from autoresearch_ci.proposers import Proposer


class QueuedIdeas:
    """A model or an agent that is told to take the oldest queued idea first.

    Whatever it makes of that idea, its next proposal takes it off the queue: an idea
    that is none for this target would come up again and again otherwise.
    """

    def __init__(self, asked: Proposer) -> None:
        self.name = asked.name
        self._asked = asked

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected | None:
        first = [idea.session for idea in history.ideas[:1]]
        found = self._asked.propose(source, history)
        return _noted(found, {IDEAS: first}) if first else found

    def repair(
        self, source: FileSet, history: History, failed: Proposal, crash: str
    ) -> Proposal | Rejected | None:
        """Mended, it is still the same idea of the same person."""
        taken = {key: failed.change[key] for key in (AGAIN, IDEAS) if key in failed.change}
        return _noted(self._asked.repair(source, history, failed, crash), taken)


def _noted(found: Proposal | Rejected | None, note: dict[str, Any]) -> Proposal | Rejected | None:
    if not isinstance(found, Proposal):
        return found
    return replace(found, change={**found.change, **note})
