"""What a model answers, turned into an idea: read liberally, applied exactly.

Nothing here touches a file. The format that a model is asked for is described in
`prompt/answer_format.md`; much else is understood, and nothing is guessed: where
the change belongs is found by its text, with white space tolerated at most.
"""

from autoresearch_ci.proposers.llm.answer.parse import read
from autoresearch_ci.proposers.llm.answer.result import Idea, Problem

__all__ = ["Idea", "Problem", "read"]
