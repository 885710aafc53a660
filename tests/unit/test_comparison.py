"""Two versions compared by pairs of runs."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.engine.paired_runs import FEWEST, effect

GAINS = st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=FEWEST, max_size=20)


def test_the_interval_is_the_textbooks():
    """Critical values of the signed ranks: of 6 pairs none may point the other way, of 8 three ranks."""
    assert (effect([1, 2, 3, 4, 5, 6]).low, effect([1, 2, 3, 4, 5, 6]).high) == (1, 6)
    eight = effect(list(range(1, 9)))  # T = 3 at 5 % and 8 pairs: the fourth smallest mean
    assert (eight.low, eight.high) == (2, 7)
    ten = effect(list(range(1, 11)))  # T = 8: the ninth
    assert (ten.low, ten.high) == (3, 8)


@given(GAINS, st.floats(min_value=-1e3, max_value=1e3), st.floats(min_value=0.01, max_value=100))
def test_units_and_offsets_do_not_matter(gains, offset, scale):
    """A metric in other units, or an effect larger by a constant, has its interval moved with it."""
    one, other = effect(gains), effect([gain * scale + offset for gain in gains])
    for name in ("gain", "low", "high"):
        assert getattr(other, name) == pytest.approx(getattr(one, name) * scale + offset, abs=1e-3)


@given(GAINS)
def test_the_estimate_lies_in_its_interval(gains):
    """Low, gain and high are in order, and the other way round for the opposite question."""
    one, other = effect(gains), effect([-gain for gain in gains])
    assert one.low <= one.gain <= one.high
    assert (other.low, other.high) == (-one.high, -one.low)


def test_few_pairs_show_nothing():
    """Less than six pairs cannot have a confidence of 95 %, however clear they look."""
    few = effect([100.0] * (FEWEST - 1))
    assert (few.low, few.high) == (-math.inf, math.inf)
    assert not few.better()
    assert effect([100.0] * FEWEST).better()


def test_one_wild_pair_does_not_decide():
    """A single absurd run neither makes nor hides an effect."""
    clear = [1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 1.1, 0.9, 1.05, 0.95, 1.15, 0.85]
    assert effect([*clear, -1e6]).better()
    assert not effect([0.1, -0.1, 0.2, -0.2, 0.1, -0.1, 0.2, 1e6]).better()


@pytest.mark.parametrize("kind", ["gauss", "heavy", "skewed"])
def test_no_effect_is_seldom_shown_as_one(kind):
    """Where both sides are the same, at most about 5 % of intervals leave zero out."""
    rng = random.Random(4)
    noise = {
        "gauss": lambda: rng.gauss(0, 1),
        "heavy": lambda: rng.gauss(0, 1) / math.sqrt(rng.gammavariate(1.25, 0.8)),
        "skewed": lambda: rng.expovariate(1),
    }[kind]
    wrong = 0
    for _ in range(2000):
        found = effect([noise() - noise() for _ in range(10)])
        wrong += found.low > 0 or found.high < 0
    assert wrong / 2000 < 0.06


def test_a_metric_that_repeats_needs_no_interval():
    """Two runs of each that agree to the last digit say all there is to say."""
    assert (effect([0.5, 0.5], exact=True).low, effect([0.5, 0.5], exact=True).exact) == (0.5, True)


def test_without_pairs_there_is_no_effect():
    """Asking about nothing is a mistake of the program."""
    with pytest.raises(ValueError, match="no pair"):
        effect([])
