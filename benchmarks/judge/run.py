"""Runs the simulated campaigns; see README.md. Writes results.json."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

from rules import RULES, Rule
from worlds import CELLS, World

HERE = Path(__file__).parent
TUNED = ("Gaussian", "heavy-tailed", "skewed", "drift", "steps")
FRONTIER = {
    "as shipped": {},
    "keeps on less: SURE 0.45, FRESH 0.1": {"SURE": 0.45, "FRESH": 0.1},
    "keeps on more: SURE 0.75": {"SURE": 0.75},
    "looks longer: WORTH 0.2": {"WORTH": 0.2},
    "gives up sooner: WORTH 0.45": {"WORTH": 0.45},
}
"""Constants of the judge: how sure it wants to be, and what is worth another run."""


def study(rule: Rule, cell: str, campaigns: int, seed: str) -> dict[str, Any]:
    """What a rule comes to on average over campaigns of one cell."""
    true = claimed = runs = 0.0
    kept = false = 0
    for number in range(campaigns):
        world = World(cell, f"{seed}-{number}")
        keeps = rule(world)
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


def frontier(campaigns: int, seed: str) -> dict[str, Any]:
    """What other constants of the judge come to: improvement as a share of the one-run rule's."""
    module = importlib.import_module("autoresearch_ci.judge.sequential")
    found: dict[str, Any] = {}
    one = {cell: study(RULES["one run"], cell, campaigns, seed)["true"] for cell in TUNED}
    for name, constants in FRONTIER.items():
        shipped = {key: getattr(module, key) for key in constants}
        vars(module).update(constants)
        for cell in TUNED:
            got = study(RULES["sequential"], cell, campaigns, seed)
            found.setdefault(name, {})[cell] = {
                "share": got["true"] / one[cell],
                "false": got["false"],
            }
        vars(module).update(shipped)
        print(name, found[name], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=300)
    parser.add_argument("--seed", default="published")
    parser.add_argument("--rules", nargs="*", default=list(RULES))
    parser.add_argument("--cells", nargs="*", default=list(CELLS))
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    for cell in options.cells:
        for name in options.rules:
            found = study(RULES[name], cell, options.campaigns, options.seed)
            results.setdefault(cell, {})[name] = found
            shown = "  ".join(f"{key} {value or 0:.2f}" for key, value in found.items())
            print(f"{cell:16}{name:18}{shown}", flush=True)
    options.out.write_text(
        json.dumps(
            {
                "campaigns": options.campaigns,
                "seed": options.seed,
                "cells": results,
                "frontier": frontier(options.campaigns // 5, f"{options.seed}-frontier"),
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
