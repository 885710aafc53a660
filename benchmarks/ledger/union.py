"""The records of 256 lanes as one campaign: CPU seconds and memory to read and merge them.

    python benchmarks/ledger/union.py [--lanes 256] [--experiments 10000]

Each lane goes on from what it has heard of: every tenth experiment is kept, on a keep of any lane.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from datetime import UTC, datetime, timedelta

import psutil

from autoresearch_ci.campaign.ledger import dumps, read, read_lane
from autoresearch_ci.campaign.ledger.reading import arranged
from autoresearch_ci.campaign.ledger.union import union
from autoresearch_ci.core.model import (
    BASELINE,
    Direction,
    Experiment,
    ExperimentStart,
    Reason,
    SessionStart,
    Status,
)

TAG = "mar17"
BEGAN = datetime(2026, 3, 17, 12, tzinfo=UTC)


def at(second: float) -> str:
    moment = BEGAN + timedelta(seconds=second)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def logs(lanes: int, count: int) -> list[bytes]:
    """The log of the campaign's branch, then one of each lane."""
    rng = random.Random(1)
    made: list[list[bytes]] = [[] for _ in range(lanes + 1)]
    names = [f"{rng.getrandbits(48):012x}" for _ in made]
    off = [0.0, *(rng.uniform(-3600, 3600) for _ in range(lanes))]
    for number, name in enumerate(names):
        made[number].append(
            dumps(
                SessionStart(
                    TAG, name, at(off[number]), "loss", Direction.LOWER, "train.py",
                    f"autoresearch/{TAG}", "b" * 40, machine="x", version="1", lane=number,
                    lanes=lanes if number else 0,
                )
            )
        )  # fmt: skip
    kept = ["b" * 40]
    for number in range(count + 1):
        lane = rng.randrange(1, lanes + 1) if number else 0
        parent = rng.choice(kept[-20:])
        keep = number % 10 == 0
        commit = f"{rng.getrandbits(160):040x}" if keep and number else parent
        second = number * 60 / lanes + off[lane]
        candidate = f"{rng.getrandbits(160):040x}"
        made[lane].append(
            dumps(
                ExperimentStart(
                    TAG, names[lane], at(second), number, f"LR 0.02 -> 0.{number}", parent,
                    candidate, "search", change={"knob": "LR", "to": f"0.{number}"},
                )
            )
        )  # fmt: skip
        made[lane].append(
            dumps(
                Experiment(
                    tag=TAG, session=names[lane], timestamp=at(second + 50), experiment=number,
                    status=Status.KEEP if keep else Status.DISCARD,
                    reason=None if not number else Reason.IMPROVED if keep else Reason.WORSE,
                    metric="loss", value=1.0 - number / count / 2, prev=1.0,
                    description=f"LR 0.02 -> 0.{number}", commit=commit, parent=parent,
                    candidate=candidate, proposer="search" if number else BASELINE,
                    change={"knob": "LR", "from": "0.02", "to": f"0.{number}"}, machine="x",
                )
            )
        )  # fmt: skip
        if keep:
            kept.append(commit)
    return [b"".join(lines) for lines in made]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lanes", type=int, default=256)
    arguments.add_argument("--experiments", type=int, default=10_000)
    given = arguments.parse_args()
    data = logs(given.lanes, given.experiments)
    before = psutil.Process().memory_info().rss
    begun = time.process_time()
    streams = [read_lane(each, "log") for each in data]
    parsed = time.process_time()
    log = arranged(TAG, union(*streams))
    merged = time.process_time()
    memory = psutil.Process().memory_info().rss - before
    begun_again = time.process_time()
    again = read(b"".join(log.lines), "log")[TAG]
    print(
        json.dumps(
            {
                "lanes": given.lanes,
                "experiments": len(log.history.experiments) - 1,
                "kept": len(log.history.kept),
                "read_seconds": round(parsed - begun, 2),
                "merge_seconds": round(merged - parsed, 2),
                "memory_mb": round(memory / 2**20, 1),
                "merged_log_read_seconds": round(time.process_time() - begun_again, 2),
                "the_same_again": again.lines == log.lines,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
