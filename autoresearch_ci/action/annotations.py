"""Remarks on the lines that a campaign changed: what it has there, and what that gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, FileSet
from autoresearch_ci.core.text import clean, one_line, percent, plural, step
from autoresearch_ci.forge import Annotation
from autoresearch_ci.reports.confirmation import said

_SHOWN = 20
_LONGEST_ANNOTATED = 20_000
_TITLE = 80
_KEEPS = 100
"""The last keeps, whose lines are told apart: each is a version of the files to read."""

Change = tuple[str, tuple[int, int], tuple[int, int]]
"""`replace`, `delete` or `insert`, and the lines of either side, from 0."""


class Versions(Protocol):
    """The campaign's files at its base, its tip, and any commit between."""

    def at_base(self) -> FileSet: ...

    def source(self) -> FileSet: ...

    def at(self, commit: str) -> FileSet: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A kept change: its remark in a `title` and a sentence, and the file as it left it."""

    title: str
    remark: str
    text: str


def remarks(campaign: Versions, history: History) -> tuple[Annotation, ...]:
    """Annotate each place of each file, on the lines as they were where the campaign began."""
    before, after = campaign.at_base(), campaign.source()
    kept = history.kept_changes[-_KEEPS:]
    try:
        versions = [campaign.at(each.commit) for each in kept]
    except WorkspaceError:  # a commit that this clone does not have: then nobody is named
        kept, versions = [], []
    found: list[Annotation] = []
    for path, text in after.items():
        steps = [
            Step(*_words(each, history), files[path])
            for each, files in zip(kept, versions, strict=True)
            if path in files
        ]
        found += annotate(path, before[path], text, steps)
    return tuple(found)


def _words(each: Experiment, history: History) -> tuple[str, str]:
    """Title and sentence on what a kept change gained."""
    metric, value, prev = clean(each.metric), each.value, each.prev
    title, sentence = metric, f"Experiment {each.experiment}, {one_line(each.description, _TITLE)}"
    if value is not None and prev is not None:
        title = f"{metric} {percent(value, prev)}".strip()
        sentence += f": {metric} {step(prev, value)}"
    for found in history.confirmed.findings if history.confirmed else ():
        if found.experiment == each.experiment:
            sentence += f"; on fresh runs: {said(found)}"
    return title, sentence


def annotate(
    path: str, before: str, after: str, steps: Sequence[Step] = ()
) -> tuple[Annotation, ...]:
    """Annotate each place, on the lines as they were `before`; none for a very long file.

    `steps` are the kept changes between the two, the oldest first.
    """
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _LONGEST_ANNOTATED:
        return ()
    taken, brought = _origins(old, new, steps)
    made = []
    for _, (i1, i2), (j1, j2) in _changes(old, new):
        at = [taken[i] for i in range(i1, i2) if i in taken]
        at += [brought[j] for j in range(j1, j2) if j in brought]
        by = [steps[number] for number in sorted(set(at))]
        made.append(_annotation(path, (i1, i2), new[j1:j2], by))
    return tuple(made)


def _origins(
    old: Sequence[str], new: Sequence[str], steps: Sequence[Step]
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """The step that took each line of `old` away, and the one that each of `new` is from."""
    taken: dict[int, int] = {}
    now, lines = list(old), [(at, -1) for at in range(len(old))]  # place in `old` or -1, step or -1
    for number, text in enumerate([*(each.text.splitlines() for each in steps), list(new)]):
        step = number if number < len(steps) else -1
        # The last ones first: so the places of those before them stay.
        for _, (i1, i2), (j1, j2) in reversed(_changes(now, text)):
            if step >= 0:
                taken.update({at: step for at, _ in lines[i1:i2] if at >= 0})
            lines[i1:i2] = [(-1, step)] * (j2 - j1)
        now = text
    return taken, {at: step for at, (_, step) in enumerate(lines) if step >= 0}


def _changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The places where two texts differ. What both begin and end with is not compared again."""
    start, most = 0, min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = SequenceMatcher(
        None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False
    )
    return [
        (kind, (i1 + start, i2 + start), (j1 + start, j2 + start))
        for kind, i1, i2, j1, j2 in middle.get_opcodes()
        if kind != "equal"
    ]


def _annotation(path: str, at: tuple[int, int], new: list[str], by: Sequence[Step]) -> Annotation:
    """Tell the fate of the lines from `at[0]` to before `at[1]`, which count from 0."""
    first, end = at
    title = by[0].title if len(by) == 1 else plural(len(by), "kept change") if by else ""
    gained = "".join(f"{each.remark}\n" for each in by[-_SHOWN:])
    if end > first:
        said = "The campaign has here" if new else "Left out by the campaign."
        return Annotation(path, first + 1, end, gained + _shown(said, new), title)
    where = "after" if first else "before"
    text = gained + _shown(f"Added {where} this line", new)
    return Annotation(path, max(first, 1), max(first, 1), text, title)


def _shown(said: str, lines: list[str]) -> str:
    if not lines:
        return said
    more = [f"... and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
    return "\n".join([f"{said}:", *map(clean, lines[:_SHOWN]), *more])
