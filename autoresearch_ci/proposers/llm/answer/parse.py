"""From what a model answers to an idea."""

from __future__ import annotations

import re

from autoresearch_ci.proposers.llm.answer.apply import apply
from autoresearch_ci.proposers.llm.answer.blocks import Block, blocks, is_block_begin
from autoresearch_ci.proposers.llm.answer.text import (
    BOM,
    Idea,
    Problem,
    Unusable,
    is_fence,
    joined,
    label,
    texts,
)
from autoresearch_ci.proposers.llm.answer.titles import MOST_TITLE, derived, said, shortened
from autoresearch_ci.proposers.llm.answer.validate import elided, objection
from autoresearch_ci.proposers.llm.answer.whole import DIFF_LABELS, whole_file

_THINKING = (
    ("<think>", "</think>"),  # most open models
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),  # Mistral's
    (
        "<|channel|>analysis",
        "<|channel|>final<|message|>",
    ),  # gpt-oss, where a server does not split
)
_HUNK = re.compile(r"@@ (?:-\d|\.\.\.)|\*\*\* (?:Begin Patch|Update File)|diff --git ")


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
    answer = texts(without_thinking(answer_text.lstrip(f"{BOM} \t\r\n"), source_text))
    if not any(map(str.strip, answer)):
        raise Unusable("The answer is empty. Send a title, a hypothesis and the change.")
    text = changed(answer, path, source_text)
    title, hypothesis = said(answer, in_fences=any(map(is_block_begin, answer)))
    title = title or shortened(hypothesis, MOST_TITLE) or derived(source_text, text)
    return Idea(title, hypothesis, text)


def changed(answer: list[str], path: str, source_text: str) -> str:
    """The text of a file with what an answer changes in it; Unusable where that cannot be."""
    source = source_text.removeprefix(BOM)
    found = blocks(answer, path)
    if found:
        new = _changed(found, path, source)
    elif is_diff(answer):
        raise Unusable(
            "The answer is a diff or a patch, and those are not read. Send the same change as"
            " SEARCH/REPLACE blocks, or the whole file in one fence."
        )
    else:
        new = joined(whole_file(answer, path, source), source)
    text = source_text[: len(source_text) - len(source)] + new
    if problem := objection(path, source_text, text):
        raise Unusable(problem)
    return text


def without_thinking(answer: str, source: str) -> str:
    """The answer without what a model said to itself before it.

    A closing mark alone ends what began before the answer, unless the target has such marks.
    """
    for opening, closing in _THINKING:
        before, _, after = answer.partition(closing)
        begun = after.strip() and opening not in before and closing not in source
        if answer.startswith(opening) or begun:
            answer = after.lstrip()
    return answer


def is_diff(answer: list[str]) -> bool:
    """True for an answer in the form of a diff."""
    labels = {label(line).lower() for line in answer if is_fence(line)} - {""}
    return any(map(_HUNK.match, answer)) or (bool(labels) and labels <= DIFF_LABELS)


def _changed(found: list[Block], path: str, source: str) -> str:
    known = texts(source)
    for block in found:
        if line := elided(block.new, (*known, *block.old), path):
            raise Unusable(
                f"{block.name} puts in the line {line!r}, which stands for others that were left"
                " out. Write every line that is to be there."
            )
    return apply(found, source)
