"""Compare the embedded search with Optuna's TPE and with chance; see README.md."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from methods import METHODS  # noqa: E402 - the paths come first
from trial import METRICS, TASKS, measure  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="*", default=list(METRICS), choices=list(METRICS))
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=40)
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    results = json.loads(options.results.read_text()) if options.results.exists() else {}
    import numpy as np  # noqa: F401 - imported before the forks, which then need not

    for task in options.tasks:
        text = (TASKS / f"{task}.py").read_text()
        metric = METRICS[task][0]
        for method in options.methods:
            started = time.monotonic()
            results.setdefault(task, {})[method] = [
                METHODS[method](task, text, partial(measure, metric=metric), seed, options.budget)
                for seed in range(options.seeds)
            ]
            ends = " ".join(f"{curve[-1]:.5f}" for curve in results[task][method])
            took = time.monotonic() - started
            print(f"{task:9}{method:8}{ends}  ({took:.0f} s)", flush=True)
            options.results.write_text(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
