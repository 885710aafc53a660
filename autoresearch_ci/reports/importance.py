"""The parameters that the metric has depended on, as lines at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autoresearch_ci.core.model import Importance
from autoresearch_ci.core.text import clean, plural

_LABEL = 40
_BAR = 20


def table(found: Sequence[Importance]) -> Iterator[str]:
    """A line each: its part of what changed the metric, a bar of it, and its value now.

    At the end those that went far one way, since that is what a hole in a metric looks like.
    """
    width = max((min(len(clean(each.parameter)), _LABEL) for each in found), default=0)
    for each in found:
        label = clean(each.parameter)[:_LABEL].ljust(width)
        bar = ("#" * round(_BAR * each.share)).ljust(_BAR)
        yield (
            f"{label}  {each.share:4.0%}  {bar}  now {clean(each.now)}, "
            f"moved in {plural(each.tried, 'experiment')}"
        )
    far = [each for each in found if each.began]
    if far:
        yield ""
    for each in far:
        way = f"{clean(each.began)} to {clean(each.now)}"
        yield f"{clean(each.parameter)} went one way at every keep: {way}."
    if far:
        yield "Look whether the metric still means what you want; a tune mark bounds a number."
