"""Evidence for whoever has the ideas: what a command of the user's says of the incumbent."""

from __future__ import annotations

from autoresearch_ci.core.model import Note
from autoresearch_ci.engine.evaluator import Evaluator
from autoresearch_ci.workspace import Campaign


class Evidence:
    """The output of `evidence_command` on the tip of the campaign.

    It is run when somebody asks, once for each incumbent of a session.
    """

    def __init__(self, evaluator: Evaluator, campaign: Campaign) -> None:
        self._evaluator, self._campaign = evaluator, campaign
        self._seen, self._text = "", ""

    def text(self) -> str:
        """Return what it printed to standard output; empty where it failed, which is told."""
        head = self._campaign.head
        if head != self._seen:
            trial = self._campaign.trial(self._campaign.source())
            self._text, problem = self._evaluator.evidence(trial)
            self._seen = head
            if problem:
                told = f"{problem} No evidence of this version is shown; correct the command."
                self._evaluator.tell(Note(told))
        return self._text
