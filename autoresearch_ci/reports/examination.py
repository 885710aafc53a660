"""What the doctor says, in plain words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from autoresearch_ci.reports.terminal import Paint, clean, plural

_MARKS = {True: ("ok", "good"), False: ("WRONG", "bad"), None: ("-", "dim")}
_WIDTH = 96


def line(title: str, right: bool | None, verdict: str, note: str, paint: Paint) -> str:
    """One plant: whether its verdict was right, and below a wrong one what to do."""
    mark, style = _MARKS[right]
    said = f"not possible here: {note}" if right is None else verdict
    head = f"{paint(mark.ljust(5), style)}  {title:<24} {clean(said)}"
    return head if right is not False else f"{head}\n{_indented(note)}"


def weaknesses(found: Sequence[str], paint: Paint) -> Iterator[str]:
    """What no plant shows, and what to do about it."""
    if found:
        yield f"\n{paint('What could still be made safer:', 'bold')}"
        yield from (_indented(each, "  - ") for each in found)


def conclusion(checks: int, wrong: int, paint: Paint) -> str:
    """The last line."""
    if wrong:
        text = f"{plural(wrong, 'verdict')} of {checks} wrong: the loop cannot be trusted here yet."
        return f"\n{paint(text, 'bad')}"
    return (
        f"\n{paint('Every verdict was right: the loop can be trusted with this project.', 'good')}"
    )


def _indented(text: str, mark: str = "       ") -> str:
    return textwrap.fill(
        clean(text), _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark)
    )
