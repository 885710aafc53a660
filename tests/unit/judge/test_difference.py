"""Two versions are called different only where they are, and in as few runs as that takes."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from autoresearch_ci.core.model import Direction, MinDelta, Reason, Sample, Side
from autoresearch_ci.judge import Comparison
from autoresearch_ci.judge.difference import MOST, difference, found_in

KINDS = {
    "Gaussian": lambda rng: rng.gauss(0, 1),
    "heavy-tailed": lambda rng: rng.gauss(0, 1) / (rng.gammavariate(1.25, 0.8) ** 0.5 * 2.24),
    "skewed": lambda rng: 1 - rng.expovariate(1),
    "rounded": lambda rng: round(rng.gauss(0, 1)),
}


def judged(noise, effect, seed, *, direction=Direction.HIGHER, least=MinDelta()):
    """The reason of the verdict, and how many pairs of runs it took."""
    rng, judge = random.Random(seed), difference()
    comparison = Comparison(direction, least, (), lambda: False)
    while isinstance(side := judge(comparison), Side):
        better = effect if side is Side.CANDIDATE else 0
        value = direction.better(100.0, better) + noise(rng)
        comparison = comparison.plus(Sample(side, value))
    return side.reason, len(comparison.samples) / 2


@pytest.mark.parametrize("noise", KINDS.values(), ids=KINDS)
def test_the_same_version_twice(noise):
    """Whatever the noise, at most about one in a hundred is called different."""
    found = Counter(judged(noise, 0, seed)[0] for seed in range(600))
    assert found[Reason.IMPROVED] + found[Reason.WORSE] <= 12


@pytest.mark.parametrize("effect", [2, -2])
@pytest.mark.parametrize("noise", KINDS.values(), ids=KINDS)
def test_a_difference_of_two_deviations(noise, effect):
    """It is found within the pairs that there are, at least four times out of five."""
    found = Counter(judged(noise, effect, seed)[0] for seed in range(100))
    assert found[Reason.IMPROVED if effect > 0 else Reason.WORSE] >= 80


def test_a_large_difference_takes_few_runs():
    """Ten deviations are told in five pairs of runs, nearly always."""
    pairs = [judged(KINDS["Gaussian"], 10, seed)[1] for seed in range(50)]
    assert sorted(pairs)[45] == 5


@pytest.mark.parametrize(
    ("effect", "reason"), [(0, Reason.EQUAL), (1, Reason.IMPROVED), (-1, Reason.WORSE)]
)
def test_a_metric_that_repeats(effect, reason):
    """Three runs of each side are enough."""
    assert judged(lambda _rng: 0.0, effect, 0) == (reason, 3)


def test_lower_is_better():
    """A smaller value is the better one where the settings say so."""
    assert judged(lambda _rng: 0.0, 1, 0, direction=Direction.LOWER) == (Reason.IMPROVED, 3)


def test_what_is_too_small_to_count():
    """A difference that is sure but below `min_delta` is none."""
    found = judged(KINDS["Gaussian"], 10, 1, least=MinDelta(0.2, relative=True))
    assert found == (Reason.WITHIN_NOISE, MOST)


def test_the_interval_agrees_with_the_verdict():
    """What is called better has an interval above zero, what is too close one around it."""
    judge = difference()
    for seed in range(20):
        rng = random.Random(seed)
        comparison = Comparison(Direction.LOWER, MinDelta(), (), lambda: False)
        while isinstance(side := judge(comparison), Side):
            level = 99 if side is Side.CANDIDATE else 100
            comparison = comparison.plus(Sample(side, level + rng.gauss(0, 1)))
        found = found_in(comparison)
        assert (found.low > 0) == (side.reason is Reason.IMPROVED)
        assert found.low <= found.gain <= found.high
