"""The arithmetic below the judge, against plain sums over a fine grid."""

from __future__ import annotations

import math
import random
from itertools import product

import pytest

from autoresearch_ci.judge import incumbent_level, posterior
from autoresearch_ci.judge import prior as ideas
from autoresearch_ci.judge.scale import SHAPES, TAILS, scatter

VALUES = [[0.0], [1.5], [-2.0], [3.0, 2.5], [6.0], [-14.0], [0.4, 0.1, 0.9, 0.2]]
GAINS = [step * incumbent_level.STEP for step in range(-90, 91)]


def density(shape, off):
    """Student's t, wider on one side of its level or not."""
    scale = shape.lucky if off > 0 else shape.slow
    tail = (1 + (off / scale) ** 2 / TAILS) ** (-(TAILS + 1) / 2)
    return tail / (shape.lucky + shape.slow)


def prior(gain):
    if gain > 0:
        return 0.15 * ideas.BETTER / (ideas.BETTER + gain) ** 2 * incumbent_level.STEP
    if gain < 0:
        harm = 0.85 * (1 - ideas.NULL_SHARE)
        return harm * ideas.WORSE / (ideas.WORSE - gain) ** 2 * incumbent_level.STEP
    return 0.85 * ideas.NULL_SHARE


def told():
    """What is believed after a few runs of the incumbent."""
    belief = incumbent_level.unknown()
    for value in (0.2, -0.6, 0.9):
        belief = incumbent_level.see_incumbent(belief, value)
    return incumbent_level.at_start(belief)


def joint(values, belief, stray=0.0):
    """Every shape, level and gain, with its probability by Bayes' rule, up to a factor."""
    for ((shape, _), row), gain in product(zip(incumbent_level.KINDS, belief, strict=True), GAINS):
        for at, weight in zip(incumbent_level.LEVELS, row, strict=True):
            fit = math.prod(density(shape, value - at - gain) for value in values)
            yield at, gain, weight * (prior(gain) + stray * incumbent_level.STEP) * fit


@pytest.mark.parametrize("values", [*VALUES, [26.0, -18.0]])
@pytest.mark.parametrize("bar", [0.0, 0.7])
def test_the_effect_is_bayes_rule(values, bar):
    """Probability, prospect and mean agree with a plain sum over shapes, levels and gains."""
    all_of_it = list(joint(values, told()))
    total = sum(here for _, _, here in all_of_it)
    better = sum(here for _, gain, here in all_of_it if gain > bar) / total
    prospect = sum(here * gain for _, gain, here in all_of_it if gain > bar) / total
    loss = sum(here for _, gain, here in all_of_it if gain < -bar) / total
    found = posterior.estimate(values, told(), 0.15, bar)
    assert found.better == pytest.approx(better, abs=0.02)
    assert found.not_worse == pytest.approx(1 - loss, abs=0.02)
    assert found.prospect == pytest.approx(prospect, abs=0.1)
    assert found.mean == pytest.approx(
        sum(here * gain for _, gain, here in all_of_it) / total, abs=0.2
    )


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("kept", [False, True])
def test_every_candidate_tells_where_the_next_incumbent_stands(values, kept):
    """A discarded one too: its runs say something of the incumbent by the same rule."""
    all_of_it = list(joint(values, told(), 0.0 if kept else ideas.STRAY))
    total = sum(here for _, _, here in all_of_it)
    mean = sum(here * (at + gain * kept) for at, gain, here in all_of_it) / total
    belief, moved = posterior.after(values, told(), 0.15, kept=kept)
    assert sum(map(sum, belief)) == pytest.approx(1)
    assert moved * incumbent_level.STEP + incumbent_level.moments(belief)[0] == pytest.approx(
        mean, abs=0.2
    )
    assert (
        abs(incumbent_level.moments(belief)[0]) <= incumbent_level.STEP
    )  # the grid is around it again


def shapes(belief):
    """The probability of each shape, on whatever machine."""
    rows = zip(incumbent_level.KINDS, belief, strict=True)
    sums = dict.fromkeys(SHAPES, 0.0)
    for (shape, _), row in rows:
        sums[shape] += sum(row)
    return list(sums.values())


def test_the_shape_of_the_noise_is_learned():
    """Runs that are never much better but now and then much worse make slow outliers probable."""
    rng = random.Random(1)
    belief = incumbent_level.unknown()
    for _ in range(40):
        belief = incumbent_level.see_incumbent(
            incumbent_level.at_start(belief), 1 - rng.expovariate(1)
        )
    symmetric, slow, lucky = shapes(belief)
    assert slow > 0.9 > symmetric > lucky
    again = incumbent_level.anew(belief)
    assert 0.8 < shapes(again)[1] < slow  # another machine is likely the same, not surely
    assert incumbent_level.moments(again)[1] > 4 > incumbent_level.moments(belief)[1]


def test_scatter_is_the_scale_of_the_noise():
    """For Gaussian noise about its deviation, outliers or not."""
    rng = random.Random(1)
    calm = tuple(rng.gauss(0, 2) - rng.gauss(0, 2) for _ in range(400))
    assert scatter(calm) == pytest.approx(2.0, rel=0.25)
    assert scatter((*calm, 1e9)) == pytest.approx(scatter(calm), rel=0.05)


def test_scatter_of_what_repeats_is_nothing():
    """No differences tell nothing, zeros tell that the metric is exact."""
    assert scatter(()) is None
    assert scatter((0.0, 0.0)) == 0.0
    assert scatter((0.0,) * 20 + (1.0,)) > 0.1  # one tick of a coarse clock


def test_a_campaign_in_which_nothing_works_asks_for_more():
    """The believed share of improvements falls with every idea that was none."""
    shares = [ideas.improving(tried, 0) for tried in (0, 50, 200)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < shares[0] / 3
    assert ideas.improving(10, 10) > shares[0]


def test_an_outlier_moves_the_level_little():
    """One absurd run of the incumbent is no new level; two that agree are."""
    once = incumbent_level.see_incumbent(told(), 50.0)
    assert abs(incumbent_level.moments(once)[0] - incumbent_level.moments(told())[0]) < 1
    assert (
        incumbent_level.moments(incumbent_level.see_incumbent(told(), 1.0))[0]
        > incumbent_level.moments(told())[0]
    )
    twice = incumbent_level.see_incumbent(incumbent_level.see_incumbent(told(), 4.0), 4.2)
    assert incumbent_level.moments(twice)[0] > 1


def test_of_heaps_far_apart_the_belief_is_around_one():
    """Their mean, where nothing is, is not where the next incumbent may stand."""
    heaps = [{-1: 0.2, 0: 0.3, 1: 0.1, 5000: 0.2, 5001: 0.2} for _ in incumbent_level.KINDS]
    belief, middle = incumbent_level.centred(heaps)
    assert middle == 0
    assert incumbent_level.moments(belief)[0] == pytest.approx(-0.1 / 0.6 * incumbent_level.STEP)


def test_values_as_far_out_as_floats_go_are_no_error():
    """Where every likelihood is too small to be held, nothing is believed that was not before."""
    far = [incumbent_level.FAR, -incumbent_level.FAR] * 60
    assert posterior.estimate(far, told(), 0.15) == posterior.GainEstimate(0.0, 0.0, 0.0, 0.0)
    assert posterior.after(far, told(), 0.15, kept=True) == (told(), 0)
