"""How many false keeps `confirm` leaves: the judge's keeps, each left out on fresh pairs of runs.

python benchmarks/judge/confirmed.py    # a few minutes; writes confirmed.json
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from rules import RULES
from worlds import CELLS, World

from autoresearch_ci.core.model import Direction, MinDelta, Sample, Side, Status
from autoresearch_ci.judge import Comparison, paired
from autoresearch_ci.judge.paired import PAIRS

HERE = Path(__file__).parent


def holds(cell: str, seed: str, true: float) -> tuple[bool, int]:
    """Whether a kept change of this true effect is shown to help; and the pairs that it took."""
    world, judge = World(cell, seed), paired(PAIRS)
    comparison = Comparison(Direction.HIGHER, MinDelta(), (), lambda: True)
    while isinstance(decision := judge(comparison), Side):
        value = world.run(true if decision is Side.INCUMBENT else 0.0)
        comparison = comparison.plus(Sample(decision, value))
    return decision.status is not Status.KEEP, len(comparison.samples) // 2


def study(cell: str, campaigns: int, seed: str) -> dict[str, float]:
    counts = {(real, held): 0 for real in (True, False) for held in (True, False)}
    gained, left, pairs = 0.0, 0.0, 0
    for number in range(campaigns):
        for which, (true, _) in enumerate(RULES["sequential"](World(cell, f"{seed}-{number}"))):
            held, took = holds(cell, f"{seed}-{number}-{which}", true)
            counts[true > 0, held] += 1
            pairs += took
            gained, left = gained + true, left + true * held
    held = counts[True, True] + counts[False, True]
    kept = sum(counts.values())
    return {
        "keeps": kept / campaigns,
        "false_before": (counts[False, True] + counts[False, False]) / max(1, kept),
        "false_after": counts[False, True] / max(1, held),
        "real_that_hold": counts[True, True] / max(1, counts[True, True] + counts[True, False]),
        "improvement_that_holds": left / gained if gained else 0.0,
        "pairs": pairs / max(1, kept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=150)
    parser.add_argument("--seed", default="confirmed")
    options = parser.parse_args()
    found = {}
    of = partial(study, campaigns=options.campaigns, seed=options.seed)
    with ProcessPoolExecutor() as pool:
        for cell, got in zip(CELLS, pool.map(of, CELLS), strict=True):
            found[cell] = got
            print(cell, {key: round(value, 3) for key, value in got.items()}, flush=True)
    data = {"campaigns": options.campaigns, "seed": options.seed, "cells": found}
    (HERE / "confirmed.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
