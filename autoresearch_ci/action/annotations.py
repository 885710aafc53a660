"""Remarks on the lines of the target that a campaign has changed."""

from __future__ import annotations

from difflib import SequenceMatcher

from autoresearch_ci.core.text import clean
from autoresearch_ci.forge import Annotation

_SHOWN = 20
_LONGEST = 20_000


def remarks(path: str, before: str, after: str) -> tuple[Annotation, ...]:
    """Annotate each place, on the lines as they were `before`; none for a very long file."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _LONGEST:
        return ()
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(
        _remark(path, (i1, i2), old[i1:i2], new[j1:j2])
        for kind, i1, i2, j1, j2 in changes
        if kind != "equal"
    )


def _remark(path: str, at: tuple[int, int], old: list[str], new: list[str]) -> Annotation:
    """Tell the fate of the lines from `at[0]` to before `at[1]`, which count from 0."""
    first, end = at
    if old:
        said = "The campaign has here" if new else "Left out by the campaign."
        return Annotation(path, first + 1, end, _shown(said, new))
    where = "after" if first else "before"
    return Annotation(path, max(first, 1), max(first, 1), _shown(f"Added {where} this line", new))


def _shown(said: str, lines: list[str]) -> str:
    if not lines:
        return said
    more = [f"... and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
    return "\n".join([f"{said}:", *map(clean, lines[:_SHOWN]), *more])
