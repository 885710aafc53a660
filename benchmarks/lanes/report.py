"""Make the table of README.md and the plot of speed-up over lanes from results.json."""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "search"), str(HERE.parents[1])]

from run import SETTINGS  # noqa: E402 - the paths come first
from trial import TASKS  # noqa: E402

BEGIN, END = "<!-- table -->", "<!-- end of table -->"
GIVEN = 60
"""Experiments of one lane: what it has come to by then is the aim of all others."""

COUNTS = ("duplicates", "superseded", "retries", "false_keeps")
Runs = dict[tuple[str, str, int], list[dict]]


def main() -> None:
    runs: Runs = defaultdict(list)
    for key, found in json.loads((HERE / "results.json").read_text()).items():
        task, setting, count, _ = key.split("/")
        runs[task, setting, int(count)].append(found)
    speeds = {
        (setting, count): speed_ups(runs, setting, count)
        for setting in SETTINGS
        for count in sorted({count for _, known, count in runs if known == setting})
    }
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    at, till = text.index(BEGIN) + len(BEGIN), text.index(END)
    text = f"{text[:at]}\n{table(runs, speeds)}\n{text[till:]}"
    readme.write_text(text, encoding="utf-8")
    plot(speeds)


def reached(found: dict, aim: float, *, lower: bool, seconds: float) -> float:
    """Seconds until the aim; all that there were, where it was not reached."""
    for when, worth in found["curve"]:
        if worth <= aim if lower else worth >= aim:
            return when
    return found["rounds"] * seconds


def until(alone: dict, seconds: float) -> float:
    """Seconds in which one lane makes so many experiments, at the pace that it had."""
    return GIVEN * alone["rounds"] * seconds / alone["experiments"]


def speed_ups(runs: Runs, setting: str, count: int) -> dict[str, float]:
    """By task: the time of one lane to the aim by that of these lanes, medians over the seeds."""
    seconds, found = SETTINGS[setting][0], {}
    for task in TASKS.values():
        alone, lanes = (runs.get((task.name, setting, n), []) for n in (1, count))
        if not alone or not lanes:
            continue
        aim = statistics.median(
            [worth for when, worth in each["curve"] if when <= until(each, seconds)][-1]
            for each in alone
        )
        times = [
            statistics.median(
                reached(each, aim, lower=task.lower, seconds=seconds) for each in several
            )
            for several in (alone, lanes)
        ]
        found[task.name] = times[0] / times[1]
    return found


def table(runs: Runs, speeds: dict[tuple[str, int], dict[str, float]]) -> str:
    head = (
        "| a run | lanes | campaigns | speed-up (median of tasks) | lowest, highest | experiments "
        "an hour, of N times one lane's | duplicates | superseded | tried again | false keeps "
        "| pushes a minute, most in one |"
    )
    lines = [head, "|" + "---|" * (head.count(" | ") + 1)]
    for (setting, count), found in speeds.items():
        if not any(n == count and known == setting for _, known, n in runs):
            continue
        several = [
            each
            for (_, known, n), all_ in runs.items()
            if (known, n) == (setting, count)
            for each in all_
        ]
        done = sum(each["experiments"] for each in several)
        shares = [f"{sum(each[name] for each in several) / done:.1%}" for name in COUNTS]
        seconds = SETTINGS[setting][0]
        minutes = sum(each["rounds"] * seconds / 60 for each in several)
        pushes = sum(each["pushes"] for each in several) / minutes
        most = max(each["busiest_minute"] for each in several)
        values = sorted(found.values())
        median = f"{statistics.median(values):.1f}" if values else "-"
        ends = f"{values[0]:.1f}, {values[-1]:.1f}" if values else "-"
        rate = f"{rates(runs, setting, count):.2f}"
        lines.append(
            f"| {setting} | {count} | {len(several)} | {median} | {ends} | {rate} | "
            f"{' | '.join(shares)} | {pushes:.1f}, {most} |"
        )
    return "\n".join(lines)


def rates(runs: Runs, setting: str, count: int) -> float:
    """Experiments by time of these lanes by those of so many times one, median over the tasks."""

    def rate(several: list[dict]) -> float:
        return statistics.mean(each["experiments"] / each["rounds"] for each in several)

    found = [
        rate(several) / count / rate(runs[task, setting, 1])
        for (task, known, n), several in runs.items()
        if (known, n) == (setting, count) and (task, setting, 1) in runs
    ]
    return statistics.median(found) if found else float("nan")


def plot(speeds: dict[tuple[str, int], dict[str, float]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "lanes"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for setting in SETTINGS:
        points = [
            (count, statistics.median(found.values()))
            for (known, count), found in speeds.items()
            if known == setting and found
        ]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", label=f"runs of {setting}")
    most = max((count for (_, count), found in speeds.items() if found), default=1)
    axes.plot([1, most], [1, most], linestyle=":", color="grey", label="as many times as lanes")
    axes.set(xscale="log", yscale="log", xlabel="lanes", ylabel="speed-up to a given improvement")
    axes.set_xticks([1, 4, 16], ["1", "4", "16"])
    axes.set_yticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axes.legend()
    figure.tight_layout()
    figure.savefig(HERE / "speedup.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
