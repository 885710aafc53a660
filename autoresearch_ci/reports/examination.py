"""The doctor's findings in plain words: on a terminal, and on a page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from autoresearch_ci.core.model import Check, Diagnosis
from autoresearch_ci.core.text import clean, plural
from autoresearch_ci.reports.markdown import escape
from autoresearch_ci.reports.terminal import Paint

_MARKS = {True: ("ok", "good"), False: ("WRONG", "bad"), None: ("-", "dim")}
_WIDTH = 96
_ROOM = 3_000
_LONGEST = 400
_TRUSTED = "Every verdict was right: the loop can be trusted with this project."
_FEW = (
    "Every verdict was right, of the few changes that could be planted: that says little of the "
    "others."
)
_BLIND = "No verdict was looked at."


def line(check: Check, paint: Paint) -> str:
    """One plant: whether its verdict was right, and below a wrong one what to do."""
    mark, style = _MARKS[check.right]
    said = check.verdict
    if check.right is None:
        said = f"not tried, because {check.note}"
        if check.verdict:
            said = f"{check.verdict}, which says nothing, because {check.note}"
    head = f"{paint(mark.ljust(5), style)}  {check.title:<24} {clean(said)}"
    return head if check.right is not False else f"{head}\n{_indented(check.note)}"


def untried(checks: Sequence[Check]) -> Iterator[str]:
    """Count the changes without a verdict; a clean bill says nothing of those."""
    if left := sum(check.right is None for check in checks):
        yield f"\n{left} of {plural(len(checks), 'change')} not judged here; why stands above."


def weaknesses(found: Sequence[str], paint: Paint) -> Iterator[str]:
    """Name what no probe shows, and what to do about it."""
    if found:
        yield f"\n{paint('What could still be made safer:', 'bold')}"
        yield from (_indented(each, "  - ") for each in found)


def conclusion(checks: Iterable[Check], paint: Paint) -> str:
    """The last line."""
    text, style = _standing(list(checks))
    return f"\n{paint(text, style)}"


def closing(found: Diagnosis, paint: Paint) -> Iterator[str]:
    """Words after the checks at a campaign's beginning."""
    yield from weaknesses(found.weaknesses, paint)
    yield conclusion(found.checks, paint)
    for text in _missing(found):
        yield paint(clean(text), "warn")
    yield ""


def warning(found: Diagnosis) -> str:
    """One line where the loop cannot be trusted, or nobody could look; else nothing."""
    if found.wrong:
        titles = ", ".join(check.title for check in found.wrong)
        return f"doctor: {_standing(found.checks)[0]} Wrong: {titles}"
    return f"doctor: {' '.join(_missing(found))}" if found.unseen or found.note else ""


def section(found: Diagnosis) -> Iterator[str]:
    """The same as parts of a page, together at most 8,000 characters."""
    text, _ = _standing(found.checks)
    yield "## Doctor"
    yield f"**{text}**" if found.wrong else text
    advice: dict[str, list[str]] = {}
    for check in found.wrong:
        advice.setdefault(check.note, []).append(check.title)
    yield _listed([f"**{escape(', '.join(named))}**: {escape(n)}" for n, named in advice.items()])
    for missing in _missing(found):
        yield f"> {escape(missing[:_LONGEST])}"
    if found.weaknesses:
        yield f"What could be made safer:\n\n{_listed([*map(escape, found.weaknesses)])}"


def _listed(items: Sequence[str]) -> str:
    """A list of as many as there is room for."""
    shown, room = [], _ROOM
    for item in items:
        room -= len(item) + 3
        if room < 0:
            break
        shown.append(f"- {item}")
    left = len(items) - len(shown)
    return "\n".join([*shown, f"- and {left} more"] if left else shown)


def _standing(checks: Sequence[Check]) -> tuple[str, str]:
    """The conclusion, and how to paint it."""
    judged = [check for check in checks if check.right is not None]
    wrong = sum(check.right is False for check in judged)
    if wrong:
        count = f"{plural(wrong, 'verdict')} of {len(judged)}"
        if any(check.right is False and check.verdict.startswith("keep") for check in judged):
            return f"{count} wrong: the loop cannot be trusted here yet.", "bad"
        return f"{count} wrong, though nothing was kept that must not be.", "warn"
    if not judged:
        return _BLIND, "warn"
    return (_TRUSTED, "good") if 2 * len(judged) >= len(checks) else (_FEW, "warn")


def _missing(found: Diagnosis) -> Iterator[str]:
    if found.note:
        yield found.note
    if found.checks and found.unseen:
        yield f"Not looked at: {', '.join(found.unseen)}."


def _indented(text: str, mark: str = "       ") -> str:
    return textwrap.fill(
        clean(text), _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark)
    )
