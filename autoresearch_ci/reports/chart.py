"""The progress of a campaign as a picture: SVG, the same bytes for the same history."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Status
from autoresearch_ci.core.text import better, clean, number, one_line
from autoresearch_ci.reports.labels import SIZE, Board

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS = 600
"""Discarded and crashed experiments that are drawn; of more, every second, third, ... one."""

TITLES = 12
"""Kept ideas that are named: the ones that gained most."""

_WIDTH, _HEIGHT = 9.0, 4.5
_LONGEST = 32
_STEPS = (4.0, 12.0, 20.0, 28.0, 36.0)
"""Points: how far above its dot a title may stand."""

_WIDE = 30.0
"""Times the smallest value: beyond that the axis is logarithmic."""

_FLAT = 0.1
"""Part of the picture's height: the first keep is off it where all others would fill no more."""

_COLOURS = {Status.KEEP: "#1a7f37", Status.DISCARD: "#8c959f", Status.CRASH: "#cf222e"}


def chart(history: History) -> bytes:
    """A dot for each experiment, the best so far as a line, the kept ideas by name.

    An SVG without scripts, links or fonts of its own; text in it is text. Crashes have
    a strip of their own below, since they have no value; what is far off is an arrow.
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
        figure = Figure(figsize=(_WIDTH, _HEIGHT))
        _draw(figure, history)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _draw(figure: Figure, history: History) -> None:
    crashes = [e for e in history.experiments if e.value is None]
    heights = [16, 1] if crashes else [1]
    axes, *strip = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    figure.subplots_adjust(left=0.1, right=0.98, top=0.92, bottom=0.11, hspace=0.03)
    last = max(history.next_number - 0.5, 1)
    values = [e.value for e in history.experiments if e.value is not None]
    limits = span(values, history)
    if is_wide(values, limits):
        axes.set_yscale("log")
    axes.set_ylim(*limits)
    for status in (Status.DISCARD, Status.KEEP):
        _dots(axes, [e for e in history.experiments if e.status is status], status, limits)
    _best(axes, history)
    for each in (axes, *strip):
        each.set_xlim(-0.5, last)
        each.grid(visible=True, color="#d0d7de", linewidth=0.5)
        each.spines[["top", "right"]].set_visible(False)
    for below in strip:
        axes.tick_params(labelbottom=False)
        below.set_yticks([])
        drawn = _thinned(crashes)
        style: Any = {"linestyle": "", "marker": "x", "markersize": 3.5}
        colour, label = _COLOURS[Status.CRASH], f"crash ({len(crashes)})"
        below.plot([e.experiment for e in drawn], [0] * len(drawn), color=colour, **style)
        axes.plot([], [], color=colour, label=label, **style)
    (strip or [axes])[-1].set_xlabel("experiment")
    metric = history.baseline.metric if history.baseline else "metric"
    axes.set_ylabel(f"{clean(metric)} ({better(history.direction)})")
    if history.next_number:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False, fontsize=8)
    _name(axes, history, limits)


def _thinned(experiments: Sequence[Experiment]) -> Sequence[Experiment]:
    return experiments[:: -(-len(experiments) // DOTS) or 1]


def _dots(
    axes: Axes, experiments: Sequence[Experiment], status: Status, limits: tuple[float, float]
) -> None:
    """Those of one verdict; what is off the picture is an arrow at its edge."""
    if not experiments:
        return
    kept = status is Status.KEEP
    low, high = limits
    drawn = [(e.experiment, e.value) for e in (experiments if kept else _thinned(experiments))]
    places = {
        "o": [(x, y) for x, y in drawn if y is not None and low <= y <= high],
        "^": [(x, high) for x, y in drawn if y is not None and y > high],
        "v": [(x, low) for x, y in drawn if y is not None and y < low],
    }
    for marker, points in places.items():
        if points or marker == "o":
            axes.plot(
                [x for x, _ in points],
                [y for _, y in points],
                linestyle="",
                marker=marker,
                markersize=5 if kept else 3.5,
                color=_COLOURS[status],
                label=f"{status.value} ({len(experiments)})" if marker == "o" else None,
                clip_on=False,
                zorder=3 if kept else 2,
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


def _name(axes: Axes, history: History, limits: tuple[float, float]) -> None:
    """Write beside the kept ones what there is room for, and nothing over another.

    The values of those off the picture, the titles of those that gained most, then numbers.
    """
    low, high = limits
    kept = [(e, e.value) for e in history.kept if e.value is not None]
    board = Board(axes, (_WIDTH, _HEIGHT))
    points = {e.experiment: board.point(e.experiment, min(max(v, low), high)) for e, v in kept}
    off = {e.experiment: number(v) for e, v in kept if not low <= v <= high}
    titles = {e.experiment: shortened(e.description) for e in biggest(history)} | off
    above, below = _STEPS, tuple(-step - SIZE for step in _STEPS)
    steps = above if history.direction is Direction.LOWER else below
    colour = _COLOURS[Status.KEEP]
    named = set()
    for each, text in sorted(titles.items(), key=lambda title: title[0] not in off):
        where = (*below, *above) if each in off else steps
        if board.write(text, points[each], where, colour):
            named.add(each)
    for each, point in points.items():
        if each and each not in named:
            board.write(str(each), point, steps[:1], colour)


def is_wide(values: Sequence[float], limits: tuple[float, float]) -> bool:
    """Tell whether equal steps would show nothing of the small values: then equal ratios do."""
    low, high = limits
    shown = [value for value in values if low <= value <= high]
    return bool(shown) and min(*values, low) > 0 and max(shown) / min(shown) > _WIDE


def span(values: Sequence[float], history: History) -> tuple[float, float]:
    """The range of the picture: what was kept, and of the rest what is not far off.

    What was kept first may be far off itself.
    """
    kept = [e.value for e in history.kept if e.value is not None]
    if not values or not kept:
        return 0.0, 1.0
    ordered = sorted(values)
    tenth = len(ordered) // 10
    common = ordered[tenth : len(ordered) - tenth]
    while len(kept) > 1 and _height([*kept[1:], *common]) < _FLAT * _height(kept):
        kept = kept[1:]
    if ordered[0] > 0 and max(kept) / min(kept) > _WIDE:
        ratio = max(kept) / min(kept)
        low = max(min(*kept, common[0]), min(kept) / ratio)
        high = min(max(*kept, common[-1]), max(kept) * ratio)
        room = (high / low) ** 0.08
        return (low / room, high * room) if low / room > 0 else (low, high)
    low, high = min(*kept, common[0]), max(*kept, common[-1])
    height = _height(kept) or high - low or abs(high) or 1.0
    # What lies far beyond the kept values is drawn at the edge: the line has to be seen.
    low, high = max(low, min(kept) - height), min(high, max(kept) + height)
    room = 0.08 * (high - low or height)
    return low - room, high + room


def _height(values: Sequence[float]) -> float:
    return max(values) - min(values)


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
    return one_line(title, _LONGEST)
