"""Seconds past the limit for each attack, what is left running, and the cost of a quiet run.

python benchmarks/containment/run.py [--limit SECONDS] [--runs N]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from attacks import ATTACKS, left_in

from autoresearch_ci.core.machine import describe
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.local import ProcessExecutor


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=float, default=2.0, help="kill_after of each attack")
    options.add_argument("--runs", type=int, default=300, help="quiet runs to time")
    given = options.parse_args()
    executor = ProcessExecutor()
    print(describe(), end="\n\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        attack(executor, folder, given.limit)
        cost(executor, folder, given.runs)


def attack(executor: ProcessExecutor, folder: Path, limit: float) -> None:
    print("| attack | seconds past the limit | processes left | log, MiB |")
    print("|---|---:|---:|---:|")
    log = folder / "run.log"
    for title, shell in ATTACKS.items():
        began = time.monotonic()
        executor.run(Command(shell, folder, kill_after=limit, log=log))
        past = max(time.monotonic() - began - limit, 0)
        size = log.stat().st_size / 2**20
        print(f"| {title} | {past:.2f} | {len(left_in(folder))} | {size:.1f} |", flush=True)


def cost(executor: ProcessExecutor, folder: Path, runs: int) -> None:
    """Interleaved, so that a busy moment of the machine strikes all alike."""
    log = folder / "run.log"

    def plain() -> None:
        subprocess.run(
            ["/bin/sh", "-c", "true"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            start_new_session=True,
            check=True,
        )

    ways: dict[str, Callable[[], object]] = {
        "subprocess.run": plain,
        "ProcessExecutor": lambda: executor.run(Command("true", folder, kill_after=60)),
        "ProcessExecutor, with a log": lambda: executor.run(
            Command("true", folder, kill_after=60, log=log)
        ),
    }
    times: dict[str, list[float]] = {title: [] for title in ways}
    for _ in range(runs):
        for title, way in ways.items():
            began = time.perf_counter()
            way()
            times[title].append(time.perf_counter() - began)
    base = statistics.median(times["subprocess.run"])
    print("\n| `true`, median of", runs, "| ms | ratio |")
    print("|---|---:|---:|")
    for title, taken in times.items():
        middle = statistics.median(taken)
        print(f"| {title} | {middle * 1e3:.2f} | {middle / base:.1f} |")


if __name__ == "__main__":
    main()
