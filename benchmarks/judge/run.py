"""Runs the simulated campaigns; see README.md. Writes results.json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rules import RULES, Rule
from worlds import CELLS, World

HERE = Path(__file__).parent


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
            print(f"{cell:16}{name:18}" + "  ".join(f"{k} {v:.2f}" for k, v in found.items()))
    options.out.write_text(
        json.dumps(
            {"campaigns": options.campaigns, "seed": options.seed, "cells": results}, indent=1
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
