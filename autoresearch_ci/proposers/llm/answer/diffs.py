"""Unified diffs, and the patches of coding agents, read by their content.

Line numbers and counts are often wrong in them; they only say which of several equal
places is meant.
"""

from __future__ import annotations

import re

from autoresearch_ci.proposers.llm.answer.edits import Change, Edit
from autoresearch_ci.proposers.llm.answer.fences import is_fence, label
from autoresearch_ci.proposers.llm.answer.names import check_name
from autoresearch_ci.proposers.llm.answer.result import Unusable

_LOOKED_AT = 300
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_LOOSE_HUNK = re.compile(r"@@(?:\s.*)?")
_AGENT = re.compile(r"\*\*\* (Update|Add|Delete|Move) (?:File|to): (.*)")
_GIT = re.compile(r"(?:diff --git|index [0-9a-f]{4,}|(?:new|deleted) file mode|similarity) ?.*")
DIFF_LABELS = frozenset({"diff", "patch", "udiff"})
_MOST_HUNKS = 100
_ESCAPED = re.compile(r"\\([0-7]{3})")


def has_diff(answer: list[str]) -> bool:
    """Whether an answer is meant to be a diff."""
    if any(_HUNK.match(line) or line.startswith("*** Begin Patch") for line in answer):
        return True
    labels = {label(line).lower() for line in answer if is_fence(line)} - {""}
    return bool(labels) and labels <= DIFF_LABELS


def hunks(answer: list[str], path: str) -> list[Change]:
    """All hunks of an answer; Unusable where one is malformed or not for `path`."""
    found: list[Change] = []
    at, fenced = 0, False
    while at < len(answer):
        line = answer[at]
        _check_names(answer, at, path)
        if is_fence(line):
            fenced = not fenced
        if not _LOOSE_HUNK.fullmatch(line[:_LOOKED_AT]):
            at += 1
            continue
        end = _end(answer, at + 1)
        name = f"Hunk {len(found) + 1} of the diff"
        edit = _edit(line, answer[at + 1 : end])
        short = fenced or _is_short(line, edit)
        if end == len(answer) and short:
            raise Unusable(
                f"The answer ends inside {name[0].lower()}{name[1:]}: it was cut off."
                " Send all of it again."
            )
        if end < len(answer) and short and not _closes(answer, end):
            raise Unusable(
                f"{name} has the line {answer[end][:100]!r}, which begins with neither a space,"
                " `+` nor `-`. Send SEARCH/REPLACE blocks instead."
            )
        if not edit.old:
            raise Unusable(
                f"{name} quotes no line of the file, so nobody can tell where it belongs."
                " Send SEARCH/REPLACE blocks instead."
            )
        found.append(Change(name, (edit,)))
        if len(found) > _MOST_HUNKS:
            raise Unusable(f"The diff has more than {_MOST_HUNKS} hunks. Send the whole file.")
        at = end
    if not found:
        raise Unusable("The diff has no hunk: no line `@@ -1,3 +1,4 @@` and lines below it.")
    return found


def _end(answer: list[str], start: int) -> int:
    """Where a hunk's lines end."""
    at = start
    while at < len(answer):
        line = answer[at]
        if line and (line[0] not in " +-\\\t" or _is_header(answer, at)):
            break
        at += 1
    return at


def _closes(answer: list[str], at: int) -> bool:
    """Whether the line is one that ends a hunk."""
    line = answer[at][:_LOOKED_AT]
    return (
        is_fence(line)
        or line.startswith("***")
        or bool(_LOOSE_HUNK.fullmatch(line) or _GIT.fullmatch(line))
        or _is_header(answer, at)
    )


def _is_header(answer: list[str], at: int) -> bool:
    """Whether `--- a/file` and `+++ b/file` stand here, and not a deleted and an added line."""
    return (
        answer[at].startswith("--- ")
        and at + 2 < len(answer)
        and answer[at + 1].startswith("+++ ")
        and bool(_LOOSE_HUNK.fullmatch(answer[at + 2][:_LOOKED_AT]))
    )


def _edit(header: str, body: list[str]) -> Edit:
    while body and body[-1] == "":
        body.pop()
    old: list[str] = []
    new: list[str | int] = []
    for line in body:
        if line.startswith("\\"):
            continue  # no newline at the end of the file: as the file has it
        if line.startswith("+"):
            new.append(line[1:])
            continue
        if not line.startswith("-"):
            new.append(len(old))
        old.append(line[1:] if line[:1] in {" ", "-"} else line)
    numbers = _HUNK.match(header)
    return Edit(tuple(old), tuple(new), max(int(numbers[1]) - 1, 0) if numbers else None)


def _is_short(header: str, edit: Edit) -> bool:
    """Whether a hunk has fewer lines than it says."""
    numbers = _HUNK.match(header)
    if numbers is None:
        return False
    old, new = (int(count) if count else 1 for count in numbers.group(2, 3))
    return len(edit.old) < old or len(edit.new) < new


def _check_names(answer: list[str], at: int, path: str) -> None:
    if agent := _AGENT.fullmatch(answer[at][:_LOOKED_AT]):
        if agent[1] in {"Delete", "Move"}:
            raise Unusable(f"The patch deletes or moves a file. Only {path} may be changed.")
        check_name(agent[2].strip(), path)
    elif _is_header(answer, at):
        name = _plain(answer[at + 1][4:])
        if name == "/dev/null":
            raise Unusable(f"The diff deletes {path}. Only change what is in it.")
        check_name(name, path)


def _plain(name: str) -> str:
    """A name as it is: without `b/`, a time, or the quotes and escapes of git."""
    name = name.partition("\t")[0].strip()
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        raw = _ESCAPED.sub(lambda match: chr(int(match[1], 8) & 0xFF), name[1:-1])
        name = raw.encode("latin-1", errors="replace").decode(errors="replace")
    return name.removeprefix("a/").removeprefix("b/")
