"""The plain rule: one run each."""

from __future__ import annotations

from autoresearch_ci.core.model import Reason, Side, Status, Verdict
from autoresearch_ci.judge.comparison import Comparison


def single_run(comparison: Comparison) -> Verdict | Side:
    """One run each: strictly better by more than `min_delta`, or equal with fewer lines."""
    incumbent = comparison.values(Side.INCUMBENT)
    candidate = comparison.values(Side.CANDIDATE)
    if not incumbent:
        return Side.INCUMBENT
    if not candidate:
        return Side.CANDIDATE
    bar = incumbent[-1]
    gain = comparison.direction.gain(candidate[-1], bar)
    if gain > comparison.min_delta.at(bar):
        return Verdict(Status.KEEP, Reason.IMPROVED)
    if gain == 0 and comparison.simpler():
        return Verdict(Status.KEEP, Reason.SIMPLER)
    if gain > 0:
        return Verdict(Status.DISCARD, Reason.WITHIN_NOISE)
    return Verdict(Status.DISCARD, Reason.EQUAL if gain == 0 else Reason.WORSE)
