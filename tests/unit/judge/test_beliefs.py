"""The arithmetic below the judge, against plain sums over a fine grid."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.judge import ideas, level
from autoresearch_ci.judge.effect import estimate
from autoresearch_ci.judge.level import Normal
from autoresearch_ci.judge.noise import TAILS, scatter

STEP = 0.01
GRID = [index * STEP for index in range(-4000, 4001)]


def bell(value, spread):
    return math.exp(-((value / spread) ** 2) / 2) / spread / math.sqrt(2 * math.pi)


@given(gap=st.floats(-12, 12), variance=st.floats(0.05, 4), runs=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_what_a_candidate_says_of_the_incumbent(gap, variance, runs):
    """The closed form agrees with Bayes' rule summed over all errors and effects."""
    improving, noise = 0.15, 1 / runs
    spread = math.sqrt(variance + noise)
    mass = first = second = 0.0
    for error in GRID:
        effect = gap - error
        prior = improving * math.exp(-effect / ideas.BETTER) / ideas.BETTER if effect > 0 else 0.0
        if effect < 0:
            harm = (1 - improving) * (1 - ideas.NULL_SHARE)
            prior = harm * math.exp(effect / ideas.WORSE) / ideas.WORSE
        here = prior * bell(error, spread) * STEP
        mass, first, second = mass + here, first + here * error, second + here * error**2
    still = (1 - improving) * ideas.NULL_SHARE * bell(gap, spread)
    total = mass + still + level.STRAY
    mean = (first + still * gap) / total
    square = (second + still * gap**2 + level.STRAY * spread**2) / total
    pull = variance / (variance + noise)

    (seen,) = level.see_candidate((Normal(1.0, 0.0, variance),), [gap] * runs, improving)
    assert seen.mean == pytest.approx(pull * mean, abs=0.03)
    expected = (1 - pull) * variance + pull**2 * (square - mean**2)
    assert seen.variance == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("values", [[0.0], [1.5], [-2.0], [3.0, 2.5], [6.0], [0.4, 0.1, 0.9, 0.2]])
@pytest.mark.parametrize("bar", [0.0, 0.7])
def test_the_effect_is_bayes_rule(values, bar):
    """Probability, prospect and mean agree with a fine sum over effects and levels."""
    belief = (Normal(0.9, 0.2, 0.3), Normal(0.1, -0.5, 4.0))
    levels = [
        (part.mean + z * math.sqrt(part.variance), part.weight * bell(z, 1.0) * 0.1)
        for part in belief
        for z in [index / 10 for index in range(-50, 51)]
    ]

    def likelihood(gain):
        return sum(
            weight
            * math.prod((1 + (v - at - gain) ** 2 / TAILS) ** (-(TAILS + 1) / 2) for v in values)
            for at, weight in levels
        )

    still, harm = 0.85 * ideas.NULL_SHARE, 0.85 * (1 - ideas.NULL_SHARE)
    total = still * likelihood(0.0)
    better = mean = 0.0
    width = 0.05
    for index in range(-500, 500):
        gain = (index + 0.5) * width
        up = 0.15 * ideas.BETTER / (ideas.BETTER + gain) ** 2 if gain > 0 else 0.0
        down = harm * ideas.WORSE / (ideas.WORSE - gain) ** 2 if gain < 0 else 0.0
        here = (up + down) * likelihood(gain) * width
        total += here
        mean += here * gain
        better += here if gain > bar else 0.0
    found = estimate(values, belief, 0.15, bar)
    assert found.better == pytest.approx(better / total, abs=0.06)  # a wide level has three nodes
    assert found.mean == pytest.approx(mean / total, abs=0.2)
    assert found.better <= found.not_worse <= 1


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
    belief = level.at_start(0.0, 0.2)
    once = level.see_incumbent(belief, 50.0)
    assert level.moments(level.see_incumbent(belief, 1.0))[0] > 0
    twice = level.see_incumbent(level.see_incumbent(once, 3.0), 3.2)
    assert level.moments(twice)[0] > 1
