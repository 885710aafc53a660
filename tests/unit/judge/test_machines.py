"""The judge on machines that are not steady, and what it writes down of what they gave."""

from __future__ import annotations

import math
import random

import pytest

from autoresearch_ci.core.model import Side, Status
from tests.unit.judge.campaign import Campaign


def gaussian(rng):
    return rng.gauss(0, 1)


def heavy_tailed(rng):
    return rng.gauss(0, 1) / math.sqrt(rng.gammavariate(1.25, 0.8))


def one_in_ten_lucky(rng):
    return -3.0 * (rng.random() < 0.1)


def two_speeds(rng):
    return 2.0 * (rng.random() < 0.5) + rng.gauss(0, 0.1)


def silent(_rng):
    return 0.0


def last_bit(rng):
    return rng.randrange(-2, 3) * 2.0**-43


class Machine:
    """A program that gets slower or faster by the number of the run; lower is better."""

    def __init__(self, noise, seed, trend=lambda _run: 0.0):
        self.rng, self.noise, self.trend = random.Random(seed), noise, trend
        self.level, self.runs = 1000.0, 0

    def __call__(self, _side, effect):
        self.runs += 1
        return self.level + effect + self.trend(self.runs) + self.noise(self.rng)


@pytest.mark.parametrize(
    "noise", [gaussian, heavy_tailed, one_in_ten_lucky, two_speeds, silent, last_bit]
)
def test_a_value_on_record_lies_within_what_was_measured(noise):
    """A keep claims no more, and no less, than its runs beside the incumbent's, but for one's noise."""
    kept = 0
    for seed in range(12):
        campaign = Campaign(machine := Machine(noise, seed))
        for effect in (0.0, -6.0, -0.5, -540.0, 3.0, -2.5, 0.0, -4.0):
            record = campaign.try_one(effect)
            if record.status is not Status.KEEP:
                continue
            machine.level += effect
            kept += 1
            ours = [run.value for run in record.samples if run.side is Side.CANDIDATE]
            others = [run.value for run in record.samples if run.side is Side.INCUMBENT]
            scale = 2.0 if noise is not silent and noise is not last_bit else 1e-6
            speed = record.prev / (sum(others) / len(others))
            assert min(ours) - max(others) - scale <= record.delta / speed
            assert record.delta / speed <= max(ours) - min(others) + scale
    assert kept > 24


def warming_steadily(run):
    return -0.2 * run


def warming_at_first(run):
    return -20 * (1 - math.exp(-run / 15))


@pytest.mark.long
@pytest.mark.parametrize("trend", [warming_steadily, warming_at_first])
def test_a_machine_that_warms_up_improves_nothing(trend):
    """Each run is faster than the last, and of 200 ideas that change nothing three are kept at most.

    benchmarks/judge has it for more machines and more ideas.
    """
    kept = tried = 0
    for seed in range(15):
        campaign = Campaign(Machine(gaussian, seed, trend))
        for _ in range(40):
            tried += 1
            kept += campaign.try_one(0.0).status is Status.KEEP
    assert kept <= 0.015 * tried
