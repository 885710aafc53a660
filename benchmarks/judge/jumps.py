"""Real jumps that would be held up as implausible, in the campaigns on record of benchmarks/search.

Each step of the best value was a gain that a keep would have brought, so whatever is held is
held wrongly. See README.md.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from rules import record

SEARCH = Path(__file__).parents[1] / "search"
sys.path.append(str(SEARCH))

from trial import TASKS, printed  # noqa: E402

from autoresearch_ci.core.history import History  # noqa: E402
from autoresearch_ci.core.model import Direction, Reason, Sample, Side, Status, Verdict  # noqa: E402
from autoresearch_ci.engine.metric import part_of  # noqa: E402
from autoresearch_ci.judge.outlier import change_of_meaning, is_outlier  # noqa: E402


def replay(values: list[float], direction: Direction) -> tuple[int, int, list[str]]:
    """Steps of a campaign's best value, those that are run once more, and those that are held."""
    history, steps, again, held = History(direction), 0, 0, []
    keep, discard = Verdict(Status.KEEP, Reason.IMPROVED), Verdict(Status.DISCARD, Reason.WORSE)
    history.add(record(keep, values[0], None, (Sample(Side.CANDIDATE, values[0]),)))
    for before, value in pairwise(values):
        samples = (Sample(Side.INCUMBENT, before), Sample(Side.CANDIDATE, value))
        better = value != before
        steps += better
        again += better and is_outlier(history, value)
        if better and change_of_meaning(history, samples):
            held.append(f"{before:g} -> {value:g}")
        done = record(keep if better else discard, value, before, samples)
        history.add(replace(done, experiment=history.next_number))
    return steps, again, held


def copied(metric: str, log: str) -> str:
    """What `grep "^metric:" run.log | awk '{print $2}'` prints."""
    return next((line.split()[1] for line in log.splitlines() if line.startswith(metric + ":")), "")


def main() -> None:
    print("| task | campaigns | gains | run once more | held |\n|---|---|---|---|---|")
    whole = [0, 0, 0, 0]
    for name, methods in json.loads((SEARCH / "results.json").read_text()).items():
        direction = Direction.LOWER if TASKS[name].lower else Direction.HIGHER
        campaigns = [each["value"] for seeds in methods.values() for each in seeds.values()]
        found = [replay(values, direction) for values in campaigns]
        held = [each for _, _, ones in found for each in ones]
        steps, again = sum(each[0] for each in found), sum(each[1] for each in found)
        whole = [a + b for a, b in zip(whole, (len(found), steps, again, len(held)), strict=True)]
        if again or held:
            shown = "; ".join(sorted(set(held))) or "none"
            print(f"| {name} | {len(found)} | {steps} | {again} | {shown} |")
    print("| all |", " | ".join(map(str, whole)), "|")
    logs = [
        (task, printed(task.program or task.text, task.text, 0) or "") for task in TASKS.values()
    ]
    parts = [task.name for task, log in logs if part_of(copied(task.metric, log), log, "grep")[0]]
    print(f"\nOf {len(logs)} logs, read as a piece of a longer number: {len(parts)}", *parts)


if __name__ == "__main__":
    main()
