"""Confirmations in words."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.core.model import Confirmation, Finding
from autoresearch_ci.core.text import clean, number, percent, plural

_WORDS = {
    "confirmed": "confirmed: the branch is better than where it began",
    "not_confirmed": "not confirmed: these runs do not show that the branch is better",
    "worse": "worse: the branch is worse than where it began",
}


def finding(found: Finding) -> str:
    """One line on a kept change."""
    what = clean(found.description)
    if found.group:
        what += f" (with {_listed(found.group)}, which changed the same lines)"
    return f"{found.experiment:>4}  {what}: {said(found)}"


def _listed(numbers: Sequence[int]) -> str:
    """The numbers of experiments in order, in words."""
    *others, last = sorted(numbers)
    return f"{', '.join(map(str, others))} and {last}" if others else str(last)


def said(found: Finding) -> str:
    """Words on what fresh runs say of one kept change."""
    if found.holds is None and found.gain is not None:
        return f"open, since {found.note}"
    if found.holds is None:
        return f"cannot be left out by itself, since {found.note}"
    if found.gain is None:
        return f"needed ({clean(found.note)})"
    words = "holds up" if found.holds else "is not shown to help"
    then = "; dropped" if found.dropped else f"; {clean(found.note)}" if found.note else ""
    return f"{words}, worth {interval(found.gain, found.low, found.high)}{then}"


def verdict(found: Confirmation) -> str:
    """The verdict on the whole branch: one line."""
    share = percent(found.value, found.base_value)
    return (
        f"{_WORDS.get(found.verdict, found.verdict)}: {found.metric} "
        f"{number(found.base_value)} -> {number(found.value)}{f' ({share})' if share else ''}, "
        f"worth {interval(found.gain, found.low, found.high)} in "
        f"{plural(found.pairs, 'pair')} of runs"
    )


def interval(gain: float, low: float | None, high: float | None) -> str:
    """A gain and how sure it is."""
    if low == high == gain:
        return f"{number(gain)} exactly"
    if low is None or high is None:
        return f"{number(gain)}, with too few pairs to say how sure that is"
    return f"{number(gain)} (95%: {number(low)} to {number(high)})"
