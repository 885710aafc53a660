"""Remarks on the lines of the target that a campaign has changed."""

from __future__ import annotations

from difflib import SequenceMatcher

from autoresearch_ci.forge import Annotation
from autoresearch_ci.reports.terminal import clean

_SHOWN = 20
_LONGEST = 20_000


def remarks(path: str, before: str, after: str) -> tuple[Annotation, ...]:
    """One for each place, on the lines as they were `before`; none for a very long file."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _LONGEST:
        return ()
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(
        Annotation(path, max(min(i1 + 1, len(old)), 1), max(i2, 1), _words(old[i1:i2], new[j1:j2]))
        for kind, i1, i2, j1, j2 in changes
        if kind != "equal"
    )


def _words(old: list[str], new: list[str]) -> str:
    """What became of these lines."""
    if not new:
        return "Left out by the campaign."
    more = [f"... and {len(new) - _SHOWN} more lines"] if len(new) > _SHOWN else []
    lines = "\n".join([*map(clean, new[:_SHOWN]), *more])
    return f"{'The campaign has here' if old else 'The campaign adds after this'}:\n{lines}"
