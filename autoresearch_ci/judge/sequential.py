"""The judge for metrics with noise: as few runs as it takes, fresh ones before a keep."""

from __future__ import annotations

from statistics import median

from autoresearch_ci.core.model import Reason, Side, Status, Verdict, same
from autoresearch_ci.judge import incumbent_level
from autoresearch_ci.judge.comparison import Contest, Judge
from autoresearch_ci.judge.counting import count
from autoresearch_ci.judge.noise_model import View
from autoresearch_ci.judge.posterior import Effect, estimate
from autoresearch_ci.judge.scale import substantial
from autoresearch_ci.judge.single_run import single_run

SURE = 0.65
"""Probability of an improvement that is enough for a keep; most keeps have far more."""

FRESH = 0.5
"""Probability that the fresh runs alone must give it: they are free of what came before."""

WORTH = 0.33
"""Gain that a candidate must promise, in units of the noise, to be worth another run."""

NOT_WORSE = 0.85
"""Probability of no loss that is enough for a simplification."""

EVEN = 0.5
"""The same for trying it once more."""

LEAST = 2
"""Runs of either side before a keep: one may be luck."""

PATIENCE = 2
"""Candidates in a row that are far off, after which the next such one has the incumbent run."""

OPENING = 6
"""Runs of the incumbent at the start of a campaign whose metric has noise."""

REOPENING = 2
"""The same for its later sessions."""


def sequential(max_repeats: int) -> Judge:
    """A judge that asks for at most `max_repeats` runs of either side; 1 is the plain rule."""
    if max_repeats == 1:
        return single_run

    def judge(contest: Contest) -> Verdict | Side:
        if not contest.values(Side.CANDIDATE):
            wanted = min(max_repeats, opening_runs(contest))
            return Side.INCUMBENT if len(contest.samples) < wanted else Side.CANDIDATE
        known = contest.experience
        if seen := known.repeating(contest.samples, contest.direction):
            return count(contest, seen, max_repeats)
        view = View.of(known, contest.samples, contest.direction)
        return weigh(contest, view, max_repeats)

    return judge


def opening_runs(contest: Contest) -> int:
    """How many runs of the incumbent a session needs before its first candidate.

    Two that agree let it be taken for one that repeats; one is enough where that
    is known and the value is the one on record. Noise takes more.
    """
    known = contest.experience
    values = contest.values(Side.INCUMBENT)
    if known.level is not None or not values:
        return 1
    exact = all(difference == 0 for difference in known.differences)
    if exact and known.differences and same(values[0], known.last or 0.0):
        return 1
    if exact and all(same(value, values[0]) for value in values):
        return 2
    return REOPENING if known.differences and not exact else OPENING


def weigh(contest: Contest, view: View, max_repeats: int) -> Verdict | Side:
    """Keep, discard, or the side whose next run tells most."""
    bar = contest.min_delta.at(view.incumbent) / view.scale
    effect = estimate(view.candidate, view.belief, view.improving, bar)
    runs, fresh = len(view.candidate), len(view.fresh)
    shown = min(runs, fresh) >= LEAST
    if effect.prospect >= WORTH:
        sure = effect.better >= SURE and view.settled and _alone(view, bar).better >= FRESH
        if runs >= LEAST and sure:
            return _keep(Reason.IMPROVED, contest, view, effect)
    elif effect.not_worse >= EVEN and contest.simpler():
        if shown and effect.not_worse >= NOT_WORSE:
            return _keep(Reason.SIMPLER, contest, view, effect)
    elif view.astray and not view.settled and contest.experience.astray >= PATIENCE:
        return Side.INCUMBENT
    else:
        return _discard(contest, view)
    if fresh >= max_repeats:
        return _discard(contest, view)
    return _turn(view, max_repeats)


def _alone(view: View, bar: float) -> Effect:
    """What the fresh runs say without anything that was known before them."""
    first = view.fresh[0]
    belief = incumbent_level.anew(view.belief)
    for value in view.fresh:
        belief = incumbent_level.see_incumbent(belief, value - first)
    return estimate([value - first for value in view.candidate], belief, view.improving, bar)


def _turn(view: View, max_repeats: int) -> Side:
    """A second run of the candidate, which ends most hopes; then the sides take turns.

    So a machine that changes meanwhile changes for both.
    """
    runs = len(view.candidate)
    ahead = runs - len(view.fresh) >= LEAST
    return Side.INCUMBENT if ahead or runs >= max_repeats else Side.CANDIDATE


def _keep(reason: Reason, contest: Contest, view: View, effect: Effect) -> Verdict:
    """The gain that is believed in, no farther from what was measured than noise explains."""
    stands = [*view.fresh, incumbent_level.moments(view.belief)[0]]
    least = min(view.candidate) - max(stands) - 1
    most = max(view.candidate) - min(stands)
    gain = min(max(effect.mean, least), most)
    return Verdict(Status.KEEP, reason, gain * view.scale, _beside(contest, view))


def _discard(contest: Contest, view: View) -> Verdict:
    gain = median(view.candidate) - incumbent_level.moments(view.belief)[0]
    reason = Reason.WORSE if gain <= -1 else Reason.WITHIN_NOISE
    return Verdict(Status.DISCARD, reason, gain * view.scale, _beside(contest, view))


def _beside(contest: Contest, view: View) -> float | None:
    return substantial(contest.direction.better(0.0, view.incumbent), view.scale)
