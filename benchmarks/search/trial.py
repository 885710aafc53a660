"""Run a task's text and read what it prints, as cheaply as it can be done."""

from __future__ import annotations

import io
import os
import re
import signal
import statistics
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "tasks"
LIMIT = 3.0
"""Seconds of processor time that a run may take: the same on a machine with other work."""

TRUTH = 20
"""Runs whose mean is what a version of a noisy program is really worth."""


@dataclass(frozen=True)
class Task:
    """A program to tune: `target` holds what may change, `program` what reads it, if another file.

    `noisy`: other luck in each run, from the variable RUN. `honest`: prints a number of that name
    that is right also where the metric is not. `aside`: nothing was chosen by looking at it.
    """

    name: str
    metric: str
    direction: str = "lower_is_better"
    target: str = ""
    noisy: bool = False
    honest: bool = False
    aside: bool = False

    @property
    def path(self) -> str:
        return self.target or f"{self.name}.py"

    @property
    def lower(self) -> bool:
        return self.direction == "lower_is_better"

    @cached_property
    def text(self) -> str:
        return (FOLDER / self.path).read_text(encoding="utf-8")

    @cached_property
    def program(self) -> str | None:
        """Source of the program that reads the target; None where that is the target."""
        other = FOLDER / f"{self.name}_program.py"
        return other.read_text(encoding="utf-8") if self.target else None

    def measure(self, text: str, run: int = 0) -> Printed | None:
        """What the program prints, or None for a crash, a timeout or no number."""
        output = printed(self.program or text, text, run)
        value = number(self.metric, output)
        if value is None:
            return None
        return Printed(value, number("seconds", output) or 1.0, number("honest", output))

    def truth(self, text: str) -> float | None:
        """The worth of a version without luck, and without a hole in the metric."""
        runs = [self.measure(text, -1 - n) for n in range(TRUTH if self.noisy else 1)]
        values = [run.value if run.honest is None else run.honest for run in runs if run]
        return statistics.fmean(values) if len(values) == len(runs) else None


@dataclass(frozen=True)
class Printed:
    value: float
    seconds: float
    honest: float | None


TASKS = {
    task.name: task
    for task in (
        Task("mlp", "val_loss"),
        Task("lz", "cost"),
        Task("cache", "miss_rate"),
        Task("anneal", "tour_length"),
        Task("denoise", "rmse"),
        Task("build", "score"),
        Task("pid", "mean_cost"),
        Task("lsm", "pages_per_op"),
        Task("text", "accuracy", "higher_is_better"),
        Task("flows", "utility", "higher_is_better"),
        Task("route", "route_cost"),
        Task("forecast", "relative_error"),
        Task("ranker", "reciprocal_rank", "higher_is_better", aside=True),
        Task("kernels", "absolute_error", aside=True),
        Task("service", "request_cost", target="service.yaml", aside=True),
        Task("solver", "plan_cost", target="solver.sh", aside=True),
        Task("counters", "day_cost", noisy=True, aside=True),
        Task("bandit", "regret", noisy=True, aside=True),
        Task("scaling", "val_loss", aside=True),
        Task("screening", "cost_per_check", honest=True, aside=True),
        Task("ingest", "load_cost", target="ingest.yaml", aside=True),
        Task("broker", "delivery_cost", target="broker.go", aside=True),
        Task("database", "report_minutes", target="database.toml", aside=True),
        Task("tiles", "milliseconds", aside=True),
    )
}


def number(name: str, output: str | None) -> float | None:
    found = re.search(rf"^{name}: (\S+)$", output or "", re.MULTILINE)
    try:
        value = float(found[1]) if found else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < float("inf") else None


class TookTooLongError(BaseException):
    """No `except Exception` of a task catches it."""


def printed(program: str, text: str, run: int) -> str | None:
    """The standard output of a program, None if it fails or takes too long.

    In this process, since a fork costs more than most of the tasks. They are our own, keep to
    themselves and forget everything when they end.
    """
    os.environ["RUN"] = str(run)
    out = io.StringIO()
    signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        with redirect_stdout(out), warnings.catch_warnings(action="ignore"):
            exec(compile(program, "task.py", "exec"), {"__name__": "__main__", "TEXT": text})
    except (Exception, SystemExit, TookTooLongError):  # noqa: BLE001 - any end of a task is a crash
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return out.getvalue()


def _late(_signal: int, _frame: object) -> None:
    raise TookTooLongError
