"""Time per experiment that is not the run, with tens of thousands of read-only files.

python benchmarks/readonly/measure.py [--files 30000] [--experiments 8]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autoresearch_ci.core.model import Experiment
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer

sys.path.insert(0, str(Path(__file__).parents[1]))

from repositories import make_repository

CACHE = "mkdir -p node_modules/.cache; echo x > node_modules/.cache/deps"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=30_000)
    arguments.add_argument("--experiments", type=int, default=8)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        repository = make_repository(Path(scratch) / "project", 200)
        (repository / ".gitignore").write_text("node_modules/\n")
        subprocess.run(["git", "-C", str(repository), "commit", "-qam", "ignore"], check=True)
        for number in range(options.files):
            path = repository / f"node_modules/package{number % 600}/lib/{number}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"export const number = {number};\n" * 20)
        settings = {
            "target_file": "target.py",
            "run_command": f"{CACHE}; echo metric: 2",
            "metric_name": "metric",
            "metric_parse": "awk '/^metric:/ { print $2 }' run.log",
            "readonly_files": ["node_modules/**"],
            "tag": "t",
        }
        begun = time.perf_counter()
        beyond, cpu = [], []
        ideas = range(1, options.experiments + 1)
        proposer = ScriptedProposer([(f"{n}", f"value = {n}\n") for n in ideas])
        with open_session(SessionRequest(repository, settings, proposer=proposer)) as session:
            print(f"the session's start: {time.perf_counter() - begun:.1f} s")
            begun, used = time.perf_counter(), time.process_time()
            for event in research(session):
                if isinstance(event, Experiment):
                    now, until = time.perf_counter(), time.process_time()
                    if event.experiment:
                        beyond.append(now - begun - event.seconds)
                        cpu.append(until - used)
                    begun, used = now, until
        print(f"{options.files} files, a run beyond the run: {statistics.median(beyond):.2f} s")
        print(f"of this our own processor time: {statistics.median(cpu):.2f} s")


if __name__ == "__main__":
    main()
