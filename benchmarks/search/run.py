"""Compare the embedded search with Optuna's samplers and with chance; see README.md."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="*", help="those of trial.py; else all")
    parser.add_argument("--methods", nargs="*", default=["search", "random", "tpe", "cmaes"])
    parser.add_argument("--seeds", default="0-9", help="the first and the last")
    parser.add_argument("--budget", type=int, default=40)
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    parser.add_argument("--package", default=str(HERE.parents[1]), help="another version's root")
    parser.add_argument("--named", help="under this name in the results, with one method")
    options = parser.parse_args()
    sys.path[:0] = [str(HERE), options.package]
    first, last = map(int, options.seeds.split("-"))

    from methods import METHODS
    from trial import TASKS

    for name in options.tasks or TASKS:
        for method in options.methods:
            began = time.monotonic()
            curves = {
                str(seed): curve(TASKS[name], METHODS[method], seed, options.budget)
                for seed in range(first, last + 1)
            }
            keep(options.results, name, options.named or method, curves)
            ends = " ".join(f"{each['value'][-1]:.4f}" for each in curves.values())
            print(f"{name:10}{method:8}{ends}  ({time.monotonic() - began:.0f} s)", flush=True)


def curve(task: object, method: object, seed: int, budget: int) -> dict[str, list | int]:
    """After each experiment: what the best version is worth, and the seconds spent."""
    worth: dict[str, float | None] = {}
    values, seconds = [], []
    for point in method(task, seed, budget):
        if point.text not in worth:
            worth[point.text] = task.truth(point.text)
        values.append(round(worth[point.text], 7))
        seconds.append(round(point.seconds, 2))
    return {"value": values, "seconds": seconds, "runs": point.runs, "crashes": point.crashes}


def keep(path: Path, task: str, method: str, curves: dict[str, object]) -> None:
    """Put the curves beside those that another process may have written meanwhile."""
    results = json.loads(path.read_text()) if path.exists() else {}
    results.setdefault(task, {}).setdefault(method, {}).update(curves)
    path.write_text(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
