"""The places that the search could set in a target, as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from autoresearch_ci.core.text import clean, plural
from autoresearch_ci.proposers.search import Inventory
from autoresearch_ci.proposers.search.parameters import Parameter, Spared
from autoresearch_ci.reports.terminal import Paint, fit
from autoresearch_ci.source_code.mutants import crashing, emptied

_LINES = 6
_HEADS = ("line", "kind", "name", "value")
_WIDEST = (6, 8, 40, 24)


def table(parameters: Sequence[Parameter], paint: Paint) -> Iterator[str]:
    """A line for each: where it is, its kind, its name and value, and its range or alternatives."""
    if not parameters:
        return
    rows = [(str(one.line + 1), one.kind, *map(clean, (one.label, one.text))) for one in parameters]
    widths = [
        min(max(map(len, column)), most)
        for column, most in zip(zip(_HEADS, *rows, strict=True), _WIDEST, strict=True)
    ]
    yield paint("  ".join([*map(fit, _HEADS, widths), "may be"]), "dim")
    for row, one in zip(rows, parameters, strict=True):
        yield "  ".join([*map(fit, row, widths), clean(_reach(one))])


def _reach(one: Parameter) -> str:
    """The range or the alternatives, and where they are from."""
    source = f" ({one.evidence})" if one.evidence else ""
    if one.scale is None:
        if not one.text:
            return f"add {' or '.join(o.strip(' ,') for o in one.options if o)}{source}"
        others = [
            option or "left out" for option in one.options if one.ordered or option != one.text
        ]
        return f"{(' < ' if one.ordered else ' | ').join(others)}{source}"
    low, high = one.scale.low, one.scale.high
    what = "whole, " if one.scale.integer else ""
    if isfinite(low) and isfinite(high):
        return f"{what}{low:g} to {high:g}{source}"
    if isfinite(low):
        return f"{what}{f'from {low:g}' if one.scale.integer or low else 'above 0'}{source}"
    return f"{what}{'below 0' if isfinite(high) else 'any'}{source}"


def left_alone(spared: Sequence[Spared], *, whole: bool, paint: Paint) -> Iterator[str]:
    """The lines that look like settings and stay, by the reason."""
    reasons: dict[str, list[int]] = {}
    for one in spared:
        lines = reasons.setdefault(one.why, [])
        if one.line + 1 not in lines:
            lines.append(one.line + 1)
    if reasons:
        yield ""
        yield paint("left alone", "dim")
    for why, lines in sorted(reasons.items(), key=lambda item: item[1][0]):
        shown = lines if whole else lines[:_LINES]
        more = f" and {len(lines) - len(shown)} more" if len(lines) > len(shown) else ""
        word = "line" if len(lines) == 1 else "lines"
        yield f"  {clean(why)}: {word} {', '.join(map(str, shown))}{more}"


def summary(path: str, parameters: Sequence[Parameter]) -> str:
    """A sentence on how many places there are."""
    lines = len({one.line for one in parameters})
    if not parameters:
        return f"{path}: nothing to set is seen. A comment `autoresearch: tune` marks a line."
    return f"{path}: {plural(len(parameters), 'place')} to set, on {plural(lines, 'line')}"


def deletions(found: Inventory, target: str, text: str, *, allowed: bool) -> str:
    """A sentence on code that may go, of the target's text."""
    if found.refused:
        return f"Most of it is {found.refused}. Name the source that it is made of."
    if not allowed:
        return "No code is deleted: set guard_command to tests that need this file."
    if not (crashing(target, text) and emptied(target, text)[0]):
        return (
            "Only code that is private and provably unused is deleted: no broken version of this "
            "file can be made to see whether that would be noticed."
        )
    return (
        f"{plural(found.deletions, 'block')} of code may be deleted, once a broken version of this "
        "file was seen to be noticed."
    )
