"""The plain rule: one run each."""

from __future__ import annotations

from autoresearch_ci.core.model import Reason, Side, Status, Verdict
from autoresearch_ci.judge.comparison import Contest


def single_run(contest: Contest) -> Verdict | Side:
    """One run each: strictly better by more than `min_delta`, or equal with fewer lines."""
    incumbent = contest.values(Side.INCUMBENT)
    candidate = contest.values(Side.CANDIDATE)
    if not incumbent:
        return Side.INCUMBENT
    if not candidate:
        return Side.CANDIDATE
    bar = incumbent[-1]
    gain = contest.direction.gain(candidate[-1], bar)
    if gain > contest.min_delta.at(bar):
        return Verdict(Status.KEEP, Reason.IMPROVED)
    if gain == 0 and contest.simpler():
        return Verdict(Status.KEEP, Reason.SIMPLER)
    if gain > 0:
        return Verdict(Status.DISCARD, Reason.WITHIN_NOISE)
    return Verdict(Status.DISCARD, Reason.EQUAL if gain == 0 else Reason.WORSE)
