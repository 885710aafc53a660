"""Ideas that change nothing, and real gains, on many machines; see README.md.

python benchmarks/judge/nulls.py            # an hour on one core
python benchmarks/judge/nulls.py --quick    # some minutes
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable
from copy import copy
from typing import Any

from rules import Asking
from worlds import BASELINE, gaussian, slow_outliers, student

from autoresearch_ci.judge import sequential

IDEAS = 40
BEFORE = (0, 4, 8, 12, 16)
"""So many nulls are tried before a gain is."""

GAIN = 2.0
"""In standard deviations of the world's noise."""

Machine = Callable[[random.Random], Callable[[int, float], float]]
"""Drawn once a campaign; then run number and true gain so far -> the value that is measured."""


def plain(noise: Callable[[random.Random], float], trend: Callable[[int], float]) -> Machine:
    def machine(rng: random.Random) -> Callable[[int, float], float]:
        return lambda run, gain: BASELINE + gain + trend(run) + noise(rng)

    return machine


def student_of_unit(dof: float) -> Callable[[random.Random], float]:
    """Student's t with a standard deviation of 1."""
    noise, deviation = student(dof), math.sqrt(dof / (dof - 2))
    return lambda rng: noise(rng) / deviation


def steady(_run: int) -> float:
    return 0.0


def warming(slope: float) -> Callable[[int], float]:
    return lambda run: slope * run


def settling(height: float, runs: float) -> Callable[[int], float]:
    """It comes to its speed in an exponential."""
    return lambda run: height * (1 - math.exp(-run / runs))


def clock(tick: float) -> Machine:
    """A clock that shows whole ticks, so many deviations long: 3 in six runs of seven, else 2."""
    above = 1.0676  # a normal deviate that one in seven exceeds

    def machine(rng: random.Random) -> Callable[[int, float], float]:
        def value(_run: int, gain: float) -> float:
            return -float(round(2.5 + (above - gain + rng.gauss(0, 1)) / tick))

        return value

    return machine


def counts(mean: float) -> Machine:
    """How many of very many rare things happened."""

    def machine(rng: random.Random) -> Callable[[int, float], float]:
        def value(_run: int, gain: float) -> float:
            rest, many = mean + gain * math.sqrt(mean), -1
            while rest > 0:
                rest, many = rest - rng.expovariate(1), many + 1
            return float(many)

        return value

    return machine


def two_speeds(fast: float, jitter: float) -> Machine:
    """Each run is fast or slow, whatever the one before was."""
    apart = 1 / math.sqrt(fast * (1 - fast))

    def machine(rng: random.Random) -> Callable[[int, float], float]:
        def value(_run: int, gain: float) -> float:
            return BASELINE + gain + apart * (rng.random() < fast) + jitter * rng.gauss(0, 1)

        return value

    return machine


def mostly_exact(share: float, sign: int, jitter: float = 0.0) -> Machine:
    """This share of the runs is better, or worse; the others repeat, but for rounding."""
    size = 1 / math.sqrt(share * (13 / 12 - share))

    def machine(rng: random.Random) -> Callable[[int, float], float]:
        def value(_run: int, gain: float) -> float:
            odd = sign * size * rng.uniform(0.5, 1.5) if rng.random() < share else 0.0
            return (BASELINE + gain + odd) * (1 + jitter * rng.randrange(-2, 3))

        return value

    return machine


def autocorrelated(share: float) -> Machine:
    """What one run had of luck, the next has most of."""

    def machine(rng: random.Random) -> Callable[[int, float], float]:
        now = rng.gauss(0, 1)

        def value(_run: int, gain: float) -> float:
            nonlocal now
            now = share * now + math.sqrt(1 - share * share) * rng.gauss(0, 1)
            return BASELINE + gain + now

        return value

    return machine


WORLDS: dict[str, Machine] = {
    "Gaussian": plain(gaussian, steady),
    "heavy-tailed": plain(student_of_unit(2.5), steady),
    "heavy-tailed, a gain of 0.9": plain(student(2.5), steady),
    "skewed": plain(slow_outliers, steady),
    "warming, 0.05 a run": plain(gaussian, warming(0.05)),
    "warming, 0.2 a run": plain(gaussian, warming(0.2)),
    "warming, 0.5 a run": plain(gaussian, warming(0.5)),
    "heavy-tailed, warming, 0.2 a run": plain(student_of_unit(2.5), warming(0.2)),
    "skewed, warming, 0.2 a run": plain(slow_outliers, warming(0.2)),
    "cooling, 0.2 a run": plain(gaussian, warming(-0.2)),
    "warming by 20 within 15 runs": plain(gaussian, settling(20.0, 15.0)),
    "warming by 20 within 60 runs": plain(gaussian, settling(20.0, 60.0)),
    "clock, ticks of 3": clock(3.0),
    "clock, ticks of 10": clock(10.0),
    "counts around 9": counts(9.0),
    "counts around 400": counts(400.0),
    "two speeds, half and half": two_speeds(0.5, 0.1),
    "two speeds, one in ten fast": two_speeds(0.1, 0.1),
    "two speeds, one in ten slow": two_speeds(0.9, 0.1),
    "3 % lucky": mostly_exact(0.03, 1),
    "10 % lucky": mostly_exact(0.1, 1),
    "3 % unlucky": mostly_exact(0.03, -1),
    "10 % unlucky": mostly_exact(0.1, -1),
    "autocorrelated, 0.9": autocorrelated(0.9),
    "autocorrelated, 0.5": autocorrelated(0.5),
    "the last bit alone": mostly_exact(1e-9, 1, 2.0**-52),
}


class World:
    """One campaign's program on its machine."""

    open = True

    def __init__(self, name: str, seed: str) -> None:
        self._measure = WORLDS[name](random.Random(f"{name} {seed}"))
        self.runs, self.true = 0, 0.0

    def run(self, effect: float = 0.0) -> float:
        """One run of the incumbent, or of a candidate with this effect."""
        self.runs += 1
        return self._measure(self.runs, self.true + effect)


def study(name: str, campaigns: int, seed: str) -> dict[str, Any]:
    """Campaigns of nulls, for what is kept of them; a gain is tried beside some of them."""
    false = found = runs = 0
    for number in range(campaigns):
        asking = Asking(World(name, f"{seed}-{number}"), sequential(6))
        for idea in range(IDEAS):
            if idea in BEFORE:
                beside = copy(asking)
                beside.world = copy(asking.world)
                found += bool(beside.try_one(GAIN))
            false += bool(asking.try_one(0.0))
        runs += asking.world.runs
    nulls, gains = campaigns * IDEAS, campaigns * len(BEFORE)
    return {"false": false / nulls, "power": found / gains, "runs": runs / nulls}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", default="nulls")
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS))
    options = parser.parse_args()
    campaigns = 12 if options.quick else options.campaigns
    for name in options.worlds:
        began = time.monotonic()
        got = study(name, campaigns, options.seed)
        shown = f"false {got['false']:6.2%}  power {got['power']:4.0%}  runs {got['runs']:.2f}"
        print(f"{name:32}{shown}  {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
