"""Words in a picture, none over another: where there is no room there are none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from autoresearch_ci.reports.chart.palette import Palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 8.0
"""Points."""

_LINE = 1.25 * SIZE
_CELL = 0.62
_DOT = 3.5
_FAR = 12.0
"""Points: a word further from its dot than this has a thin line to it."""

_POINTS = 72
_STEP = 2


class Box(NamedTuple):
    """A rectangle in points from the lower left corner of the axes."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Tell whether the two share more than an edge."""
        return (
            self.left < other.right
            and self.right > other.left
            and self.bottom < other.top
            and self.top > other.bottom
        )


class Board:
    """The room on the axes of a figure of `inches`, once their limits are set."""

    def __init__(self, axes: Axes, inches: tuple[float, float], colours: Palette) -> None:
        self._axes, self._colours = axes, colours
        box = axes.get_position()
        self._width = inches[0] * _POINTS * box.width
        self._height = inches[1] * _POINTS * box.height
        self._log = axes.get_yscale() == "log"
        self._taken: dict[Box, None] = {}
        self.words: list[Box] = []

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A place on the axes, in points."""
        left, right = self._axes.get_xlim()
        low, high = self._axes.get_ylim()
        if self._log:
            low, high, y = math.log(low), math.log(high), math.log(y)
        across, up = (x - left) / (right - left) * self._width, (y - low) / (high - low)
        return across, up * self._height

    def dot(self, x: float, y: float) -> tuple[float, float]:
        """Take the room of a dot; its place in points."""
        at = self.point(x, y)
        self._take(at[0] - _DOT, at[1] - _DOT, at[0] + _DOT, at[1] + _DOT)
        return at

    def step(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Take the room of a line from one dot level to under or over the next, and to that."""
        (left, low), (right, high) = start, end
        self._take(left, low - 1, right, low + 1)
        self._take(right - 1, min(low, high), right + 1, max(low, high))

    def _take(self, left: float, bottom: float, right: float, top: float) -> None:
        """Take a box, in steps of a few points: of thousands of dots most are in the same ones."""
        ends = (
            *(math.floor(each / _STEP) * _STEP for each in (left, bottom)),
            *(math.ceil(each / _STEP) * _STEP for each in (right, top)),
        )
        self._taken[Box(*ends)] = None

    def write(self, text: str, point: tuple[float, float], steps: Iterable[float]) -> bool:
        """Write beside a point, by one of the steps above it; whether there was room.

        A line from the point to words that are far off crosses no other words.
        """
        wide = width(text)
        for step in steps:
            for x in (point[0] + _DOT + 1, point[0] - _DOT - 1 - wide, point[0] - wide / 2):
                box = Box(x, point[1] + step, x + wide, point[1] + step + _LINE)
                end = _end(box, point, step)
                if self._is_free(box) and not (end and self._crosses(point, end)):
                    self._taken[box] = None
                    self.words.append(box)
                    self._draw(text, box, point, end)
                    return True
        return False

    def _crosses(self, point: tuple[float, float], end: tuple[float, float]) -> bool:
        """Tell whether a line from a point would lie on words."""
        low, high = sorted((point[1], end[1]))
        line = Box(min(point[0], end[0]) - 1, low, max(point[0], end[0]) + 1, high)
        return any(line.meets(other) for other in self.words)

    def _draw(
        self, text: str, box: Box, point: tuple[float, float], end: tuple[float, float] | None
    ) -> None:
        if end:
            self._axes.annotate(
                "",
                xy=point,
                xytext=end,
                xycoords="axes points",
                textcoords="axes points",
                zorder=3.2,
                arrowprops={
                    "arrowstyle": "-",
                    "color": self._colours.quiet,
                    "linewidth": 0.6,
                    "shrinkA": 0,
                    "shrinkB": 3,
                },
            )
            low, high = sorted((point[1], end[1]))
            left, right = sorted((point[0], end[0]))
            self._taken[Box(left - 1, low + _DOT, right + 1, high - _DOT)] = None
        self._axes.annotate(
            text,
            (0, 0),
            xycoords="axes points",
            xytext=(box.left, box.bottom + (_LINE - SIZE) / 2 + 1),
            textcoords="axes points",
            fontsize=SIZE,
            color=self._colours.ink,
            zorder=3.5,
            bbox={"facecolor": self._colours.paper, "alpha": 0.75, "linewidth": 0, "pad": 1.0},
        )

    def _is_free(self, box: Box) -> bool:
        if box.left < 0 or box.bottom < 0 or box.right > self._width or box.top > self._height:
            return False
        return not any(box.meets(other) for other in self._taken)


def _end(box: Box, point: tuple[float, float], step: float) -> tuple[float, float] | None:
    """The words' end of the line to them; None where they are near enough without one."""
    away = step if step > 0 else step + _LINE
    if abs(away) <= _FAR:
        return None
    return min(max(point[0], box.left + 2), box.right - 2), box.bottom if step > 0 else box.top


def width(text: str, size: float = SIZE) -> float:
    """Points that a text takes in its font, at least a terminal's cells where that lacks it."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415
    from matplotlib.textpath import text_to_path  # noqa: PLC0415

    font = FontProperties(family="DejaVu Sans", size=size)
    measured, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return max(measured, 0.0 if text.isascii() else _CELL * size * cell_len(text)) + 1
