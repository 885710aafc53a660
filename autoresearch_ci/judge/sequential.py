"""The judge for metrics with noise: as few runs as it takes, fresh ones before a keep."""

from __future__ import annotations

from statistics import median

from autoresearch_ci.core.model import Reason, Side, Status, Verdict, same
from autoresearch_ci.judge import incumbent_level
from autoresearch_ci.judge.comparison import Comparison, Judge
from autoresearch_ci.judge.counting import count
from autoresearch_ci.judge.noise_model import Posterior
from autoresearch_ci.judge.posterior import GainEstimate, estimate
from autoresearch_ci.judge.scale import substantial
from autoresearch_ci.judge.single_run import single_run

SURE = 0.65
"""Probability of an improvement that is enough for a keep; most keeps have far more."""

FRESH, ONE_FRESH = 0.4, 0.75
"""Probability that the fresh runs alone must give it: they are free of what came before. The
second holds while only one of them is the incumbent's, which may be unlucky."""

WORTH = 0.33
"""Gain that a candidate must promise, in units of the noise, to be worth another run."""

FIRST_WORTH = 0.25
"""The same after its first run, which says little of a gain of the size of the noise."""

NOT_WORSE = 0.85
"""Probability of no loss that is enough for a simplification."""

EVEN = 0.5
"""The same for trying it once more."""

LEAST = 2
"""Runs of either side before a keep: one may be luck."""

DOUBTFUL = 2
"""Candidates in a row that are far off, after which the next such one has the incumbent run."""

OPENING = 6
"""Runs of the incumbent at the start of a campaign whose metric has noise."""

REOPENING = 2
"""The same for its later sessions."""


def sequential(max_repeats: int) -> Judge:
    """A judge that asks for at most `max_repeats` runs of either side; 1 is the plain rule."""
    if max_repeats == 1:
        return single_run

    def judge(comparison: Comparison) -> Verdict | Side:
        if not comparison.values(Side.CANDIDATE):
            wanted = min(max_repeats, opening_runs(comparison))
            return Side.INCUMBENT if len(comparison.samples) < wanted else Side.CANDIDATE
        known = comparison.noise_model
        if seen := known.repeating(comparison.samples, comparison.direction):
            return count(comparison, seen, max_repeats)
        posterior = Posterior.of(known, comparison.samples, comparison.direction)
        return weigh(comparison, posterior, max_repeats)

    return judge


def opening_runs(comparison: Comparison) -> int:
    """The number of runs of the incumbent that a session needs before its first candidate.

    Two that agree let it be taken for one that repeats; one is enough where that
    is known and the value is the one on record. Noise takes more.
    """
    known = comparison.noise_model
    values = comparison.values(Side.INCUMBENT)
    if known.level is not None or not values:
        return 1
    exact = all(difference == 0 for difference in known.differences)
    if exact and known.differences and same(values[0], known.last or 0.0):
        return 1
    if exact and all(same(value, values[0]) for value in values):
        return 2
    return REOPENING if known.differences and not exact else OPENING


def weigh(comparison: Comparison, posterior: Posterior, max_repeats: int) -> Verdict | Side:
    """Keep, discard, or the side whose next run tells most."""
    bar = comparison.min_delta.at(posterior.incumbent) / posterior.scale
    found = estimate(posterior.candidate, posterior.belief, posterior.improving, bar)
    runs, fresh = len(posterior.candidate), len(posterior.fresh)
    shown = min(runs, fresh) >= LEAST
    if found.prospect >= (WORTH if runs > 1 else FIRST_WORTH):
        if runs >= LEAST and found.better >= SURE and _stands_alone(posterior, bar):
            return _keep(Reason.IMPROVED, comparison, posterior, found)
    elif found.not_worse >= EVEN and comparison.simpler():
        if shown and found.not_worse >= NOT_WORSE:
            return _keep(Reason.SIMPLER, comparison, posterior, found)
    elif (
        posterior.off_level
        and not posterior.level_confirmed
        and comparison.noise_model.off_level >= DOUBTFUL
    ):
        return Side.INCUMBENT
    else:
        return _discard(comparison, posterior)
    if fresh >= max_repeats:
        return _discard(comparison, posterior)
    return _turn(posterior, max_repeats)


def _stands_alone(posterior: Posterior, bar: float) -> bool:
    """Tell whether the fresh runs show a gain without anything that was known before them."""
    if not posterior.level_confirmed:
        return False
    first = posterior.fresh[0]
    belief = incumbent_level.anew(posterior.belief)
    for value in posterior.fresh:
        belief = incumbent_level.see_incumbent(belief, value - first)
    values = [value - first for value in posterior.candidate]
    alone = estimate(values, belief, posterior.improving, bar)
    return alone.better >= (FRESH if len(posterior.fresh) >= LEAST else ONE_FRESH)


def _turn(posterior: Posterior, max_repeats: int) -> Side:
    """A second run of the candidate, which ends most hopes; then the sides take turns.

    So a machine that changes meanwhile changes for both.
    """
    runs = len(posterior.candidate)
    ahead = runs - len(posterior.fresh) >= LEAST
    return Side.INCUMBENT if ahead or runs >= max_repeats else Side.CANDIDATE


def _keep(
    reason: Reason, comparison: Comparison, posterior: Posterior, found: GainEstimate
) -> Verdict:
    """The gain that is believed in, no farther from what was measured than noise explains."""
    stands = [*posterior.fresh, incumbent_level.moments(posterior.belief)[0]]
    least = min(posterior.candidate) - max(stands) - 1
    most = max(posterior.candidate) - min(stands)
    gain = min(max(found.mean, least), most)
    return Verdict(Status.KEEP, reason, gain * posterior.scale, _beside(comparison, posterior))


def _discard(comparison: Comparison, posterior: Posterior) -> Verdict:
    gain = median(posterior.candidate) - incumbent_level.moments(posterior.belief)[0]
    reason = Reason.WORSE if gain <= -1 else Reason.WITHIN_NOISE
    return Verdict(Status.DISCARD, reason, gain * posterior.scale, _beside(comparison, posterior))


def _beside(comparison: Comparison, posterior: Posterior) -> float | None:
    return substantial(comparison.direction.better(0.0, posterior.incumbent), posterior.scale)
