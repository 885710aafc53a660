"""The seam of ideas. A proposer is a file here; its name is its name in the settings.

A proposer hands over text and nothing else: it never runs, measures or decides.
"""

from __future__ import annotations

from typing import Protocol

from autoresearch_ci.core.history import History
from autoresearch_ci.core.interrupts import Interrupted
from autoresearch_ci.core.model import FileSet, Proposal, Rejected


class CutOff(Interrupted):
    """The session was interrupted while somebody was asked; `rejected` has the most it can cost."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__()
        self.rejected = rejected


class Proposer(Protocol):
    """A source of ideas.

    `source` is the incumbent. `propose` must never return it unchanged, must learn from
    `history` alone (a fresh instance on another machine goes on where the last one
    stopped), and returns None when nothing is left to try. It must not raise for
    any source text, and must not touch the working tree. Rejected is an answer that
    came to nothing, which is recorded with its cost; the next call may fare better.

    `repair` is asked about an idea of its own that crashed in the target: the same
    idea, mended, or None. `crash` is the end of its log.
    """

    name: str

    def propose(self, source: FileSet, history: History) -> Proposal | Rejected | None: ...

    def repair(
        self, source: FileSet, history: History, failed: Proposal, crash: str
    ) -> Proposal | Rejected | None: ...
