"""The embedded search on public tasks, with their own evaluators; see README.md.

    git clone https://github.com/algorithmicsuperintelligence/openevolve /tmp/openevolve
    git clone https://github.com/oripress/AlgoTune /tmp/algotune
    python benchmarks/search/public.py --openevolve /tmp/openevolve --algotune /tmp/algotune

Nothing of those projects is copied: an evaluator runs from its checkout, in a process for each run.
"""

from __future__ import annotations

import argparse
import difflib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from methods import Campaign, FileSet, SearchProposer, Spending  # noqa: E402 - the path comes first
from trial import Printed, number  # noqa: E402

LIMIT = 120
"""Seconds that a run may take."""

FRESH = 5
"""Runs whose mean is what a version of a noisy program is really worth."""

OPTIMUM = {"k_module_problem": 1.0}
"""The value at which a task is solved."""


@dataclass(frozen=True)
class PublicTask:
    """A task of another project: `program` is the file to tune, below its checkout."""

    project: str
    checkout: Path
    name: str
    program: str
    metric: str
    direction: str = "higher_is_better"
    noisy: bool = False

    @property
    def path(self) -> str:
        return Path(self.program).name

    @cached_property
    def text(self) -> str:
        return (self.checkout / self.program).read_text(encoding="utf-8")

    def measure(self, text: str, _run: int = 0) -> Printed | None:
        """One run of the project's evaluator; None where it refuses the program or fails."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / self.path
            target.write_text(text, encoding="utf-8")
            runner = [sys.executable, HERE / "public_run.py", self.project, self.checkout]
            began = time.monotonic()
            try:
                done = subprocess.run(
                    [*runner, self.name, target],
                    capture_output=True,
                    text=True,
                    timeout=LIMIT,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return None
            value = number(self.metric, done.stdout)
        return None if value is None else Printed(value, time.monotonic() - began, None)


def tasks(openevolve: Path | None, algotune: Path | None) -> Iterator[PublicTask]:
    """Those of the checkouts that are there."""
    if openevolve:
        for name, metric, noisy in (
            ("k_module_problem", "combined_score", False),
            ("function_minimization", "combined_score", True),
            ("signal_processing", "overall_score", False),
            ("circle_packing", "combined_score", False),
        ):
            program = f"examples/{name}/initial_program.py"
            yield PublicTask("openevolve", openevolve, name, program, metric, noisy=noisy)
    if algotune:
        for name in ("l0_pruning", "l1_pruning", "psd_cone_projection", "unit_simplex_projection"):
            program = f"AlgoTuneTasks/{name}/{name}.py"
            lower = "lower_is_better"
            yield PublicTask("algotune", algotune, name, program, "milliseconds", lower, noisy=True)


@dataclass(frozen=True)
class Outcome:
    """Of one seed: what the last version is worth, and what it took."""

    worth: float
    experiments: int
    runs: int
    crashes: int
    diff: str


def outcome(task: PublicTask, seed: int, budget: int) -> Outcome:
    """A campaign of the search as it is shipped, until the task is solved or the budget spent."""
    spending = Spending(task, seed)  # type: ignore[arg-type]
    campaign = Campaign(task, spending, task.text)  # type: ignore[arg-type]
    proposer = SearchProposer(metric_name=task.metric, seed=f"public{seed}")
    done = 0
    while done < budget and campaign.best != OPTIMUM.get(task.name):
        proposal = proposer.propose(FileSet({task.path: campaign.text}), campaign.history)
        if proposal is None:
            break
        campaign.try_one(proposal.files.text, proposal.change)
        done += 1
    lines = difflib.unified_diff(task.text.split("\n"), campaign.text.split("\n"), lineterm="", n=0)
    diff = "\n".join([*lines][2:])
    return Outcome(worth(task, campaign.text), done, spending.runs, spending.crashes, diff)


def worth(task: PublicTask, text: str) -> float:
    """The mean of fresh runs, without the luck that led to a keep."""
    runs = [task.measure(text) for _ in range(FRESH if task.noisy else 1)]
    return statistics.fmean(run.value if run else float("nan") for run in runs)


def row(task: PublicTask, found: list[Outcome]) -> str:
    cells = [
        task.name,
        f"{worth(task, task.text):.4g}",
        " ".join(f"{each.worth:.4g}" for each in found),
        " ".join(str(each.experiments) for each in found),
        f"{statistics.mean(each.runs for each in found):.0f}",
        f"{statistics.mean(each.crashes for each in found):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openevolve", type=Path, help="a checkout of it")
    parser.add_argument("--algotune", type=Path, help="a checkout of it")
    parser.add_argument("--tasks", nargs="*", help="some of them")
    parser.add_argument("--seeds", default="0-4", help="the first and the last")
    parser.add_argument("--budget", type=int, default=60)
    parser.add_argument("--diffs", action="store_true", help="what was changed, by seed")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    print("| task | start | after the experiments, by seed | experiments | runs | crashes |")
    print("|---|---|---|---|---|---|")
    for task in tasks(options.openevolve, options.algotune):
        if not options.tasks or task.name in options.tasks:
            found = [outcome(task, seed, options.budget) for seed in range(first, last + 1)]
            print(row(task, found), flush=True)
            for each in found if options.diffs else ():
                print(each.diff, flush=True)


if __name__ == "__main__":
    main()
