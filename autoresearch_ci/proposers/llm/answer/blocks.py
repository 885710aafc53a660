"""SEARCH/REPLACE blocks, with the markers and the Markdown that models put around them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autoresearch_ci.proposers.llm.answer.text import (
    Unusable,
    is_blank,
    is_fence,
    label,
)
from autoresearch_ci.proposers.llm.answer.validate import check_heading, check_label

_LOOKED_AT = 300  # characters of a line; a marker is shorter
_BEGIN = re.compile(r"\s*[<-]{5,9}\s*(?:SEARCH|ORIGINAL)\b:?(.*)", re.IGNORECASE)
_DIVIDER = re.compile(r"\s*(={5,9})\s*")
_END = re.compile(r"\s*[>+]{5,9}\s*(?:REPLACE|UPDATED)\b.*", re.IGNORECASE)
_MOST_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Block:
    """Lines to look for and what is to stand there; `name` is what to call it in a problem."""

    name: str
    old: tuple[str, ...]
    new: tuple[str, ...]


def is_block_begin(line: str) -> bool:
    """True for a line that opens the search part of a block."""
    return _BEGIN.fullmatch(line[:_LOOKED_AT]) is not None


def is_block_end(line: str) -> bool:
    """True for a line that closes the replace part of a block."""
    return _END.fullmatch(line[:_LOOKED_AT]) is not None


def blocks(answer: list[str], path: str) -> list[Block]:
    """All blocks of an answer, none twice; Unusable where one is malformed or not for `path`."""
    found: dict[tuple[tuple[str, ...], ...], Block] = {}
    count, start = 1, 0
    for at, line in enumerate(answer):
        name = f"Block {count}"
        if begin := _BEGIN.fullmatch(line[:_LOOKED_AT]):
            if start:
                raise Unusable(
                    f"{name} has no `>>>>>>> REPLACE` line before the next block begins."
                )
            check_label(begin[1], path)
            _check_names_above(answer, at, path)
            start = at + 1
        elif is_block_end(line):
            if not start:
                raise Unusable(f"{name} has no `<<<<<<< SEARCH` line.")
            old, new = _divided(name, answer[start:at])
            found.setdefault((old, new), Block(name, old, new))
            count, start = count + 1, 0
        if count > _MOST_BLOCKS:
            raise Unusable(f"The answer has more than {_MOST_BLOCKS} blocks. Send the whole file.")
    if start:
        raise Unusable(
            f"The answer ends inside block {count}: it was cut off, or its"
            " `>>>>>>> REPLACE` line is missing. Send all of it again, with a smaller change"
            " if it is too long."
        )
    return list(found.values())


def _check_names_above(answer: list[str], at: int, path: str) -> None:
    """Unusable where the fence around a block, or the line before it, names another file."""
    for line in reversed(answer[max(0, at - 4) : at]):
        if is_fence(line):
            check_label(label(line), path)
        elif not is_blank(line):
            check_heading(line, path)
            return


def _divided(name: str, inside: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The search and the replace part of a block."""
    marks = {at: match[1] for at, line in enumerate(inside) if (match := _DIVIDER.fullmatch(line))}
    dividers = [at for at, mark in marks.items() if mark == "======="] or list(marks)
    if not dividers:
        raise Unusable(f"{name} has no `=======` line between SEARCH and REPLACE.")
    if len(dividers) > 1:
        raise Unusable(
            f"{name} has {len(dividers)} lines like `=======`, so nobody can tell where its SEARCH"
            " part ends. Quote fewer lines, or send the whole file in one fence."
        )
    return tuple(inside[: dividers[0]]), tuple(inside[dividers[0] + 1 :])
