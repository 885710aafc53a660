"""Make the tables of README.md from results.json."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from trial import TASKS, Task  # noqa: E402 - the paths come first

BEGIN, END = "<!-- table {} -->", "<!-- end of table {} -->"
METHODS = ("tpe", "cmaes", "random", "before", "last", "search")
Curves = dict[str, dict[str, list | int]]


def main() -> None:
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    results = json.loads((HERE / "results.json").read_text())
    for budget in (40, 100):
        start, end = BEGIN.format(budget), END.format(budget)
        if start in text:
            at, till = text.index(start) + len(start), text.index(end)
            text = f"{text[:at]}\n{table(results, budget)}\n{text[till:]}"
    readme.write_text(text, encoding="utf-8")


def table(results: dict[str, dict[str, Curves]], budget: int) -> str:
    """Medians over the seeds after so many experiments, and shares of TPE's improvement."""
    head = "| task | start | " + " | ".join(METHODS) + " | " + " | ".join(
        f"{name} / tpe" for name in METHODS[1:]
    )  # fmt: skip
    lines = [f"{head} | seeds | crashes |", "|" + "---|" * (head.count(" | ") + 3)]
    shares: dict[str, list[float]] = {name: [] for name in METHODS}
    for task in TASKS.values():
        ends = {
            name: found
            for name, curves in results.get(task.name, {}).items()
            if (found := after(curves, budget))
        }
        if "tpe" in ends and "search" in ends:
            lines.append(row(task, results[task.name], ends, shares))
    medians = [f"**{statistics.median(shares[name]):.0%}**" for name in METHODS[1:]]
    blank = " |" * (len(METHODS) + 1)
    lines.append(
        f"| **median of {len(shares['search'])} tasks** |{blank} {' | '.join(medians)} | | |"
    )
    return "\n".join(lines)


def after(curves: Curves, budget: int) -> list[float]:
    """What each seed has come to."""
    return [each["value"][budget] for each in curves.values() if len(each["value"]) > budget]


def row(
    task: Task,
    curves: dict[str, Curves],
    ends: dict[str, list[float]],
    shares: dict[str, list[float]],
) -> str:
    base = next(iter(curves["tpe"].values()))["value"][0]
    medians = {name: statistics.median(found) for name, found in ends.items()}
    whole = base - medians["tpe"]
    cells, parts = [], []
    for name in METHODS:
        if name not in ends:
            cells.append("-")
            parts.append("-")
            continue
        low, high = min(ends[name]), max(ends[name])
        cells.append(f"{medians[name]:.4g} ({low:.4g} to {high:.4g})")
        share = (base - medians[name]) / whole
        shares[name].append(share)
        parts.append(f"{share:.0%}")
    crashes = statistics.fmean(each["crashes"] for each in curves["search"].values())
    aside = " (aside)" if task.aside else ""
    seeds = f"{len(ends['tpe'])}, {len(ends['search'])}"
    return (
        f"| {task.name}{aside} | {base:.4g} | {' | '.join(cells)} | {' | '.join(parts[1:])} "
        f"| {seeds} | {crashes:.1f} |"
    )


if __name__ == "__main__":
    main()
