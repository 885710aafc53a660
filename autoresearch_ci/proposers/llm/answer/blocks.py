"""SEARCH/REPLACE blocks, in the forms that models write them."""

from __future__ import annotations

import re

from autoresearch_ci.proposers.llm.answer.edits import Change, Edit
from autoresearch_ci.proposers.llm.answer.fences import is_fence, label, unfenced
from autoresearch_ci.proposers.llm.answer.lines import is_blank
from autoresearch_ci.proposers.llm.answer.names import check_label, check_line
from autoresearch_ci.proposers.llm.answer.result import Unusable

_LOOKED_AT = 300  # characters of a line; a marker is shorter
_BEGIN = re.compile(
    r"\s*(?:<{5,9}\s*(?:SEARCH|ORIGINAL|HEAD|OLD)|-{5,9}\s*SEARCH)\b:?(.*)", re.IGNORECASE
)
_DIVIDER = re.compile(r"\s*(={5,9})\s*")
_END = re.compile(
    r"\s*(?:>{5,9}\s*(?:(?:REPLACE|UPDATED)\b.*)?|>{7}\s.*|\+{5,9}\s*REPLACE\b.*)", re.IGNORECASE
)
_MOST_BLOCKS = 100
_MOST_DIVIDERS = 10


def is_block_begin(line: str) -> bool:
    """Whether a line opens the search part of a block."""
    return _BEGIN.fullmatch(line[:_LOOKED_AT]) is not None


def is_block_end(line: str) -> bool:
    """Whether a line closes the replace part of a block."""
    return _END.fullmatch(line[:_LOOKED_AT]) is not None


def has_blocks(answer: list[str]) -> bool:
    """Whether an answer is meant to be blocks."""
    return any(is_block_begin(line) or _says_replace(line) for line in answer)


def _says_replace(line: str) -> bool:
    return is_block_end(line) and "REPLACE" in line[:_LOOKED_AT].upper()


def blocks(answer: list[str], path: str) -> list[Change]:
    """All blocks of an answer; Unusable where one is malformed or not for `path`."""
    found: list[Change] = []
    start: int | None = None
    for at, line in enumerate(answer):
        name = f"Block {len(found) + 1}"
        if begin := _BEGIN.fullmatch(line[:_LOOKED_AT]):
            if start is not None:
                raise Unusable(
                    f"{name} has no `>>>>>>> REPLACE` line before the next block begins."
                )
            _check_names(answer, at, begin[1], path)
            start = at + 1
        elif start is None:
            if _says_replace(line):
                raise Unusable(f"{name} has no `<<<<<<< SEARCH` line.")
        elif is_block_end(line):
            readings = _readings(answer[start:at])
            if not readings:
                raise Unusable(f"{name} has no `=======` line between SEARCH and REPLACE.")
            found.append(Change(name, readings))
            start = None
        if len(found) > _MOST_BLOCKS:
            raise Unusable(f"The answer has more than {_MOST_BLOCKS} blocks. Send the whole file.")
    if start is not None:
        raise Unusable(
            f"The answer ends inside block {len(found) + 1}: it was cut off, or its"
            " `>>>>>>> REPLACE` line is missing. Send all of it again, with a smaller change"
            " if it is too long."
        )
    return found


def _check_names(answer: list[str], at: int, said: str, path: str) -> None:
    """Unusable where a block's marker, its fence or the line before it names another file."""
    check_label(said, path)
    before = at - 1
    while before >= 0 and at - before <= 4:  # noqa: PLR2004 - a name, a blank line, a fence
        line = answer[before]
        if is_fence(line):
            check_label(label(line), path)
        elif not is_blank(line):
            check_line(line, path)
            break
        before -= 1


def _readings(inside: list[str]) -> tuple[Edit, ...]:
    """The ways to divide a block: a file can have lines that look like the divider.

    What quotes most of the file comes first: it is the surest.
    """
    dividers = [
        (at, len(match[1])) for at, line in enumerate(inside) if (match := _DIVIDER.fullmatch(line))
    ]
    exact = [at for at, length in dividers if length == len("=======")]
    splits = (exact or [at for at, _ in dividers])[:_MOST_DIVIDERS]
    found: list[Edit] = []
    for at in reversed(splits):
        old, new = inside[:at], inside[at + 1 :]
        found.append(Edit.replacing(old, new))
        bare = unfenced(old)
        if bare is not None:
            found.append(Edit.replacing(bare, unfenced(new) or [] if new else []))
    return tuple(found)
