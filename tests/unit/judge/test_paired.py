"""Two versions compared by pairs of runs."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import Direction, MinDelta, Reason, Sample, Side, Status
from autoresearch_ci.judge import Comparison, paired
from autoresearch_ci.judge.paired import FEWEST, interval, signed_ranks

GAINS = st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=FEWEST, max_size=20)


def test_the_interval_is_the_textbooks():
    """Critical values of the signed ranks: of 6 pairs none may point the other way, of 8 three ranks."""
    assert (signed_ranks([1, 2, 3, 4, 5, 6]).low, signed_ranks([1, 2, 3, 4, 5, 6]).high) == (1, 6)
    eight = signed_ranks(list(range(1, 9)))  # T = 3 at 5 % and 8 pairs: the fourth smallest mean
    assert (eight.low, eight.high) == (2, 7)
    ten = signed_ranks(list(range(1, 11)))  # T = 8: the ninth
    assert (ten.low, ten.high) == (3, 8)


@given(GAINS, st.floats(min_value=-1e3, max_value=1e3), st.floats(min_value=0.01, max_value=100))
def test_units_and_offsets_do_not_matter(gains, offset, scale):
    """A metric in other units, or an effect larger by a constant, has its interval moved with it."""
    one, other = signed_ranks(gains), signed_ranks([gain * scale + offset for gain in gains])
    for name in ("gain", "low", "high"):
        assert getattr(other, name) == pytest.approx(getattr(one, name) * scale + offset, abs=1e-3)


@given(GAINS)
def test_the_estimate_lies_in_its_interval(gains):
    """Low, gain and high are in order, and the other way round for the opposite question."""
    one, other = signed_ranks(gains), signed_ranks([-gain for gain in gains])
    assert one.low <= one.gain <= one.high
    assert (other.low, other.high) == (-one.high, -one.low)


def test_few_pairs_show_nothing():
    """Less than six pairs cannot have a confidence of 95 %, however clear they look."""
    few = signed_ranks([100.0] * (FEWEST - 1))
    assert (few.low, few.high) == (-math.inf, math.inf)
    assert not few.better()
    assert signed_ranks([100.0] * FEWEST).better()


def test_one_wild_pair_does_not_decide():
    """A single absurd run neither makes nor hides an effect."""
    clear = [1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 1.1, 0.9, 1.05, 0.95, 1.15, 0.85]
    assert signed_ranks([*clear, -1e6]).better()
    assert not signed_ranks([0.1, -0.1, 0.2, -0.2, 0.1, -0.1, 0.2, 1e6]).better()


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
        found = signed_ranks([noise() - noise() for _ in range(10)])
        wrong += found.low > 0 or found.high < 0
    assert wrong / 2000 < 0.06


def test_a_metric_that_repeats_needs_no_interval():
    """Two runs of each that agree to the last digit say all there is to say."""
    assert (
        signed_ranks([0.5, 0.5], exact=True).low,
        signed_ranks([0.5, 0.5], exact=True).exact,
    ) == (0.5, True)


def test_without_pairs_there_is_no_effect():
    """Asking about nothing is a mistake of the program."""
    with pytest.raises(ValueError, match="no pair"):
        signed_ranks([])


def asked(judge, value, direction=Direction.LOWER):
    """The verdict of a judge that gets these values, and the sides in the order that it asked."""
    comparison = Comparison(direction, MinDelta(), (), lambda: True)
    while isinstance(decision := judge(comparison), Side):
        sample = Sample(decision, value(decision, len(comparison.samples)))
        comparison = comparison.plus(sample)
    return decision, [sample.side for sample in comparison.samples], comparison


def test_pairs_alternate_their_order():
    """Neither side is always the first: a machine that drifts within a pair changes both alike."""
    drift = asked(paired(8), lambda _side, run: float(run))
    verdict, sides, comparison = drift
    assert sides[:4] == [Side.INCUMBENT, Side.CANDIDATE, Side.CANDIDATE, Side.INCUMBENT]
    assert len(sides) == 16
    assert interval(comparison).gain == 0
    assert (verdict.status, verdict.reason) == (Status.KEEP, Reason.SIMPLER)


@pytest.mark.parametrize(
    ("off", "must_improve", "status", "reason"),
    [
        (5.0, False, Status.DISCARD, Reason.WORSE),
        (0.0, False, Status.KEEP, Reason.SIMPLER),
        (-5.0, False, Status.KEEP, Reason.SIMPLER),
        (5.0, True, Status.DISCARD, Reason.WORSE),
        (0.0, True, Status.DISCARD, Reason.WORSE),
        (-5.0, True, Status.KEEP, Reason.SIMPLER),
    ],
)
def test_what_is_taken_out_was_not_needed(off, must_improve, status, reason):
    """A change that helps stays; one that was kept for being simpler goes only if it harms."""
    rng = random.Random(1)

    def value(side, _run):
        return 100 + rng.gauss(0, 1) + (off if side is Side.CANDIDATE else 0)

    verdict, _, comparison = asked(paired(8, must_improve=must_improve), value)
    assert (verdict.status, verdict.reason) == (status, reason)
    assert verdict.gain == -interval(comparison).gain


def test_too_few_pairs_leave_it_open():
    """Less than six pairs of a metric with noise end in no verdict on the change."""
    rng = random.Random(1)
    verdict, sides, _ = asked(paired(2), lambda _side, _run: rng.gauss(0, 1))
    assert (verdict.status, verdict.reason) == (Status.DISCARD, Reason.WITHIN_NOISE)
    assert len(sides) <= 8


def test_a_metric_that_repeats_takes_three_pairs():
    """The verdict is then of values that anybody can look up, and not of an estimate."""
    verdict, sides, _ = asked(paired(8), lambda side, _run: 2.0 if side is Side.CANDIDATE else 1.0)
    assert (verdict.status, verdict.gain, len(sides)) == (Status.DISCARD, None, 6)
