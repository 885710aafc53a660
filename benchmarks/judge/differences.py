"""How often `compare` calls equal versions different, and finds real differences.

python benchmarks/judge/differences.py [--campaigns 3000]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

import worlds

from autoresearch_ci.core.model import Direction, MinDelta, Reason, Sample, Side
from autoresearch_ci.judge import Comparison
from autoresearch_ci.judge.difference import difference

CELLS = (
    "Gaussian",
    "heavy-tailed",
    "skewed",
    "skewed to luck",
    "Laplace",
    "rounded",
    "drift",
    "steps",
)
EFFECTS = (0, 1, 2, 3, 5, 10)


def compared(cell: str, effect: float, seed: str) -> tuple[Reason, int]:
    """The reason of one verdict, and the runs that it took."""
    rng = random.Random(seed)
    noise, machine = worlds.CELLS[cell]
    adds, judge, run = machine(rng), difference(), 0
    comparison = Comparison(Direction.HIGHER, MinDelta(), (), lambda: False)
    while isinstance(side := judge(comparison), Side):
        run += 1
        value = worlds.BASELINE + noise(rng) + adds(run) + effect * (side is Side.CANDIDATE)
        value = round(value) if cell == "rounded" else value
        comparison = comparison.plus(Sample(side, value))
    assert side.reason is not None
    return side.reason, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=3000)
    count = parser.parse_args().campaigns
    print("noise | called different at 0 | found at " + " | ".join(f"{e}" for e in EFFECTS[1:]))
    for cell in CELLS:
        row = []
        for effect in EFFECTS:
            done = [compared(cell, effect, f"{cell}{effect}{seed}") for seed in range(count)]
            reasons = Counter(reason for reason, _ in done)
            wrong = reasons[Reason.IMPROVED] + reasons[Reason.WORSE]
            share = wrong if effect == 0 else reasons[Reason.IMPROVED]
            pairs = sum(runs for _, runs in done) / count / 2
            row.append(f"{100 * share / count:.2f} % ({pairs:.1f})")
        print(f"{cell} | " + " | ".join(row), flush=True)


if __name__ == "__main__":
    main()
