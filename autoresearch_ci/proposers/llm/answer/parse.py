"""From what a model answers to an idea."""

from __future__ import annotations

from autoresearch_ci.proposers.llm.answer.blocks import blocks, has_blocks
from autoresearch_ci.proposers.llm.answer.diffs import has_diff, hunks
from autoresearch_ci.proposers.llm.answer.edits import Change, apply
from autoresearch_ci.proposers.llm.answer.elision import elided
from autoresearch_ci.proposers.llm.answer.lines import Line, joined, lines, texts
from autoresearch_ci.proposers.llm.answer.result import Idea, Problem, Unusable
from autoresearch_ci.proposers.llm.answer.thinking import without_thinking
from autoresearch_ci.proposers.llm.answer.titles import MOST_TITLE, derived, one_line, said
from autoresearch_ci.proposers.llm.answer.validate import objection
from autoresearch_ci.proposers.llm.answer.whole import whole_file

_BOM = "\ufeff"


def read(answer_text: str, source_path: str, source_text: str) -> Idea | Problem:
    """The idea in an answer, or why there is none that could be tried.

    Pure and total: any text gives one of the two, in time that grows with the
    texts' lengths. The idea's text differs from the source by what the answer
    says and by nothing else; its line ends are the source's.
    """
    try:
        return _read(answer_text, source_path, source_text)
    except Unusable as unusable:
        return Problem(str(unusable))


def _read(answer_text: str, path: str, source_text: str) -> Idea:
    answer = texts(without_thinking(answer_text, source_text))
    if not any(answer):
        raise Unusable("The answer is empty. Send a title, a hypothesis and the change.")
    source = source_text.removeprefix(_BOM)
    in_blocks = has_blocks(answer)
    if in_blocks:
        new = _changed(blocks(answer, path), path, source)
    elif has_diff(answer):
        new = _changed(hunks(answer, path), path, source)
    else:
        new = [Line(text) for text in whole_file(answer, path, source)]
    text = source_text[: len(source_text) - len(source)] + joined(new, source)
    if problem := objection(path, source_text, text):
        raise Unusable(problem)
    title, hypothesis = said(answer, in_fences=in_blocks)
    title = title or one_line(hypothesis, MOST_TITLE) or derived(source_text, text)
    return Idea(title, hypothesis, text)


def _changed(changes: list[Change], path: str, source: str) -> list[Line]:
    old = lines(source)
    known = [line.text for line in old]
    for change in changes:
        added = (new for reading in change.readings for new in reading.new)
        if line := elided((new for new in added if isinstance(new, str)), known, path):
            raise Unusable(
                f"{change.name} puts in the line {line!r}, which stands for others that were left"
                " out. Write every line that is to be there."
            )
    return apply(changes, old)
