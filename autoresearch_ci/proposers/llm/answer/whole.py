"""The whole file in a fence, told apart from a piece of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from autoresearch_ci.proposers.llm.answer.diffs import DIFF_LABELS
from autoresearch_ci.proposers.llm.answer.elision import elided
from autoresearch_ci.proposers.llm.answer.fences import Fence, fences, is_fence
from autoresearch_ci.proposers.llm.answer.lines import is_blank, texts
from autoresearch_ci.proposers.llm.answer.names import check_label, check_line
from autoresearch_ci.proposers.llm.answer.result import Unusable

_OUTPUT = {"text", "txt", "plaintext", "output", "log"}
_NOT_THE_FILE = DIFF_LABELS | _OUTPUT | {"sh", "bash", "zsh", "shell", "console"}
_ENDS = 3  # lines at either end of the file, one of which a whole file has
_HALF, _MOST = 0.5, 0.9
_SHORTEST = 3  # marks of a fence


def whole_file(answer: list[str], path: str, source: str) -> list[str]:
    """The lines of the file that an answer gives in full."""
    old = texts(source)
    has_fences = any(is_fence(line) for line in old)
    found = fences(answer, nested=has_fences)
    if not found:
        raise Unusable(
            f"The answer has no change in it. Send SEARCH/REPLACE blocks for {path}, or the whole"
            " file in one fence."
        )
    if found[-1].end is None:
        raise Unusable(
            "The answer ends inside a fence: it was cut off, or the closing fence is missing."
            " Send all of it again, as SEARCH/REPLACE blocks if the file is long."
        )
    _check_names(answer, found, path)
    candidates = _candidates(found, path, old)
    if not candidates:
        raise Unusable("The fence in the answer is empty. Send the change again.")
    if has_fences and len(found) > 1 and min(len(each.marks) for each in candidates) == _SHORTEST:
        raise Unusable(
            f"{path} has fences in it, so nobody can tell where the file in the answer ends."
            " Put it between fences of five backticks, or send SEARCH/REPLACE blocks."
        )
    if len(candidates) > 1:
        candidates = [c for c in candidates if not _objection(c, path, old)] or candidates[-1:]
    if len({fence.lines for fence in candidates}) > 1:
        raise Unusable(
            f"The answer has {len(candidates)} fences that could be the whole file."
            " Send one, or SEARCH/REPLACE blocks."
        )
    if objection := _objection(candidates[0], path, old):
        raise Unusable(objection)
    return _lines(candidates[0], old)


def _check_names(answer: list[str], found: list[Fence], path: str) -> None:
    for fence in found:
        check_label(fence.label, path)
        before = fence.start - 2
        while before >= 0 and is_blank(answer[before]) and fence.start - before <= 3:  # noqa: PLR2004
            before -= 1
        if before >= 0:
            check_line(answer[before], path)


def _candidates(found: list[Fence], path: str, old: list[str]) -> list[Fence]:
    """The fences that may hold the file: not a command, not the file as it was."""
    some = [fence for fence in found if any(not is_blank(line) for line in fence.lines)]
    suffix = PurePosixPath(path).suffix[1:].lower()
    skipped = _NOT_THE_FILE - {suffix}
    as_it_was = [line.rstrip() for line in old]
    rules: tuple[Callable[[Fence], bool], ...] = (
        lambda fence: fence.language not in skipped,
        lambda fence: [line.rstrip() for line in fence.lines] != as_it_was,
    )
    for rule in rules:
        if len(some) > 1:
            some = [fence for fence in some if rule(fence)] or some
    return some


def _objection(fence: Fence, path: str, old: list[str]) -> str | None:
    """Why the lines cannot be the whole file."""
    if line := elided(fence.lines, old, path):
        return (
            f"The line {line!r} stands for others that were left out. Send the whole file with"
            " every line, or SEARCH/REPLACE blocks for what changes."
        )
    before = [line.strip() for line in old if not is_blank(line)]
    after = [line.strip() for line in fence.lines if not is_blank(line)]
    there = set(after)
    has_an_end = there.intersection(before[:_ENDS]) or there.intersection(before[-_ENDS:])
    enough = len(after) >= _HALF * len(before)
    if enough and (has_an_end or len(after) >= _MOST * len(before)):
        return None
    return (
        f"The fence holds {len(after)} lines that are not blank, {path} has {len(before)}: it looks"
        " like a piece of the file and not like all of it. Send what changes, deletions too, as"
        " SEARCH/REPLACE blocks, or the whole file."
    )


def _lines(fence: Fence, old: list[str]) -> list[str]:
    """The file's lines, without blank ones around that the source does not have."""
    new = list(fence.lines)
    new[0] = new[0].removeprefix("\ufeff")
    while new and is_blank(new[0]) and not (old and is_blank(old[0])):
        new.pop(0)
    while new and is_blank(new[-1]) and not (old and is_blank(old[-1])):
        new.pop()
    return new
