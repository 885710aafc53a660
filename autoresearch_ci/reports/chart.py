"""The progress of a campaign as a picture: SVG, the same bytes for the same history."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autoresearch_ci.history import History
from autoresearch_ci.model import Direction, Experiment, Status
from autoresearch_ci.reports.terminal import better, clean, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 600
"""Discarded and crashed experiments that are drawn; of more, every second, third, ... one."""

TITLES = 12
"""Kept ideas that are named: the ones that gained most."""

_WIDTH, _HEIGHT = 9.0, 4.5
_LONGEST = 32
_COLOURS = {Status.KEEP: "#1a7f37", Status.DISCARD: "#8c959f", Status.CRASH: "#cf222e"}


def chart(history: History) -> bytes:
    """A dot for each experiment, the best so far as a line, the kept ideas by name.

    An SVG without scripts, links or fonts of its own; text in it is text. A crash
    stands at the edge of the picture, since it has no value.
    """
    os.environ.setdefault("MPLBACKEND", "svg")
    import matplotlib as mpl  # noqa: PLC0415 - heavy, and not every command draws
    from matplotlib.figure import Figure  # noqa: PLC0415

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "autoresearch-ci",
        "text.parse_math": False,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9,
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # only widths are taken from the font
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, history)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _draw(axes: Axes, history: History) -> None:
    low, high = span([e.value for e in history.experiments if e.value is not None], history)
    axes.set_ylim(low, high)
    axes.set_xlim(-0.5, max(history.next_number - 0.5, 1))
    for status in (Status.DISCARD, Status.CRASH, Status.KEEP):
        chosen = [e for e in history.experiments if e.status is status]
        _dots(axes, history, chosen, status, (low, high))
    _best(axes, history)
    for experiment in biggest(history):
        assert experiment.value is not None
        axes.annotate(
            shortened(experiment.description),
            (experiment.experiment, experiment.value),
            xytext=(4, 4 if history.direction is Direction.LOWER else -10),
            textcoords="offset points",
            fontsize=7,
            rotation=20 if history.direction is Direction.LOWER else -20,
            color=_COLOURS[Status.KEEP],
        )
    metric = history.baseline.metric if history.baseline else "metric"
    axes.set_xlabel("experiment")
    axes.set_ylabel(f"{clean(metric)} ({better(history.direction)})")
    axes.grid(visible=True, color="#d0d7de", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    if history.next_number:
        axes.legend(loc="best", frameon=False, fontsize=8)


def _dots(
    axes: Axes,
    history: History,
    experiments: Sequence[Experiment],
    status: Status,
    limits: tuple[float, float],
) -> None:
    """Those of one verdict; what is off the picture stands at its edge."""
    if not experiments:
        return
    step = 1 if status is Status.KEEP else -(-len(experiments) // DOTS)
    drawn = experiments[::step]
    low, high = limits
    edge = high if history.direction is Direction.LOWER else low
    axes.plot(
        [e.experiment for e in drawn],
        [edge if e.value is None else min(max(e.value, low), high) for e in drawn],
        linestyle="",
        marker="x" if status is Status.CRASH else "o",
        markersize=5 if status is Status.KEEP else 3.5,
        color=_COLOURS[status],
        label=f"{status.value} ({len(experiments)})",
        clip_on=False,
        zorder=3 if status is Status.KEEP else 2,
    )


def _best(axes: Axes, history: History) -> None:
    kept = [e for e in history.kept if e.value is not None]
    if not kept:
        return
    last = max(history.next_number - 1, 0)
    numbers = [e.experiment for e in kept] + [last]
    values = [e.value for e in kept] + [kept[-1].value]
    axes.step(
        numbers,
        [value for value in values if value is not None],
        where="post",
        color=_COLOURS[Status.KEEP],
        linewidth=1.2,
        label=f"best so far: {number(kept[-1].value)}",
    )


def span(values: Sequence[float], history: History) -> tuple[float, float]:
    """The range of the picture: all that was kept, and of the rest what is not far off."""
    kept = [e.value for e in history.kept if e.value is not None]
    if not values or not kept:
        return 0.0, 1.0
    ordered = sorted(values)
    tenth = len(ordered) // 10
    common = ordered[tenth : len(ordered) - tenth]
    low, high = min(*kept, common[0]), max(*kept, common[-1])
    height = max(kept) - min(kept) or high - low or abs(high) or 1.0
    # What lies far beyond the kept values is drawn at the edge: the line has to be seen.
    low, high = max(low, min(kept) - height), min(high, max(kept) + height)
    room = 0.08 * (high - low or height)
    return low - room, high + room


def biggest(history: History) -> list[Experiment]:
    """The kept experiments that gained most, in their order."""

    def gain(experiment: Experiment) -> float:
        assert experiment.value is not None
        assert experiment.prev is not None
        return history.direction.gain(experiment.value, experiment.prev)

    kept = [e for e in history.kept_changes if e.value is not None and e.prev is not None]
    return sorted(sorted(kept, key=gain, reverse=True)[:TITLES], key=lambda e: e.experiment)


def shortened(title: str) -> str:
    """A title that fits beside its dot."""
    flat = " ".join(clean(title).split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
