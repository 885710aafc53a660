"""The parameters that the metric has depended on, as lines at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from rich.cells import cell_len

from autoresearch_ci.core.model import Importance
from autoresearch_ci.core.text import clean, plural
from autoresearch_ci.reports.terminal import cut, fit

_LABEL, _NARROW_LABEL = 40, 24
_BAR, _NARROW_BAR = 20, 8
_NARROW = 100
"""Columns below which names and bars are shorter."""


def table(found: Sequence[Importance], width: int | None = None) -> Iterator[str]:
    """A line each: its part of what changed the metric, a bar of it, and its value now.

    At the end those that went far one way, since that is what a hole in a metric looks like.
    No line is wider than `width`; None is a pipe, where everything fits.
    """
    narrow = width is not None and width < _NARROW
    most, bars = (_NARROW_LABEL, _NARROW_BAR) if narrow else (_LABEL, _BAR)
    longest = max((min(cell_len(clean(each.parameter)), most) for each in found), default=0)
    for each in found:
        bar = ("#" * round(bars * each.share)).ljust(bars)
        line = (
            f"{fit(clean(each.parameter), longest)}  {each.share:4.0%}  {bar}  "
            f"now {clean(each.now)}, moved in {plural(each.tried, 'experiment')}"
        )
        yield line if width is None else cut(line, width)
    far = [
        f"{clean(each.parameter)} went far one way and found no end: {clean(each.began)} to "
        f"{clean(each.now)}."
        for each in found
        if each.began
    ]
    if far:
        yield ""
        far.append(
            "Look whether the metric still means what you want; a tune mark bounds a number."
        )
    for text in far:
        yield from [text] if width is None else (cut(line, width) for line in wrap(text, width))
