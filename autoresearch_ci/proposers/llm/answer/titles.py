"""Titles of ideas: as an answer gives them, or made from the change."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autoresearch_ci.core.text import one_line
from autoresearch_ci.proposers.llm.answer.blocks import is_block_begin, is_block_end
from autoresearch_ci.proposers.llm.answer.text import (
    BOM,
    common_ends,
    is_blank,
    is_fence,
    texts,
)

MOST_TITLE, MOST_HYPOTHESIS = 72, 300
_LOOKED_AT = 1000  # characters of a line
_SAID = re.compile(
    r"[\s>#*_`\-\d.)]*(title|hypothesis)[\s*_`]*[:：](.*)",  # noqa: RUF001
    re.IGNORECASE,
)
_AROUND = "*_`\"'#<> \t,"


def said(answer: Sequence[str], *, in_fences: bool) -> tuple[str, str]:
    """Title and hypothesis as an answer gives them; empty where it does not.

    What is inside a block is never one; what is inside a fence only with `in_fences`.
    """
    found = {"title": "", "hypothesis": ""}
    for line in _talk(answer, in_fences=in_fences):
        match = _SAID.fullmatch(line[:_LOOKED_AT])
        if match and not found[match[1].lower()]:
            found[match[1].lower()] = match[2].strip(_AROUND)
    return shortened(found["title"], MOST_TITLE), shortened(found["hypothesis"], MOST_HYPOTHESIS)


def derived(old: str, new: str) -> str:
    """A title made of the first lines that differ."""
    before, after = texts(old.lstrip(BOM)), texts(new.lstrip(BOM))
    head, tail = common_ends(before, after)
    gone = _first(before[head : len(before) - tail])
    come = _first(after[head : len(after) - tail])
    half = (MOST_TITLE - len(" -> ")) // 2
    if gone and come:
        if len(gone) + len(come) > 2 * half:
            gone, come = shortened(gone, half), shortened(come, half)
        return shortened(f"{gone} -> {come}", MOST_TITLE)
    return shortened(f"add {come}" if come else f"remove {gone}" if gone else "change white space")


def _first(lines: Sequence[str]) -> str:
    """The first line that is not blank."""
    return next((line.strip() for line in lines if not is_blank(line)), "")


def shortened(text: str, most: int = MOST_TITLE) -> str:
    """Printable, white space as one space, at most so many characters."""
    plain = one_line(text[: 20 * most])
    if len(plain) <= most:
        return plain
    cut = plain[: most - 2].rpartition(" ")[0]
    return f"{cut if len(cut) > most // 2 else plain[: most - 3]}..."


def _talk(answer: Sequence[str], *, in_fences: bool) -> list[str]:
    """The lines that are neither in a block nor, as asked, in a fence."""
    talk: list[str] = []
    in_block = in_fence = False
    for line in answer:
        if is_block_begin(line):
            in_block = True
        elif is_block_end(line):
            in_block = False
        elif is_fence(line):
            in_fence = not in_fence
        elif not in_block and (in_fences or not in_fence):
            talk.append(line)
    return talk
