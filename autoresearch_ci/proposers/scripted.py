"""A proposer that reads its ideas from a list: for tests, benchmarks and rehearsals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import FileSet, Proposal, Rejected

Idea = tuple[str, str | Callable[[str], str]] | Rejected


class ScriptedProposer:
    """Proposes the ideas it was given, in order, by the number of answers given.

    An idea is a title and the new text, or a function from the incumbent's text
    to the new text; or an answer that is rejected. The position comes from the
    history, so a fresh instance goes on where the last one stopped. `repairs` has
    what becomes of an idea that crashed, by its title.
    """

    name = "scripted"

    def __init__(
        self, ideas: Iterable[Idea], repairs: Mapping[str, str | Callable[[str], str]] | None = None
    ) -> None:
        self._ideas, self._repairs = list(ideas), dict(repairs or {})

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected | None:
        position = history.next_number - 1 + len(history.rejected)
        if position >= len(self._ideas):
            return None
        idea = self._ideas[position]
        if isinstance(idea, Rejected):
            return idea
        title, new = idea
        return Proposal(title, _made(source, new), self.name)

    def repair(
        self, source: FileSet, _history: History, failed: Proposal, _crash: str
    ) -> Proposal | None:
        new = self._repairs.get(failed.title)
        if new is None:
            return None
        return Proposal(failed.title, _made(source, new), self.name)


def _made(source: FileSet, new: str | Callable[[str], str]) -> FileSet:
    return source | {source.target: new if isinstance(new, str) else new(source.text)}
