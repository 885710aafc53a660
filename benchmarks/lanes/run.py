"""Simulate campaigns with several lanes; see README.md."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "search"), str(HERE.parents[1])]

from outcome import as_json, simulate  # noqa: E402 - the paths come first
from simulation import MACHINE, REMOTE, Setup  # noqa: E402
from trial import TASKS  # noqa: E402

SETTINGS = {
    "1s": (1.0, MACHINE, 0.0),
    "1min": (60.0, REMOTE, 60.0),
    "5min": (300.0, REMOTE, 60.0),
}
"""Seconds of a run, where lanes meet, and the oldest that news gets."""

FEW = (
    "build",
    "pid",
    "lsm",
    "cache",
    "kernels",
    "solver",
    "ranker",
    "forecast",
    "counters",
    "bandit",
)
ROUNDS = {1: 100, 2: 60, 4: 45, 8: 30, 16: 24, 64: 16, 256: 12}
"""Runs that a lane of mean speed has the time for."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="*", default=list(FEW))
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS))
    parser.add_argument("--lanes", nargs="*", type=int, default=[1, 2, 4, 8, 16])
    parser.add_argument("--seeds", default="1-3", help="the first and the last")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--set", nargs="*", default=[], help="other fields of Setup, as NAME=VALUE")
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    others = {n: json.loads(v) for n, v in (each.split("=") for each in options.set)}
    for seed in range(first, last + 1):
        for name in options.tasks:
            for setting in options.settings:
                for count in options.lanes:
                    key = f"{name}/{setting}/{count}/{seed}"
                    results = read(options.results)
                    if key in results:
                        continue
                    began = time.monotonic()
                    seconds, place, late = SETTINGS[setting]
                    rounds = options.rounds or ROUNDS[count]
                    setup = Setup(count, seconds, place, late, rounds=rounds, **others)
                    found = as_json(simulate(TASKS[name], seed, setup))
                    results = read(options.results)
                    results[key] = {**found, "rounds": rounds}
                    options.results.write_text(json.dumps(results) + "\n")
                    print(f"{key} {time.monotonic() - began:.0f} s", flush=True)


def read(path: Path) -> dict[str, dict]:
    return json.loads(path.read_text()) if path.exists() else {}


if __name__ == "__main__":
    main()
