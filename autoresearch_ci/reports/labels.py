"""Words in a picture, none over another: where there is no room there are none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 7.0
"""Points."""

_CELL = 0.6 * SIZE
_DOT = 3.0
_POINTS = 72


class Board:
    """The room on the axes of a figure of `inches`, once their limits are set.

    A font's widths are the viewer's, so a letter counts as a cell of a terminal.
    """

    def __init__(self, axes: Axes, inches: tuple[float, float]) -> None:
        self._axes = axes
        box = axes.get_position()
        self._width = inches[0] * _POINTS * box.width
        self._height = inches[1] * _POINTS * box.height
        self._log = axes.get_yscale() == "log"
        self._taken: list[tuple[float, float, float, float]] = []

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Place a dot, in points, and take its room."""
        left, right = self._axes.get_xlim()
        low, high = self._axes.get_ylim()
        if self._log:
            low, high, y = math.log(low), math.log(high), math.log(y)
        across, up = (x - left) / (right - left) * self._width, (y - low) / (high - low)
        at = (across, up * self._height)
        self._taken.append((at[0] - _DOT, at[1] - _DOT, at[0] + _DOT, at[1] + _DOT))
        return at

    def write(
        self, text: str, point: tuple[float, float], steps: Iterable[float], colour: str
    ) -> bool:
        """Write beside a point, by one of the steps above it; whether there was room."""
        wide = _CELL * cell_len(text)
        for step in steps:
            for x in (point[0] + _DOT + 1, point[0] - _DOT - 1 - wide):
                box = (x, point[1] + step, x + wide, point[1] + step + SIZE)
                if self._is_free(box):
                    self._taken.append(box)
                    self._axes.annotate(
                        text,
                        (0, 0),
                        xycoords="axes points",
                        xytext=box[:2],
                        textcoords="axes points",
                        fontsize=SIZE,
                        color=colour,
                    )
                    return True
        return False

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        left, bottom, right, top = box
        if left < 0 or bottom < 0 or right > self._width or top > self._height:
            return False
        return not any(
            left < r and right > k and bottom < t and top > b for k, b, r, t in self._taken
        )
