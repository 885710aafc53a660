"""Runs the simulated campaigns; see README.md. Writes results.json."""

from __future__ import annotations

import argparse
import importlib
import json
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from rules import RULES
from worlds import CELLS, World

HERE = Path(__file__).parent
Constants = dict[str, float]
TUNED = ("Gaussian", "heavy-tailed", "skewed", "drift", "steps")
FRONTIER: dict[str, Constants] = {
    "as shipped": {},
    "keeps on less: SURE 0.5": {"SURE": 0.5},
    "keeps on more: SURE 0.8": {"SURE": 0.8},
    "asks fresh runs for less: FRESH 0.1": {"FRESH": 0.1},
    "looks longer: WORTH 0.2": {"WORTH": 0.2},
    "gives up sooner: WORTH 0.45": {"WORTH": 0.45},
}
"""Constants of the judge: how sure it wants to be, and what is worth another run."""


def study(rule: str, cell: str, campaigns: int, seed: str, constants: Constants) -> dict[str, Any]:
    """What a rule comes to on average over campaigns of one cell."""
    vars(importlib.import_module("autoresearch_ci.judge.sequential")).update(constants)
    true = claimed = runs = 0.0
    kept = false = 0
    for number in range(campaigns):
        world = World(cell, f"{seed}-{number}")
        keeps = RULES[rule](world)
        true, runs = true + world.true, runs + world.runs
        kept, false = kept + len(keeps), false + sum(effect <= 0 for effect, _ in keeps)
        claimed += sum(claim for _, claim in keeps)
    return {
        "true": true / campaigns,
        "keeps": kept / campaigns,
        "false": false / max(1, kept),
        "claimed": claimed / true if true else None,
        "runs": runs / campaigns,
    }


def simulated(pool: Executor, cells: list[str], rules: list[str], campaigns: int, seed: str) -> Any:
    """Every rule in every cell."""
    studies = {
        (cell, rule): pool.submit(study, rule, cell, campaigns, seed, {})
        for cell, rule in product(cells, rules)
    }
    found: dict[str, dict[str, Any]] = {}
    for (cell, rule), running in studies.items():
        found.setdefault(cell, {})[rule] = got = running.result()
        shown = "  ".join(f"{key} {value or 0:.2f}" for key, value in got.items())
        print(f"{cell:16}{rule:18}{shown}", flush=True)
    return found


def frontier(pool: Executor, campaigns: int, seed: str) -> dict[str, Any]:
    """What other constants of the judge come to: improvement as a share of the one-run rule's."""
    sequential = importlib.import_module("autoresearch_ci.judge.sequential")
    shipped = {key: vars(sequential)[key] for each in FRONTIER.values() for key in each}
    one = {cell: pool.submit(study, "one run", cell, campaigns, seed, {}) for cell in TUNED}
    studies = {
        (name, cell): pool.submit(study, "sequential", cell, campaigns, seed, {**shipped, **other})
        for (name, other), cell in product(FRONTIER.items(), TUNED)
    }
    found: dict[str, Any] = {}
    for (name, cell), running in studies.items():
        got, bar = running.result(), one[cell].result()["true"]
        found.setdefault(name, {})[cell] = {"share": got["true"] / bar, "false": got["false"]}
        print(name, cell, found[name][cell], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=300)
    parser.add_argument("--seed", default="published")
    parser.add_argument("--rules", nargs="*", default=list(RULES))
    parser.add_argument("--cells", nargs="*", default=list(CELLS))
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        found = {
            "campaigns": options.campaigns,
            "seed": options.seed,
            "cells": simulated(pool, options.cells, options.rules, options.campaigns, options.seed),
            "frontier": frontier(pool, options.campaigns // 5, f"{options.seed}-frontier"),
        }
    options.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
