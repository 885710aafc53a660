"""The scatter of single runs of the same content."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median, median_low

TAILS = 4.0
"""Degrees of freedom of Student's t: real run times have outliers that a normal law has not."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A law by which runs scatter around their level: Student's t, wider on one side or not.

    `share` is how probable the shape is before anything was measured; `lucky` and
    `slow` are the scales above and below the level.
    """

    share: float
    lucky: float
    slow: float

    def densities(self, value: float, levels: Sequence[float]) -> list[float]:
        """Of a run with this value at each of the levels, up to a factor common to all shapes."""
        above, below = 1 / (self.lucky**2 * TAILS), 1 / (self.slow**2 * TAILS)
        size, power = 1 / (self.lucky + self.slow), -(TAILS + 1) / 2
        return [
            size * (1 + (value - level) ** 2 * (above if value > level else below)) ** power
            for level in levels
        ]


SHAPES = (Shape(4 / 6, 1.0, 1.0), Shape(1 / 6, 0.25, 1.4), Shape(1 / 6, 1.4, 0.25))
"""Symmetric; slow outliers, where lucky runs are close to the truth; and lucky outliers."""

_MEDIAN = 0.954
"""Median of |a - b| for two standard normal values."""

MARGIN = 1.1
"""Factor by which noise is taken to be wider than it looks: too narrow costs false keeps."""

_MUCH = 10.0
"""Distance from zero, in units of the noise, where a value says something by itself."""

_STEPS = 8
_LEAST = 1e-12
_FEW = 10


@lru_cache(maxsize=16)
def scatter(differences: tuple[float, ...]) -> float | None:
    """The scale of one run, from differences of two runs of the same content.

    Maximum likelihood under Student's t, so that an outlier counts for little;
    wider while there are few. 0 if all are 0: the metric repeats exactly. None
    without any.
    """
    if not differences:
        return None
    sizes = [min(abs(difference), sys.float_info.max) for difference in differences]
    some = [size for size in sizes if size]
    if not some:
        return 0.0
    unit = median_low(some)  # keeps squares within what a float can hold
    rounding = (min(some) / unit) ** 2 / 6 if len(some) < len(sizes) else 0.0
    squares = [min(size / unit, 1e100) ** 2 + rounding for size in sizes]
    scale = max(median(squares) / _MEDIAN**2, _LEAST)
    for _ in range(_STEPS):
        scale = sum((TAILS + 1) / (TAILS + d / scale) * d for d in squares) / len(squares)
        scale = max(scale, _LEAST)
    few = 1 + 1 / len(sizes) if len(sizes) < _FEW else 1.0
    return max(math.sqrt(scale / 2) * few * MARGIN * unit, math.ulp(0.0))


def substantial(value: float, scale: float) -> float | None:
    """The value, or None where noise of this scale may be most of it."""
    return value if abs(value) >= _MUCH * scale else None
