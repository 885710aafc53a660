"""A campaign of 10,000 experiments: memory, `results`, and growth of the ledger.

    python benchmarks/ledger/measure.py [--experiments 10000]

The experiments are written through the real ledger and archive into a real
repository; only their runs are made up.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from repositories import bytes_after_gc, make_repository

from autoresearch_ci.core.model import ExperimentStart, Reason, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--experiments", type=int, default=10_000)
    count = arguments.parse_args().experiments
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as scratch:
        repository = make_repository(Path(scratch) / "repository", 20)
        overrides = {
            "target_file": "target.py",
            "run_command": "echo metric: 2",
            "metric_name": "metric",
            "metric_parse": "awk '{print $2}' run.log",
        }
        appends = []
        with open_session(SessionRequest(repository, overrides, setup_only=True)) as session:
            for _event in research(session):
                pass
            base = session.history.experiments[0]
            for number in range(1, count + 1):
                started = ExperimentStart(
                    base.tag,
                    base.session,
                    base.timestamp,
                    number,
                    f"LR 0.02 -> 0.{number}",
                    base.commit,
                    f"{rng.getrandbits(160):040x}",
                    "search",
                )
                done = replace(
                    base,
                    experiment=number,
                    status=Status.DISCARD,
                    reason=Reason.WORSE,
                    value=rng.random(),
                    prev=base.value,
                    description=started.description,
                    commit=f"{rng.getrandbits(160):040x}",
                    candidate=started.candidate,
                    proposer="search",
                    change={"knob": "LR", "from": "0.02", "to": f"0.{number}"},
                )
                begun = time.perf_counter()
                session.ledger.append(started)
                session.ledger.append(done)
                appends.append(time.perf_counter() - begun)
                patch = (
                    f"--- a/target.py\n+++ b/target.py\n@@ -1 +1 @@\n-LR = 0.02\n+LR = 0.{number}\n"
                )
                log = "\n".join(f"step {n} loss {rng.random():.4f}" for n in range(40))
                session.archive.add(f"{number:04}", patch, log)
                session.archive.write()
            rss = psutil.Process().memory_info().rss
            begun = time.perf_counter()
            session.archive.write(now=True)
            publish = time.perf_counter() - begun
        results = []
        for flags in ([], ["--last", "10"], ["--json"], ["--tsv"]):
            command = [
                sys.executable,
                "-m",
                "autoresearch_ci",
                "--repo",
                str(repository),
                "results",
                *flags,
            ]
            times = []
            for _ in range(5):
                begun = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                times.append(time.perf_counter() - begun)
            results.append(round(statistics.median(times), 3))
        log_bytes = (repository / ".claude/logs/autoresearch.jsonl").stat().st_size
        size = bytes_after_gc(repository)
    window = 200
    print(
        json.dumps(
            {
                "experiments": count,
                "append_ms_first": round(statistics.median(appends[:window]) * 1e3, 3),
                "append_ms_last": round(statistics.median(appends[-window:]) * 1e3, 3),
                "archive_write_ms_at_the_end": round(publish * 1e3, 1),
                "harness_rss_mb": round(rss / 2**20, 1),
                "log_bytes_per_experiment": round(log_bytes / count),
                "repository_kb_per_experiment_after_gc": round(size / 1024 / count, 2),
                "results_seconds": dict(
                    zip(["table", "last 10", "json", "tsv"], results, strict=True)
                ),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
