"""Ideas from what a model answers: read with some tolerance, applied exactly.

Nothing here touches a file. `prompt/answer_format.md` asks for one of two formats: SEARCH/REPLACE
blocks, or the whole file in a fence. Read are these two and what models make of them: Markdown and
prose around them, other markers, white space that differs. Where a change belongs is found by its
text alone. Everything else is a Problem, which is sent back once.
"""

from autoresearch_ci.proposers.llm.answer.parse import read
from autoresearch_ci.proposers.llm.answer.several import Change, MayAdd, read_several
from autoresearch_ci.proposers.llm.answer.text import Idea, Problem

__all__ = ["Change", "Idea", "MayAdd", "Problem", "read", "read_several"]
