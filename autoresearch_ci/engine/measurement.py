"""Measurements: what became of a run, and the end of what it printed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from autoresearch_ci.core.model import Reason, Run
from autoresearch_ci.core.shell import NOT_FOUND
from autoresearch_ci.core.text import visible

TAIL_BYTES = 4096
HEAD_LINES, METRIC_LINES, END_LINES, LONGEST_LINE = 12, 24, 24, 200
"""The part of an output that is shown to whoever has the ideas: lines, and characters of each."""

TAIL_LINES = 40


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of one run: a value, or the reason why there is none.

    A rule violation has a reason though the run may have ended well. `error` is
    one line for the record, `advice` what to do about it where that is known, `changed` what
    broke the rules, `memory_gb` the peak of the run, `log` the end of what it printed, `output`
    an excerpt of it.
    `metrics` are its other numbers, by name, and `units` those that any of its numbers is in.
    """

    run: Run
    value: float | None
    reason: Reason | None = None
    error: str = ""
    memory_gb: float = 0.0
    log: str = ""
    output: str = ""
    advice: str = ""
    changed: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Objection:
    """The guard's reason against a candidate whose metric is better, and what to do if known."""

    reason: Reason
    error: str
    log: str = ""
    advice: str = ""


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The numbers of several runs as those of one: of each its median."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run[name] for run in runs if name in run) for name in names}


def failure_of(run: Run) -> Reason | None:
    """The reason why a run gave nothing to measure, None when it ended well."""
    if run.out_of_memory:
        return Reason.OUT_OF_MEMORY
    if run.timed_out:
        return Reason.TIMEOUT
    return None if run.ok else Reason.NONZERO_EXIT


def explain(run: Run, failure: Reason, budget: float) -> str:
    """The failure in one line."""
    if failure is Reason.TIMEOUT:
        return f"killed after {budget:g} seconds"
    if failure is Reason.OUT_OF_MEMORY:
        return "ran out of memory"
    if run.signal is not None:
        return f"killed by signal {run.signal}"
    if run.returncode == NOT_FOUND:
        return f"exit code {NOT_FOUND}: a command was not found"
    return f"exit code {run.returncode}"


def tail(log: Path) -> str:
    """The last lines of a log, bounded in lines and bytes; empty when there is none."""
    return "\n".join(text_of(log, TAIL_BYTES).splitlines()[-TAIL_LINES:])


def excerpt(output: str, metric: str) -> str:
    """The beginning of an output, its lines with numbers for the record, and its end."""
    lines = [line[:LONGEST_LINE] for line in visible(output).splitlines()]
    said = re.compile(rf"\s*(METRIC\s|{re.escape(metric)}\s*[:=]|\{{.*\}}\s*$)")
    chosen = {*range(HEAD_LINES), *range(len(lines) - END_LINES, len(lines))}
    metrics = [at for at, line in enumerate(lines) if at not in chosen and said.match(line)]
    chosen |= {*metrics[-METRIC_LINES:]}
    shown: list[str] = []
    for at, line in enumerate(lines):
        if at in chosen:
            shown.append(line)
        elif at - 1 in chosen:
            shown.append("[...]")
    return "\n".join(shown)


def text_of(log: Path, most: int | None = None) -> str:
    """A log as text, or the last `most` bytes of it; empty when there is none."""
    try:
        with log.open("rb") as file:
            if most is not None:
                file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def memory_gb(run: Run, log: str) -> float:
    """Peak GPU memory where there is any, else the process tree's, in GB."""
    found = re.findall(r"^peak_vram_mb:\s*([0-9.]+)\s*$", log, re.MULTILINE)
    try:
        if found and float(found[-1]) > 0:
            return float(found[-1]) / 1024
    except ValueError:
        pass
    return (run.peak_gpu_memory or run.peak_memory) / 1024**3
