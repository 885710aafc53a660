"""The whole file in a fence, told apart from a piece of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from autoresearch_ci.proposers.llm.answer.text import (
    BOM,
    Fence,
    Unusable,
    fences,
    is_blank,
    is_fence,
    texts,
)
from autoresearch_ci.proposers.llm.answer.validate import check_heading, check_label, elided

DIFF_LABELS = frozenset({"diff", "patch", "udiff"})
_NOT_THE_FILE = DIFF_LABELS | frozenset("text txt output log sh bash shell console".split())  # noqa: SIM905
_ENDS = 3  # lines at either end of the file, one of which a whole file has
_HALF, _MOST = 0.5, 0.9


def whole_file(answer: list[str], path: str, source: str) -> list[str]:
    """The lines of the file that an answer gives in full."""
    old, found = texts(source), fences(answer)
    if not found:
        raise Unusable(
            f"The answer has no change in it. Send SEARCH/REPLACE blocks for {path}, or the whole"
            " file in one fence."
        )
    if any(map(is_fence, old)) and len(found) > 1 and all(len(each.marks) == 3 for each in found):  # noqa: PLR2004
        raise Unusable(
            f"{path} has fences in it, so nobody can tell where the file in the answer ends."
            " Put it between fences of five backticks, or send SEARCH/REPLACE blocks."
        )
    if not found[-1].closed:
        raise Unusable(
            "The answer ends inside a fence: it was cut off, or the closing fence is missing."
            " Send all of it again, as SEARCH/REPLACE blocks if the file is long."
        )
    for fence in found:
        check_label(fence.label, path)
        above = [line for line in answer[max(0, fence.start - 3) : fence.start - 1] if line.strip()]
        check_heading(above[-1] if above else "", path)
    return _trimmed(_chosen(found, path, old), old)


def _chosen(found: list[Fence], path: str, old: list[str]) -> tuple[str, ...]:
    """The lines of the one fence that can be the file; Unusable where none or several can."""
    some = [fence for fence in found if any(not is_blank(line) for line in fence.lines)]
    if not some:
        raise Unusable("The fence in the answer is empty. Send the change again.")
    others = _NOT_THE_FILE - {PurePosixPath(path).suffix[1:].lower()}
    some = [fence for fence in some if fence.language not in others] or some
    versions = list(dict.fromkeys(fence.lines for fence in some))
    before = [line.rstrip() for line in old]
    versions = [v for v in versions if [line.rstrip() for line in v] != before] or versions
    whole = [version for version in versions if _objection(version, path, old) is None]
    if not whole:
        raise Unusable(_objection(versions[-1], path, old) or "")
    if len(whole) > 1:
        raise Unusable(
            f"The answer has {len(whole)} fences that could be the whole file."
            " Send one, or SEARCH/REPLACE blocks."
        )
    return whole[0]


def _objection(new: Sequence[str], path: str, old: list[str]) -> str | None:
    """The reason why the lines cannot be the whole file; None where they can."""
    if line := elided(new, old, path):
        return (
            f"The line {line!r} stands for others that were left out. Send the whole file with"
            " every line, or SEARCH/REPLACE blocks for what changes."
        )
    before = [line.strip() for line in old if not is_blank(line)]
    after = [line.strip() for line in new if not is_blank(line)]
    has_an_end = not {*after}.isdisjoint([*before[:_ENDS], *before[-_ENDS:]])
    enough = len(after) >= _HALF * len(before)
    if enough and (has_an_end or len(after) >= _MOST * len(before)):
        return None
    return (
        f"The fence holds {len(after)} lines that are not blank, {path} has {len(before)}: it looks"
        " like a piece of the file and not like all of it. Send what changes, deletions too, as"
        " SEARCH/REPLACE blocks, or the whole file."
    )


def _trimmed(new: Sequence[str], old: list[str]) -> list[str]:
    """The file's lines, without blank ones around that the source does not have."""
    new = [new[0].removeprefix(BOM), *new[1:]]
    while new and is_blank(new[0]) and not (old and is_blank(old[0])):
        new.pop(0)
    while new and is_blank(new[-1]) and not (old and is_blank(old[-1])):
        new.pop()
    return new
