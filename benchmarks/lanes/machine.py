"""Experiments an hour with lanes on this machine: `python benchmarks/lanes/machine.py`.

Each run sleeps for a second, so that what is measured is what we add, and not how many cores there
are. No change is an improvement, so that every experiment takes as long as any other. Every number
of lanes has a campaign of its own on the same project, with its baseline measured before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

TARGET = """\
import time

WIDTH = 64
DEPTH = 6
RATE = 0.3
DECAY = 0.01
WARMUP = 40
CLIP = 2.0
HEADS = 8
DROPOUT = 0.3

time.sleep({seconds})
loss = 1 + abs(WIDTH - 64) / 64 + abs(DEPTH - 6) / 6 + abs(RATE - 0.3) + abs(DECAY - 0.01)
loss += abs(WARMUP - 40) / 40 + abs(CLIP - 2.0) + abs(HEADS - 8) / 8 + abs(DROPOUT - 0.3)
print("METRIC loss=", round(loss, 6), sep="")
"""
SETTINGS = ["--target-file=train.py", "--run-command=python3 train.py", "--metric-name=loss"]


def main() -> None:
    """Measure each number of lanes, one after the other, and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", default="1,2,4", help="numbers of lanes (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each works")
    parser.add_argument("--sleep", type=float, default=1.0, help="how long a run takes")
    given = parser.parse_args()
    print("| lanes | experiments an hour | times those of one lane | time of it in runs |")
    print("|---|---|---|---|")
    first = 0.0
    for count in map(int, given.lanes.split(",")):
        experiments, busy = measured(count, given.seconds, given.sleep)
        first = first or experiments / count
        row = (count, f"{experiments:,.0f}", f"{experiments / first:.2f}", f"{busy:.0%}")
        print("|", " | ".join(map(str, row)), "|", flush=True)


def measured(count: int, seconds: float, sleep: float) -> tuple[float, float]:
    """The experiments an hour of so many lanes, and the part of their time that runs took."""
    with tempfile.TemporaryDirectory(prefix="lanes-") as folder:
        project = Path(folder)
        (project / "train.py").write_text(TARGET.format(seconds=sleep))
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "start"]):
            who = ["-c", "user.name=lanes", "-c", "user.email=lanes@example.com"]
            subprocess.run(["git", *who, *words], cwd=project, check=True)
        program(project, "setup")
        program(project, "run", f"--parallel={count}", f"--time-limit={seconds}s")
        log = project / ".claude/logs/autoresearch.jsonl"
        found = list(rates([json.loads(line) for line in log.read_text().splitlines()]))
    return sum(rate for rate, _ in found), sum(busy for _, busy in found) / len(found)


def program(project: Path, verb: str, *flags: str) -> None:
    """Run a verb of the program on the project, in a campaign that is always the same."""
    words = [sys.executable, "-m", "autoresearch_ci", verb, "--tag=lanes", *SETTINGS, *flags]
    subprocess.run(words, cwd=project, check=True, stdout=subprocess.DEVNULL)


def rates(records: list[dict]) -> Iterator[tuple[float, float]]:
    """Experiments an hour, and the part of the time in runs, of every session that made any."""
    details = [(record["action"], record["details"]) for record in records]
    begun = {d["session"]: when(d) for action, d in details if action == "session_start"}
    for action, end in details:
        if action != "session_end":
            continue
        name = end["session"]
        done = [
            d for a, d in details
            if a == "experiment_done" and d["session"] == name and d["experiment"]
        ]  # fmt: skip
        hours = (when(end) - begun[name]).total_seconds() / 3600
        if done:
            yield len(done) / hours, sum(d["seconds"] for d in done) / 3600 / hours


def when(details: dict) -> datetime:
    return datetime.fromisoformat(details["timestamp"])


if __name__ == "__main__":
    main()
