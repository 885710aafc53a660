"""One campaign drawn on a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, Importance
from autoresearch_ci.core.text import better, clean, number, one_line, percent, plural
from autoresearch_ci.reports.chart import beside
from autoresearch_ci.reports.chart.labels import SIZE, Board, width
from autoresearch_ci.reports.chart.palette import Palette
from autoresearch_ci.reports.chart.scale import is_wide, span
from autoresearch_ci.reports.document import at_once
from autoresearch_ci.reports.kinds import Kind, kind, margin, noise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS = 1_000
"""Of each kind at most: of those that would lie on each other one is drawn."""

TITLES = 12
"""Kept ideas that are named: the ones that gained most."""

NUMBERS = 60
"""Kept ideas beyond those that have their number beside them."""

BANDS = 40
"""Sessions that are told apart; of more nobody would see the bands."""

WIDTH, HEIGHT = 10.0, 5.0
_LONGEST = 36
_STEPS = (4.0, 14.0, 24.0, 34.0, 46.0, 58.0, 72.0)
"""Points: how far above its dot a title may stand."""

_SHAPES = {Kind.KEPT: "o", Kind.DISCARDED: "o", Kind.REFUSED: "D", Kind.CRASHED: "x"}
_SIZES = {Kind.KEPT: 5.5, Kind.DISCARDED: 3.6, Kind.REFUSED: 4.0, Kind.CRASHED: 4.0}
_OFF = {1: "^", -1: "v"}
_DIGITS = 12
_CELLS = 400
"""Across and up: dots in the same cell of the picture are one."""


def draw(
    history: History,
    target_value: float | None,
    colours: Palette,
    importance: Sequence[Importance] = (),
    lanes: Mapping[str, int] = MappingProxyType({}),
) -> Figure:
    """The figure: a headline, a legend, the values, and a strip for what has none."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy, and not every command draws

    little = beside.panels(history, importance)
    total = HEIGHT + (beside.HEIGHT if little else 0)
    figure = Figure(figsize=(WIDTH, total))
    down = HEIGHT / total  # places are measured from the top, whatever stands below
    missing = [e for e in history.experiments if e.value is None]
    rows = [1.0] * bool(missing) + [min(0.5 + 0.2 * max(lanes.values(), default=0), 4)] * bool(
        lanes
    )
    heights = [18, *rows]
    axes, *below_axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    strip = below_axes[:1] if missing else []
    values = [e.value for e in history.experiments if e.value is not None]
    limits = span(values, history)
    if is_wide(values, limits):
        axes.set_yscale("log")
    axes.set_ylim(*limits)
    left = 0.025 + max(_marked(axes), width("lanes", 8.5) if lanes else 0) / (72 * WIDTH)
    figure.subplots_adjust(
        left=left, right=0.985, top=1 - 0.2 * down, bottom=1 - 0.9 * down, hspace=0.03
    )
    for each in (axes, *below_axes):
        each.set_xlim(-0.5, max(history.next_number - 0.5, 1))
        each.grid(visible=True, linewidth=0.6)
        each.set_axisbelow(True)
        each.spines[["top", "right"]].set_visible(False)
        _bands(each, history, colours, lanes)
    lines = _lines(axes, history, target_value if values else None, limits, colours)
    shown = (Kind.DISCARDED, Kind.REFUSED, Kind.CRASHED, Kind.KEPT)
    by_kind = {each: [e for e in history.experiments if kind(e) is each] for each in shown}
    for each, experiments in by_kind.items():
        _dots(axes, [e for e in experiments if e.value is not None], each, limits, colours)
    for below in strip:
        below.set_yticks([])
        below.set_ylim(-1, 1)
        for each in shown[:3]:
            _dots(below, [e for e in by_kind[each] if e.value is None], each, (-1, 1), colours)
    for each in (axes, *below_axes)[:-1]:
        each.tick_params(labelbottom=False)
    if lanes:
        _lanes(below_axes[-1], history, lanes, colours)
    last = (axes, *below_axes)[-1]
    last.set_xlabel("experiment")
    last.xaxis.get_major_locator().set_params(integer=True)
    if not history.experiments:
        for each in (axes.xaxis, axes.yaxis):
            each.set_ticks([])
    _headline(figure, history, colours, lanes)
    _legend(figure, by_kind, lines, colours)
    _name(axes, history, limits, colours, total)
    beside.draw(figure, little, colours)
    return figure


def _marked(axes: Axes) -> float:
    """Write no more digits on the axis than tell its marks apart; the points that they take."""
    low, high = axes.get_ylim()
    marks = [mark for mark in axes.get_yticks() if low <= mark <= high]
    fine = min((b - a for a, b in pairwise(marks)), default=0.0) / 1000
    digits = 1
    while digits < _DIGITS and any(abs(float(f"{m:.{digits}g}") - m) > fine for m in marks):
        digits += 1
    axes.yaxis.set_major_formatter(lambda mark, _: f"{mark:.{digits}g}")
    return max((width(f"{mark:.{digits}g}", 9.5) for mark in marks), default=0.0)


def _headline(figure: Figure, history: History, colours: Palette, lanes: Mapping[str, int]) -> None:
    first, best = history.baseline, history.incumbent
    if first is None or best is None or first.value is None or best.value is None:
        words = "No baseline yet"
    else:
        tried = plural(sum(not e.is_baseline for e in history.experiments), "experiment")
        share = percent(best.value, first.value)
        words = f"{number(first.value)} → {number(best.value)}{f' ({share})' if share else ''}"
        if best is first:
            words = f"{number(first.value)}, nothing better"
        words += f" after {tried}" if history.next_number > 1 else " yet"
    metric = history.baseline.metric if history.baseline else "metric"
    what = f"{one_line(metric, _LONGEST)}, {better(history.direction)}"
    if speed_up := at_once(history, lanes):
        count = plural(len(set(lanes.values())), "lane")
        what += f"; {count}, {speed_up:.1f} experiments at once"
    down = HEIGHT / figure.get_figheight()
    figure.text(0.012, 1 - 0.055 * down, words, fontsize=12.5, fontweight="bold")
    figure.text(0.012, 1 - 0.16 * down, what, fontsize=8.5, color=colours.quiet)


def _lanes(axes: Axes, history: History, lanes: Mapping[str, int], colours: Palette) -> None:
    """A faint mark for each experiment of a lane, a line of marks a lane; what it kept is green."""
    for kept, colour in ((False, colours.discard), (True, colours.keep)):
        points = [
            (e.experiment, float(lanes[e.session]))
            for e in history.experiments
            if e.session in lanes and (kind(e) is Kind.KEPT) is kept
        ]
        axes.set_ylim(max(lanes.values()) + 0.8, 0.2)
        drawn = _apart(axes, points) if points else []
        axes.plot(
            [x for x, _ in drawn],
            [y for _, y in drawn],
            linestyle="",
            marker="o",
            markersize=2.4 if kept else 1.4,
            color=colour,
        )
    axes.set_yticks([(1 + max(lanes.values())) / 2], ["lanes"], fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _bands(axes: Axes, history: History, colours: Palette, lanes: Mapping[str, int]) -> None:
    """Every other session in a faint band, where there are a few; lanes at once are one."""
    ends = []
    for _, group in groupby(
        history.experiments, key=lambda e: e.session not in lanes and e.session
    ):
        members = list(group)
        ends.append((members[0].experiment - 0.5, members[-1].experiment + 0.5))
    for start, end in ends[1::2] if len(ends) <= BANDS else ():
        axes.axvspan(start, end, color=colours.band, linewidth=0, zorder=0)


def _lines(
    axes: Axes,
    history: History,
    target_value: float | None,
    limits: tuple[float, float],
    colours: Palette,
) -> list[tuple[str, dict[str, Any]]]:
    """The best so far, the baseline, the value to reach; their entries in the legend."""
    kept = _thinned([(e, e.value) for e in history.kept if e.value is not None], history)
    first = history.baseline
    known: list[tuple[str, dict[str, Any]]] = []
    for words, value, dashes in (
        ("baseline", first.value if first else None, (0, (1, 2))),
        ("target value", target_value, (0, (5, 3))),
    ):
        if value is not None and limits[0] <= value <= limits[1]:
            look: dict[str, Any] = {"color": colours.quiet, "linewidth": 1.0, "linestyle": dashes}
            axes.axhline(value, zorder=1.5, **look)
            known.append((words, look))
    if not kept:
        return known
    xs = [e.experiment for e, _ in kept] + [max(history.next_number - 1, 0)]
    ys = [value for _, value in kept] + [kept[-1][1]]
    deviation = noise(history)
    if deviation:
        margins = [margin(e, deviation) for e, _ in kept]
        margins.append(margins[-1])
        low = [max(y - m, limits[0]) for y, m in zip(ys, margins, strict=True)]
        high = [min(y + m, limits[1]) for y, m in zip(ys, margins, strict=True)]
        axes.fill_between(
            xs, low, high, step="post", color=colours.keep, alpha=0.16, linewidth=0, zorder=1
        )
    look = {"color": colours.keep, "linewidth": 1.5}
    axes.step(xs, ys, where="post", zorder=2.5, **look)
    words = "best so far, with its 95% interval" if deviation else "best so far"
    return [(words, look), *known]


def _thinned(
    kept: Sequence[tuple[Experiment, float]], history: History
) -> list[tuple[Experiment, float]]:
    """The last of those that are less than a point of the picture apart, and the first of all."""
    wide = max(history.next_number / (72 * WIDTH), 1)
    last = {int(e.experiment / wide): (e, value) for e, value in kept}
    return [*kept[:1], *(pair for pair in last.values() if pair[0] is not kept[0][0])]


def _look(each: Kind, colours: Palette) -> dict[str, Any]:
    colour = colours.of(each)
    return {
        "linestyle": "",
        "markersize": _SIZES[each],
        "color": colour,
        "markerfacecolor": colours.paper if each is Kind.DISCARDED else colour,
        "markeredgewidth": 1.3 if each is Kind.CRASHED else 0.9,
        "markeredgecolor": colours.paper if each is Kind.KEPT else colour,
    }


def _dots(
    axes: Axes,
    experiments: Sequence[Experiment],
    each: Kind,
    limits: tuple[float, float],
    colours: Palette,
) -> None:
    """Those of one kind; what is off the picture is an arrow at its edge."""
    low, high = limits
    places: dict[str, list[tuple[int, float]]] = {}
    for experiment in experiments:
        value = experiment.value
        y = min(max(value, low), high) if value is not None else (low + high) / 2
        side = 0 if value is None or low <= value <= high else 1 if value > high else -1
        places.setdefault(_OFF.get(side, _SHAPES[each]), []).append((experiment.experiment, y))
    for marker, points in places.items():
        drawn = _apart(axes, points)
        axes.plot(
            [x for x, _ in drawn],
            [y for _, y in drawn],
            marker=marker,
            clip_on=False,
            zorder=4 if each is Kind.KEPT else 3 if each is Kind.REFUSED else 2,
            **_look(each, colours),
        )


def _apart(axes: Axes, points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points that would not lie on one before them, at most `DOTS`."""
    cells = _CELLS
    while True:
        found: dict[tuple[int, int], tuple[int, float]] = {}
        for (x, y), (across, up) in zip(
            points, axes.transLimits.transform(axes.transScale.transform(points)), strict=True
        ):
            found.setdefault((int(across * cells), int(up * cells / 2)), (x, y))
        if len(found) <= DOTS:
            return list(found.values())
        cells = cells * 3 // 4


def _legend(
    figure: Figure,
    by_kind: dict[Kind, list[Experiment]],
    lines: Sequence[tuple[str, dict[str, Any]]],
    colours: Palette,
) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - heavy

    entries = [
        Line2D([], [], marker=_SHAPES[each], label=_counted(each, found), **_look(each, colours))
        for each, found in sorted(by_kind.items(), key=lambda item: list(Kind).index(item[0]))
        if any(not e.is_baseline for e in found)
    ]
    entries += [Line2D([], [], label=words, **look) for words, look in lines]
    if entries:
        figure.legend(
            handles=entries,
            loc="upper left",
            bbox_to_anchor=(0.004, 1 - 0.065 * HEIGHT / figure.get_figheight()),
            ncols=len(entries),
            frameon=False,
            fontsize=8.5,
            handlelength=1.4,
            handletextpad=0.5,
            columnspacing=1.4,
        )


def _counted(each: Kind, found: Sequence[Experiment]) -> str:
    return f"{each} ({sum(not e.is_baseline for e in found)})"


def _name(
    axes: Axes, history: History, limits: tuple[float, float], colours: Palette, height: float
) -> None:
    """Write beside the kept ones what there is room for, and nothing over another.

    The values of those off the picture, the titles of those that gained most, then numbers.
    """
    low, high = limits
    kept = [(e, min(max(e.value, low), high)) for e in history.kept if e.value is not None]
    board = Board(axes, (WIDTH, height), colours)
    points = {e.experiment: board.dot(e.experiment, y) for e, y in kept}
    ends = [board.point(history.next_number - 1, y) for _, y in kept[-1:]]
    for one, other in pairwise([*points.values(), *ends]):
        board.step(one, other)
    off = {e.experiment: number(e.value) for e, y in kept if y != e.value}
    titles = {e.experiment: _title(e) for e in biggest(history)} | off
    up = _STEPS
    down = tuple(-step - 1.25 * SIZE for step in up)
    steps = (*up, *down[:2]) if history.direction is Direction.LOWER else (*down, *up[:2])
    named = set()
    for each, text in sorted(titles.items(), key=lambda title: title[0] not in off):
        where = (*down, *up) if each in off else steps
        if board.write(text, points[each], where):
            named.add(each)
    for each in list(points)[-NUMBERS:]:
        if each and each not in named:
            board.write(str(each), points[each], steps[:2])


def _title(experiment: Experiment) -> str:
    return one_line(f"{experiment.experiment}: {clean(experiment.description)}", _LONGEST)


def biggest(history: History) -> list[Experiment]:
    """The kept experiments that gained most, in their order."""

    def gain(experiment: Experiment) -> float:
        assert experiment.value is not None
        assert experiment.prev is not None
        return history.direction.gain(experiment.value, experiment.prev)

    kept = [e for e in history.kept_changes if e.value is not None and e.prev is not None]
    return sorted(sorted(kept, key=gain, reverse=True)[:TITLES], key=lambda e: e.experiment)
