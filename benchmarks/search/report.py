"""Make the table of README.md from results.json."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from trial import HELD_OUT, METRICS  # noqa: E402 - the paths come first

HEAD = "| task | metric | baseline | TPE | random | search | random / TPE | search / TPE |"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def main() -> None:
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    table = made(json.loads((HERE / "results.json").read_text()))
    readme.write_text(f"{text[:start]}\n{table}\n{text[end:]}", encoding="utf-8")
    print(table)


def made(results: dict[str, dict[str, list[list[float]]]]) -> str:
    """The table: medians over the seeds, and shares of TPE's improvement."""
    lines = [HEAD, "|" + "---|" * HEAD.count(" | ") + "---|"]
    shares: dict[str, list[float]] = {}
    held: dict[str, list[float]] = {}
    for task, (metric, _) in METRICS.items():
        curves = results[task]
        base = curves["tpe"][0][0]
        ends = {name: statistics.median(c[-1] for c in curves[name]) for name in curves}
        share = {name: (base - ends[name]) / (base - ends["tpe"]) for name in ends}
        for name, value in share.items():
            shares.setdefault(name, []).append(value)
            if task in HELD_OUT:
                held.setdefault(name, []).append(value)
        lines.append(
            f"| {task}{' (held out)' if task in HELD_OUT else ''} | {metric} | {base:.4f}"
            + "".join(f" | {ends[name]:.4f}" for name in ("tpe", "random", "search"))
            + f" | {share['random']:.0%} | {share['search']:.0%} |"
        )
    for title, values in (("median", shares), ("median of the held out", held)):
        medians = [statistics.median(values[name]) for name in ("random", "search")]
        lines.append(f"| **{title}** | | | | | | {medians[0]:.0%} | **{medians[1]:.0%}** |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
