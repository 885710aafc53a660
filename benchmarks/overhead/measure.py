"""Time per experiment that is not the experiment: the harness against a bare git script.

    python benchmarks/overhead/measure.py [--experiments 2000] [--files 200] [--editable 20]

Both work in repositories of the same shape and run the same trivial command.
They take turns, one experiment each, so that a machine whose speed drifts
treats them alike. With `--editable`, a third campaign has so many files that may change, of which
each idea changes two, and takes its turn too.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path

import psutil

from autoresearch_ci.core.model import Experiment
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from repositories import bytes_after_gc, make_repository  # noqa: E402

RUN = "echo metric: 2"


def harness(session):
    """Seconds of each experiment and of its run, the baseline left out."""
    events = research(session)
    begun = time.perf_counter()
    for event in events:
        if isinstance(event, Experiment):
            ended = time.perf_counter()
            if event.experiment:
                yield ended - begun, event.seconds
            begun = time.perf_counter()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--experiments", type=int, default=2000)
    arguments.add_argument("--files", type=int, default=200)
    arguments.add_argument("--editable", type=int, default=1)
    options = arguments.parse_args()
    count = options.experiments
    with tempfile.TemporaryDirectory() as scratch:
        bare_repository = make_repository(Path(scratch) / "bare", options.files)
        ours_repository = make_repository(Path(scratch) / "ours", options.files)
        bare = subprocess.Popen(
            ["bash", str(HERE / "bare.sh"), str(bare_repository), RUN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        overrides = {
            "target_file": "target.py",
            "run_command": RUN,
            "metric_name": "metric",
            "metric_parse": "grep '^metric:' run.log | tail -1 | awk '{print $2}'",
            "max_experiments": str(count),
        }
        ours_overhead, bare_overhead, memory, several_overhead = [], [], [], []
        process = psutil.Process()
        with ExitStack() as stack:
            session = stack.enter_context(opened(ours_repository, overrides, count))
            several = iter(())
            if options.editable > 1:
                other = make_repository(Path(scratch) / "several", options.files)
                named = [f"package{n % 10}/module{n}.py" for n in range(options.editable - 1)]
                more = {**overrides, "editable_files": ", ".join(named)}
                several = harness(stack.enter_context(opened(other, more, count)))
            for number, (seconds, run) in enumerate(harness(session), start=1):
                ours_overhead.append(seconds - run)
                several_overhead += [whole - alone for whole, alone in islice(several, 1)]
                begun = time.perf_counter()
                bare.stdin.write(f"{number}\n")
                answer = int(bare.stdout.readline())
                bare_overhead.append(time.perf_counter() - begun - answer / 1e6)
                if number % 100 == 0:
                    memory.append(process.memory_info().rss)
            several_overhead += [whole - alone for whole, alone in several]
        bare.stdin.close()
        bare.wait()
        gc.collect()
        size = bytes_after_gc(ours_repository)
    report(ours_overhead, bare_overhead, memory, size)
    if several_overhead:
        middle, one = statistics.median(several_overhead), statistics.median(ours_overhead)
        print(f"{options.editable} files over 1: {middle / one:.3f} ({middle * 1e3:.2f} ms)")


class Ideas(ScriptedProposer):
    """Ideas that also change the first of the other files, where there are any."""

    def propose(self, source, history):
        found = super().propose(source, history)
        other = next((path for path in source if path != source.target), None)
        if found is None or other is None:
            return found
        return replace(found, files=found.files | {other: f"# {found.title}\n"})


def opened(repository, overrides, count):
    """A session in which each idea is a new number."""
    ideas = Ideas((f"idea {n}", f"value = {n}\n") for n in range(1, count + 1))
    return open_session(SessionRequest(repository, overrides, proposer=ideas))


def report(ours, bare, memory, size) -> None:
    count = len(ours)
    window = max(1, min(50, count // 4))
    early, late = ours[10 : 10 + window], ours[-window:]
    print(
        json.dumps(
            {
                "experiments": count,
                "ours_ms_median": round(statistics.median(ours) * 1e3, 2),
                "ours_ms_mean": round(statistics.fmean(ours) * 1e3, 2),
                "bare_ms_median": round(statistics.median(bare) * 1e3, 2),
                "bare_ms_mean": round(statistics.fmean(bare) * 1e3, 2),
                "ratio_of_medians": round(statistics.median(ours) / statistics.median(bare), 3),
                "ratio_of_means": round(statistics.fmean(ours) / statistics.fmean(bare), 3),
                "late_over_early": round(statistics.median(late) / statistics.median(early), 3),
                "bare_late_over_early": round(
                    statistics.median(bare[-window:]) / statistics.median(bare[10 : 10 + window]), 3
                ),
                "harness_rss_mb_max": round(max(memory, default=0) / 2**20, 1),
                "repository_kb_per_experiment_after_gc": round(size / 1024 / count, 2),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
