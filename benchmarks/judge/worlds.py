"""Simulated programs whose true quality is known: ideas, noise, machines that change.

In gains: higher is better. Effects are in units of the noise: its standard deviation, or
for Student's t, whose own is barely finite, its scale.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

RUNS = 200
BASELINE = 100.0
"""Where every program begins: the noise is one percent of it."""

Noise = Callable[[random.Random], float]


def student(dof: float) -> Noise:
    return lambda rng: rng.gauss(0, 1) / math.sqrt(rng.gammavariate(dof / 2, 2 / dof))


def gaussian(rng: random.Random) -> float:
    return rng.gauss(0, 1)


def slow_outliers(rng: random.Random) -> float:
    """Exponential: now and then something else held the machine up."""
    return 1 - rng.expovariate(1)


def lucky_outliers(rng: random.Random) -> float:
    return rng.expovariate(1) - 1


def laplace(rng: random.Random) -> float:
    return rng.choice((-1, 1)) * rng.expovariate(1) / math.sqrt(2)


def silent(_rng: random.Random) -> float:
    return 0.0


Machine = Callable[[random.Random], Callable[[int], float]]
"""Drawn once a campaign; then run number -> what the machine adds."""


def steady(_rng: random.Random) -> Callable[[int], float]:
    return lambda _run: 0.0


def drifting(rng: random.Random) -> Callable[[int], float]:
    """3 in all: half of them in one direction, half there and back."""
    if rng.random() < 0.5:
        slope = rng.choice((-3, 3)) / RUNS
        return lambda run: slope * run
    phase = rng.uniform(0, 2 * math.pi)
    return lambda run: 1.5 * math.sin(phase + 2 * math.pi * run / RUNS)


def stepping(rng: random.Random) -> Callable[[int], float]:
    """Between two speeds 2.5 apart, for 40 runs each on average."""
    height, levels, now = rng.choice((-2.5, 2.5)), [], 0
    for _ in range(RUNS + 1):
        now ^= rng.random() < 1 / 40
        levels.append(height * now)
    return lambda run: levels[run]


def cold(_rng: random.Random) -> Callable[[int], float]:
    """The first run finds nothing cached."""
    return lambda run: -30.0 * (run == 1)


def leaping(height: float) -> Machine:
    """Another speed at some moment, for good: far more than the noise."""

    def machine(rng: random.Random) -> Callable[[int], float]:
        when = rng.randrange(RUNS // 10, RUNS // 2)
        return lambda run: height * (run >= when)

    return machine


CELLS: dict[str, tuple[Noise, Machine]] = {
    "Gaussian": (gaussian, steady),
    "heavy-tailed": (student(2.5), steady),
    "skewed": (slow_outliers, steady),
    "drift": (gaussian, drifting),
    "steps": (gaussian, stepping),
    "none": (silent, steady),
    "Laplace": (laplace, steady),
    "skewed to luck": (lucky_outliers, steady),
    "rounded": (gaussian, steady),
    "nothing to find": (gaussian, steady),
    "cold first run": (gaussian, cold),
    "faster machine": (gaussian, leaping(20.0)),
    "slower machine": (gaussian, leaping(-20.0)),
}
UNTUNED = (
    *("Laplace", "skewed to luck", "rounded", "nothing to find"),
    *("cold first run", "faster machine", "slower machine"),
)
"""Cells that no constant of the judge was chosen on. `rounded` is a clock that ticks once a unit
of noise, and in `nothing to find` no idea changes anything."""


def _exact(effect: float) -> float:
    """In steps that floats add up without rounding, so that without noise values repeat."""
    return round(effect * 2**30) / 2**30


class World:
    """One campaign's program on its machine; `true` is the incumbent's real gain so far.

    From now on the machine adds `leap` as well.
    """

    def __init__(self, cell: str, seed: str) -> None:
        self._rng, self._hopeless = random.Random(seed), cell == "nothing to find"
        self._rounded = cell == "rounded"
        self._noise, machine = CELLS[cell]
        self._machine = machine(self._rng)
        self.runs, self.true, self.leap = 0, 0.0, 0.0

    @property
    def open(self) -> bool:
        return self.runs < RUNS

    def run(self, effect: float = 0.0) -> float:
        """One run of the incumbent, or of a candidate with this effect."""
        self.runs += 1
        value = BASELINE + self.true + effect + self.leap
        value += self._machine(self.runs) + self._noise(self._rng)
        return float(round(value)) if self._rounded else value

    def propose(self) -> float:
        """The true effect of the next idea."""
        rng, kind = self._rng, self._rng.random()
        if self._hopeless:
            return 0.0
        if kind < 0.15:
            return _exact(rng.expovariate(1 / 1.5))
        return 0.0 if kind < 0.65 else -_exact(rng.expovariate(1 / 3))
