"""The judge for metrics that mostly repeat: it counts the runs that are better.

One run is believed only where odd ones are known to be rare. Before that a keep takes as
many of the candidate as could hardly all be odd, and between them one of the incumbent.
"""

from __future__ import annotations

from autoresearch_ci.core.model import Reason, Side, Status, Verdict, same
from autoresearch_ci.judge.comparison import Comparison
from autoresearch_ci.judge.repeating import Repeating

RARE = 0.02
"""Largest probability, for a keep, of runs as good as the candidate's were it no better."""

SUSPECT = 4
"""Candidates in a row that are worse, after which the incumbent is run again: it may have been
kept for an odd run. And again after twice as many, and so on."""


def count(comparison: Comparison, seen: Repeating, max_repeats: int) -> Verdict | Side:
    """Keep, discard, or the side to run next."""
    bar, runs, least = seen.bar, len(seen.candidate), comparison.min_delta.at(seen.bar)
    good = sum(each - bar > least and not same(each, bar) for each in seen.candidate)
    if seen.fresh and not seen.level_confirmed and seen.fresh < max_repeats:
        return Side.INCUMBENT
    reason = Reason.IMPROVED
    if not good:
        good = sum(each > bar or same(each, bar) for each in seen.candidate)
        reason = Reason.SIMPLER
        if not good or not comparison.simpler():
            suspect = (
                not good and not seen.fresh and _suspicious(comparison.noise_model.off_level + 1)
            )
            return Side.INCUMBENT if suspect else _discard(comparison, seen)
    if seen.luck(good, runs) <= RARE:
        if seen.fresh or seen.odd <= RARE:
            return Verdict(Status.KEEP, reason, *_figures(comparison, seen))
        return Side.INCUMBENT
    if 2 * good < runs or runs >= max_repeats:
        return _discard(comparison, seen)
    return Side.CANDIDATE if seen.fresh else Side.INCUMBENT


def _suspicious(off_level: int) -> bool:
    return off_level >= SUSPECT and off_level.bit_count() == 1


def _discard(comparison: Comparison, seen: Repeating) -> Verdict:
    gain = seen.usual - seen.bar
    reason = Reason.WITHIN_NOISE if gain > 0 else Reason.WORSE
    if same(seen.usual, seen.bar):
        reason = Reason.EQUAL
    return Verdict(Status.DISCARD, reason, *_figures(comparison, seen))


def _figures(comparison: Comparison, seen: Repeating) -> tuple[float | None, float | None]:
    """The gain and what it is beside; none where the last run of each side says it."""
    if seen.exact:
        return None, None
    return seen.usual - seen.bar, comparison.direction.better(0.0, seen.bar) or None
