"""Run a task's text and read its metric: a fork each, so that numpy is imported once."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import time
from contextlib import redirect_stdout
from pathlib import Path

TASKS = Path(__file__).parent / "tasks"
LIMIT = 5.0
METRICS = {
    "mlp": ("val_loss", "lower_is_better"),
    "lz": ("cost", "lower_is_better"),
    "cache": ("miss_rate", "lower_is_better"),
    "anneal": ("tour_length", "lower_is_better"),
    "denoise": ("rmse", "lower_is_better"),
    "build": ("score", "lower_is_better"),
    "pid": ("mean_cost", "lower_is_better"),
    "lsm": ("pages_per_op", "lower_is_better"),
    "text": ("accuracy", "higher_is_better"),
    "flows": ("utility", "higher_is_better"),
    "route": ("route_cost", "lower_is_better"),
    "forecast": ("relative_error", "lower_is_better"),
}
HELD_OUT = ("route", "forecast")


def measure(text: str, metric: str) -> float | None:
    """The metric's value, or None for a crash, a timeout or no number."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(text, writer)
    os.close(writer)
    output = _collect(reader, time.monotonic() + LIMIT)
    os.close(reader)
    if output is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    found = re.search(rf"^{metric}: (\S+)$", output or "", re.MULTILINE)
    if status or found is None:
        return None
    try:
        value = float(found[1])
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _child(text: str, writer: int) -> None:
    """Run the program in this process and leave it without any clean-up."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        out = io.StringIO()
        with redirect_stdout(out):
            exec(compile(text, "task.py", "exec"), {"__name__": "__main__"})
        os.write(writer, out.getvalue().encode()[:60_000])
        code = 0
    finally:
        os._exit(code)


def _collect(reader: int, deadline: float) -> str | None:
    parts: list[bytes] = []
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reader], [], [], left)
        if ready:
            data = os.read(reader, 65_536)
            if not data:
                return b"".join(parts).decode()
            parts.append(data)
    return None
