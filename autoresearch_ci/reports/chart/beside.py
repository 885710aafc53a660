"""Little charts in a row under the large one: other numbers of the runs, what mattered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Importance, Status
from autoresearch_ci.core.text import clean, number, one_line
from autoresearch_ci.reports.chart.labels import width
from autoresearch_ci.reports.chart.palette import Palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 1.4
"""Inches that they take."""

_INCHES = 10.0
_MOST = 4
_DOTS = 200
_LONGEST = 22
_BARS = 4
_SMALL = 7.5
_LABEL = 84.0
"""Points of a parameter's name."""

Panel = Callable[["Axes", Palette], None]
"""Draws one of them."""


def panels(history: History, importance: Sequence[Importance]) -> list[Panel]:
    """The importance of parameters where it is known, and the numbers that most experiments have.

    A number that never changes tells nothing.
    """
    counted: Counter[str] = Counter()
    ends: dict[str, tuple[float, float]] = {}
    for each in history.experiments:
        counted.update(each.metrics.keys())
        for name, value in each.metrics.items():
            low, high = ends.get(name, (value, value))
            ends[name] = (min(low, value), max(high, value))
    told: list[Panel] = [partial(_parameters, list(importance[:_BARS]))] if importance else []
    moving = [name for name, _ in counted.most_common() if ends[name][0] < ends[name][1]]
    return [*(partial(_number, history, name) for name in moving[: _MOST - len(told)]), *told]


def draw(figure: Figure, shown: Sequence[Panel], colours: Palette) -> None:
    """Put them beside each other, under all else."""
    height = HEIGHT / figure.get_figheight()
    wide = 0.97 / _MOST
    for place, panel in enumerate(shown):
        axes = figure.add_axes((0.02 + place * wide, 0.12 * height, wide - 0.025, 0.56 * height))
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[["top", "right"]].set_visible(False)
        panel(axes, colours)


def _number(history: History, name: str, axes: Axes, colours: Palette) -> None:
    """The kept ones as a line, the others as faint dots."""
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
    now = f" {number(kept[-1][1])}" if kept else ""
    axes.set_title(f"{one_line(name, _LONGEST)}{now}", fontsize=8.5, loc="left", pad=4)


def _look_at(axes: Axes, kept: list[float], ordered: list[float]) -> None:
    """Leave what is far off the others out: the line has to be seen."""
    tenth = len(ordered) // 10
    low, high = min(*kept, ordered[tenth]), max(*kept, ordered[-1 - tenth])
    room = 0.1 * (high - low) or abs(high) or 1.0
    axes.set_ylim(low - room, high + room)


def _parameters(found: Sequence[Importance], axes: Axes, colours: Palette) -> None:
    """A bar each: its share of what moving parameters one by one changes."""
    points = 72 * _INCHES * axes.get_position().width
    begin = _LABEL / points
    axes.set_xlim(0, 1)
    axes.set_ylim(_BARS - 0.4, -0.6)
    axes.spines[["left", "bottom"]].set_visible(False)
    most, room = found[0].share or 1.0, 1 - begin - width("100%", _SMALL) / points
    for place, each in enumerate(found):
        end = room * each.share / most
        axes.barh(place, max(end, 0.004), 0.55, left=begin, color=colours.keep)
        axes.text(0, place, _fitting(each.parameter), fontsize=_SMALL, va="center")
        share = f"{each.share:.0%}"
        axes.text(
            begin + end + 0.015, place, share, fontsize=_SMALL, va="center", color=colours.quiet
        )
    axes.set_title("what it depends on", fontsize=8.5, loc="left", pad=4)


def _fitting(name: str) -> str:
    """The beginning of a name that there is room for."""
    name = one_line(clean(name), _LONGEST)
    while width(name, _SMALL) > _LABEL - 6 and len(name) > 1:
        name = f"{name.removesuffix('…')[:-1]}…"
    return name
