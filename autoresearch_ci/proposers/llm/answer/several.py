"""An answer that changes several files: each block or fence belongs to the path before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from autoresearch_ci.core.model import FileSet
from autoresearch_ci.proposers.llm.answer.blocks import is_block_begin, is_block_end
from autoresearch_ci.proposers.llm.answer.parse import changed, is_diff, without_thinking
from autoresearch_ci.proposers.llm.answer.text import (
    BOM,
    Problem,
    Unusable,
    fences,
    is_blank,
    is_fence,
    label,
    texts,
)
from autoresearch_ci.proposers.llm.answer.titles import MOST_TITLE, derived, said, shortened
from autoresearch_ci.proposers.llm.answer.validate import named, objection

_ABOVE = 4  # lines before a block in which its path may stand
_MOST_WORDS = 3  # of a line that only says which file it is about
MayAdd = Callable[[str, str], bool]
"""Tells whether a file of this path and text may be added."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that can be tried: the new text of each file that it changes or adds."""

    title: str
    hypothesis: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """Lines of an answer, from a block's or fence's first to its last, and the path before it."""

    path: str
    lines: tuple[str, ...]


def read_several(answer_text: str, files: FileSet, may_add: MayAdd) -> Change | Problem:
    """The change in an answer, or why there is none that could be tried.

    As `read`, for more than one file. What has no path before it is of the file before, at first
    of the target.
    """
    try:
        return _read(answer_text, files, may_add)
    except Unusable as unusable:
        return Problem(str(unusable))


def _read(answer_text: str, files: FileSet, may_add: MayAdd) -> Change:
    text = without_thinking(answer_text.lstrip(f"{BOM} \t\r\n"), files.text)
    answer = texts(text)
    if not any(map(str.strip, answer)):
        raise Unusable("The answer is empty. Send a title, a hypothesis and the change.")
    if is_diff(answer) and not any(map(is_block_begin, answer)):
        raise Unusable(
            "The answer is a diff or a patch, and those are not read. Send the same change as"
            " SEARCH/REPLACE blocks, or whole files in fences, each with its path before it."
        )
    with_blocks = any(map(is_block_begin, answer))
    parts: dict[str, list[str]] = {}
    for part in _parts(answer, files, with_blocks=with_blocks):
        parts.setdefault(part.path, []).extend(part.lines)
    if not parts:
        raise Unusable(
            "The answer has no change in it. Send SEARCH/REPLACE blocks, or whole files in fences,"
            " each with the path of its file on the line before it."
        )
    made = {path: _made(lines, path, files, may_add) for path, lines in parts.items()}
    title, hypothesis = said(answer, in_fences=with_blocks)
    first = next(iter(made))
    title = title or shortened(hypothesis, MOST_TITLE) or derived(files.get(first, ""), made[first])
    return Change(title, hypothesis, made)


def _made(lines: list[str], path: str, files: FileSet, may_add: MayAdd) -> str:
    """The new text of one file."""
    if path in files:
        return changed(lines, path, files[path])
    found = fences(lines)
    if len(found) != 1 or not found[0].closed or any(map(is_block_begin, lines)):
        raise Unusable(f"{path} is a new file. Send all of it in one fence, its path before it.")
    text = "".join(f"{line}\n" for line in found[0].lines)
    if not may_add(path, text):
        raise Unusable(
            f"The answer adds {path[:100]}, which may not be added. These may be changed:"
            f" {', '.join(files)}."
        )
    if problem := objection(path, "", text):
        raise Unusable(problem)
    return text


def _parts(answer: list[str], files: FileSet, *, with_blocks: bool) -> Iterator[_Part]:
    """Each block, or without any each fence, with the path of its file."""
    path, start, opened = files.target, -1, ""
    for at, line in enumerate(answer):
        if start < 0:
            begins = is_block_begin(line) if with_blocks else is_fence(line)
            if begins:
                path, start = _path_of(answer, at, files) or path, at
                opened = line.strip()[: len(line.strip()) - len(line.strip().lstrip("`~"))]
            continue
        if with_blocks and is_block_begin(line):
            raise Unusable("A block has no `>>>>>>> REPLACE` line before the next one begins.")
        ends = is_block_end(line) if with_blocks else _closes(line, opened)
        if ends:
            yield _Part(path, tuple(answer[start : at + 1]))
            start = -1
    if start >= 0:
        raise Unusable(
            "The answer ends inside a block or a fence: it was cut off, or what closes it is"
            " missing. Send all of it again."
        )


def _closes(line: str, opened: str) -> bool:
    bare = line.strip()
    return bool(bare) and set(bare) == {opened[0]} and len(bare) >= len(opened)


def _path_of(answer: list[str], at: int, files: FileSet) -> str:
    """The path in the label of a block or fence, or before it; empty where there is none."""
    above = [line for line in answer[max(0, at - _ABOVE) : at] if not is_blank(line)]
    fence = above.pop() if above and is_fence(above[-1]) else ""
    for word in (*answer[at].split()[1:], *label(answer[at]).split(), *label(fence).split()):
        if path := _known(named(word.partition("=")[2] or word), files):
            return path
    words = above[-1].split() if above else []
    if not words or len(words) > _MOST_WORDS:
        return ""
    name = named(words[-1])
    return _known(name, files) or (name if PurePosixPath(name).suffix else "")


def _known(name: str, files: FileSet) -> str:
    """The editable file of this name, if there is only one."""
    if name in files:
        return name
    found = [path for path in files if path.endswith(f"/{name}") or name.endswith(f"/{path}")]
    return found[0] if name and len(found) == 1 else ""
