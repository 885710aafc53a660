"""A/A on this machine: 200 candidates that differ in a comment alone, the metric a run time.

Whatever is kept is a false keep. Run it on a machine that is as busy as yours is.
Writes real.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from autoresearch_ci.core.machine import describe
from autoresearch_ci.core.model import Experiment
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer

HERE = Path(__file__).parent
PROGRAM = """import time

began = time.perf_counter()
total = 0
for number in range(600_000):
    total += number * number % 7
print("ms:", (time.perf_counter() - began) * 1000)
"""


def project(folder: Path) -> Path:
    (folder / "target.py").write_text(PROGRAM)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=u", "-c", "user.email=u@example.org", "commit", "-q", "-m", "base"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=200)
    parser.add_argument("--max-repeats", type=int, default=6)
    parser.add_argument("--sessions", type=int, default=2, help="in how many it is split")
    parser.add_argument("--out", type=Path, default=HERE / "real.json")
    parser.add_argument("--series", type=Path, help="write every value here as well")
    options = parser.parse_args()
    settings = {
        "target_file": "target.py",
        "run_command": "python3 target.py",
        "metric_name": "ms",
        "metric_parse": "awk '/^ms:/ { print $2 }' run.log",
        "tag": "aa",
        "max_repeats": str(options.max_repeats),
        "max_experiments": str(-(-options.experiments // options.sessions)),
    }
    ideas = [(f"comment {i}", f"{PROGRAM}# {i}\n") for i in range(options.experiments)]
    done: list[Experiment] = []
    with tempfile.TemporaryDirectory() as folder:
        path = project(Path(folder))
        for _ in range(options.sessions):
            request = SessionRequest(path, settings, proposer=ScriptedProposer(ideas))
            with open_session(request) as session:
                for event in research(session):
                    if isinstance(event, Experiment):
                        done.append(event)
    times = [sample.value for record in done for sample in record.samples]
    tried = done[1:]
    result = {
        "experiments": len(tried),
        "sessions": options.sessions,
        "max_repeats": options.max_repeats,
        "kept": sum(record.status == "keep" for record in tried),
        "kept_runs": [
            [f"{sample.side[0]} {sample.value:.1f}" for sample in record.samples]
            for record in tried
            if record.status == "keep"
        ],
        "reasons": dict(Counter(str(record.reason) for record in tried)),
        "candidate_runs": sum(s.side == "candidate" for record in tried for s in record.samples),
        "ms": [round(each, 1) for each in statistics.quantiles(times, n=10)],
        "machine": describe(),
        "load": round(os.getloadavg()[1], 1),
    }
    print(json.dumps(result, indent=1))
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    if options.series:
        series = [[[s.side, s.value] for s in record.samples] for record in done]
        options.series.write_text(json.dumps(series) + "\n")


if __name__ == "__main__":
    main()
