"""A language model as a proposer: it is shown the campaign, and hands over text.

What it answers is applied exactly or not at all. It measures nothing, decides
nothing, and cannot spend more than it was allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from autoresearch_ci.core.errors import ProviderError, SettingsError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.proposers import CutOff
from autoresearch_ci.proposers.llm import answer
from autoresearch_ci.proposers.llm.answer import Change, MayAdd, Problem
from autoresearch_ci.proposers.llm.budget import Allowance
from autoresearch_ci.providers import Provider
from autoresearch_ci.providers.conversation import Conversation, Ending, Reply

_LONGEST_NOTE = 40
"""Lines that a note on an idea may hold: enough to find what it brought in."""


class Briefing(Protocol):
    """The conversations that a model is asked with. This seam keeps texts and asking apart."""

    def ask(self, source: FileSet, history: History) -> Conversation: ...

    def correct(self, problem: str) -> str: ...

    def leaks(self, text: str) -> bool: ...

    def repair(
        self, source: FileSet, history: History, failed: Proposal, crash: str
    ) -> Conversation: ...


class ModelProposer:
    """Asks a provider for ideas.

    An answer that cannot be used goes back once, with the reason. After that, and
    where there is no answer or no money left for one, it is Rejected with what it
    cost. `today` gives the day of UTC, as `2026-03-17`; `may_add` tells which files an
    answer may add.
    """

    def __init__(
        self,
        provider: Provider,
        briefing: Briefing,
        allowance: Allowance,
        today: Callable[[], str],
        may_add: MayAdd | None = None,
    ) -> None:
        self.name = provider.name
        self._provider, self._briefing = provider, briefing
        self._allowance, self._today = allowance, today
        self._may_add = may_add

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected:
        return self._converse(self._briefing.ask(source, history), source, source)

    def repair(
        self, source: FileSet, history: History, failed: Proposal, crash: str
    ) -> Proposal | Rejected:
        """The idea again, mended; `crash` is the end of its log. Costs are those of the mending."""
        try:
            conversation = self._briefing.repair(source, history, failed, crash)
        except SettingsError as error:  # the idea made the target too long to be shown
            return self._rejected(error.message, Usage())
        return self._converse(conversation, failed.files, source)

    def _converse(
        self, conversation: Conversation, edited: FileSet, incumbent: FileSet
    ) -> Proposal | Rejected:
        """Ask, and ask once more where the answer to `edited` cannot be used."""
        spent, problem = Usage(), ""
        for _ in range(2):
            if refusal := self._refusal(conversation):
                return self._rejected(refusal, spent, lasting=True)
            try:
                reply = self._provider.ask(conversation)
            except KeyboardInterrupt:
                spent += self._provider.worst_case(conversation)
                cut = self._rejected("The call was interrupted; this is its worst case.", spent)
                raise CutOff(cut) from None
            except ProviderError as error:
                self._spend(error.usage)
                said = f"{error.message} {error.remedy}"
                return self._rejected(said, spent + error.usage, lasting=True)
            self._spend(reply.usage)
            spent += reply.usage
            if reply.ending is not Ending.DONE and reply.ending is not Ending.LENGTH:
                return self._rejected(f"The model's answer was {reply.ending.value}.", spent)
            found = self._read(reply, edited)
            if isinstance(found, Change) and edited | found.files == incumbent:
                found = Problem("With this change all is what it was before the idea.")
            if not isinstance(found, Problem):
                return self._proposal(found, edited, incumbent, spent)
            problem = found.message
            conversation = conversation.plus(reply.text, self._briefing.correct(problem))
        return self._rejected(problem, spent)

    def _read(self, reply: Reply, edited: FileSet) -> Change | Problem:
        """The idea in a reply. Part of one is none, and nothing that is recorded holds a secret."""
        if reply.ending is Ending.LENGTH:
            return Problem("The answer was cut off for its length. Make a smaller change.")
        if self._briefing.leaks(reply.text):
            return Problem("The answer holds a credential. Leave it out, and whatever needs it.")
        if len(edited) > 1 or self._may_add is not None:
            return answer.read_several(reply.text, edited, self._may_add or _nothing)
        idea = answer.read(reply.text, edited.target, edited.text)
        if isinstance(idea, Problem):
            return idea
        return Change(idea.title, idea.hypothesis, {edited.target: idea.text})

    def _refusal(self, conversation: Conversation) -> str | None:
        return self._allowance.refuses(self._provider.worst_case(conversation), self._today())

    def _spend(self, usage: Usage) -> None:
        self._allowance.spend(usage, self._today())

    def _proposal(
        self, idea: Change, edited: FileSet, incumbent: FileSet, spent: Usage
    ) -> Proposal:
        files = edited | idea.files
        fresh = (added(incumbent.get(path, ""), text) for path, text in files.items())
        return Proposal(
            title=idea.title,
            files=files,
            proposer=self.name,
            change={
                "model": self._provider.model,
                "hypothesis": idea.hypothesis,
                "added": [line for lines in fresh for line in lines][:_LONGEST_NOTE],
            },
            tokens=spent.tokens,
            cost_usd=self._allowance.cost(spent),
        )

    def _rejected(self, problem: str, spent: Usage, *, lasting: bool = False) -> Rejected:
        return Rejected(
            problem,
            self.name,
            tokens=spent.tokens,
            cost_usd=self._allowance.cost(spent),
            lasting=lasting,
        )


def _nothing(_path: str, _text: str) -> bool:
    return False


def added(old: str, new: str) -> list[str]:
    """The lines of `new` that are not in `old`, stripped: what an idea brought in."""
    known = {line.strip() for line in old.splitlines()}
    fresh = (line.strip() for line in new.splitlines())
    return list(dict.fromkeys(line for line in fresh if line and line not in known))[:_LONGEST_NOTE]
