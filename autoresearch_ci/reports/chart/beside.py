"""Little charts of the numbers beside the metric, under the large one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Status
from autoresearch_ci.core.text import number, one_line
from autoresearch_ci.reports.chart.palette import Palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 1.4
"""Inches that they take."""

_MOST = 4
_DOTS = 200
_LONGEST = 22


def names(history: History) -> list[str]:
    """The numbers that most experiments have, a few of them."""
    counted = Counter(name for each in history.experiments for name in each.metrics)
    return [name for name, _ in counted.most_common(_MOST)]


def draw(figure: Figure, history: History, shown: list[str], colours: Palette) -> None:
    """One little chart for each: the kept ones as a line, the others as faint dots."""
    height = HEIGHT / figure.get_figheight()
    wide = 0.97 / _MOST
    for place, name in enumerate(shown):
        axes = figure.add_axes((0.02 + place * wide, 0.12 * height, wide - 0.025, 0.56 * height))
        points = [(e.experiment, e.metrics[name], e.status) for e in history.experiments
                  if name in e.metrics]  # fmt: skip
        kept = [(n, value) for n, value, status in points if status is Status.KEEP]
        others = [(n, value) for n, value, status in points if status is not Status.KEEP]
        others = others[:: -(-len(others) // _DOTS) or 1]
        axes.plot(
            [n for n, _ in others],
            [value for _, value in others],
            linestyle="",
            marker="o",
            markersize=2,
            color=colours.discard,
            alpha=0.6,
        )
        last = [(history.next_number - 1, kept[-1][1])] if kept else []
        line = [*kept, *last]
        axes.step(
            [n for n, _ in line],
            [value for _, value in line],
            where="post",
            color=colours.keep,
            linewidth=1.2,
        )
        if kept:
            _look_at(axes, [value for _, value in kept], sorted(value for _, value, _ in points))
        axes.set_xlim(-0.5, max(history.next_number - 0.5, 1))
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[["top", "right"]].set_visible(False)
        now = f" {number(kept[-1][1])}" if kept else ""
        axes.set_title(f"{one_line(name, _LONGEST)}{now}", fontsize=8.5, loc="left", pad=4)


def _look_at(axes: Axes, kept: list[float], ordered: list[float]) -> None:
    """Leave what is far off the others out: the line has to be seen."""
    tenth = len(ordered) // 10
    low, high = min(*kept, ordered[tenth]), max(*kept, ordered[-1 - tenth])
    room = 0.1 * (high - low) or abs(high) or 1.0
    axes.set_ylim(low - room, high + room)
