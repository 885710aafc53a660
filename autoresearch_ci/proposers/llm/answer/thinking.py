"""What a model says to itself before it answers, and its template's leftovers."""

from __future__ import annotations

import re

_SECTIONS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
_FINAL_CHANNEL = "<|channel|>final<|message|>"
_LEFTOVERS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<|return|>", "<|endoftext|>", "</s>")


def without_thinking(answer: str, source: str) -> str:
    """The answer alone. What the target itself has in it is only dropped from the beginning."""
    before, final, after = answer.rpartition(_FINAL_CHANNEL)
    if final and final not in source:
        answer = after if not before.endswith("`") else answer
    for opening, closing in _SECTIONS:
        answer = _without(answer, opening, closing, own=opening in source or closing in source)
    answer = answer.strip("\ufeff \t\r\n\f\v")
    while leftover := next((each for each in _LEFTOVERS if answer.endswith(each)), None):
        answer = answer.removesuffix(leftover).rstrip()
    return answer


def _without(answer: str, opening: str, closing: str, *, own: bool) -> str:
    """Without the sections; one that is never closed goes to the end.

    A closing mark alone ends one that began before the answer, unless it is the end.
    """
    if closing not in answer and opening not in answer:
        return answer
    if own:
        start = answer.lstrip("\ufeff \t\r\n")
        return start.partition(closing)[2] if start.startswith(opening) else answer
    marks = re.compile(
        rf"^[ \t]*(?P<open>{re.escape(opening)})|(?P<close>{re.escape(closing)})[ \t]*$"
        rf"|^[ \t]*(?P<begin>{re.escape(closing)})",
        re.MULTILINE,
    )
    kept: list[str] = []
    at, inside, end = 0, False, len(answer.rstrip())
    for mark in marks.finditer(answer.replace("\r", "\n")):
        if mark["open"] and not inside:
            kept.append(answer[at : mark.start()])
            inside = True
        elif not mark["open"]:
            if not inside and mark.end() < end:  # it was open from the start
                kept.clear()
            elif not inside:
                kept.append(answer[at : mark.start()])
            at, inside = mark.end(), False
    if not inside:
        kept.append(answer[at:])
    return "".join(kept)
