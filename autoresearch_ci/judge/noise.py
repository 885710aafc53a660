"""How much single runs of the same content scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

TAILS = 4.0
"""Degrees of freedom of Student's t: real run times have outliers that a normal law has not."""

_MEDIAN = 0.954
"""Median of |a - b| for two standard normal values."""

_STEPS = 8
_FEW = 10


def scatter(differences: Sequence[float]) -> float | None:
    """The scale of one run, from differences of two runs of the same content.

    Maximum likelihood under Student's t, so that an outlier counts for little;
    wider while there are few. 0 if all are 0: the metric repeats exactly. None
    without any.
    """
    if not differences:
        return None
    sizes = [abs(difference) for difference in differences]
    some = [size for size in sizes if size]
    if not some:
        return 0.0
    unit = median(some)  # keeps squares within what a float can hold
    rounding = (min(some) / unit) ** 2 / 6 if len(some) < len(sizes) else 0.0
    squares = [min(size / unit, 1e100) ** 2 + rounding for size in sizes]
    scale = median(squares) / _MEDIAN**2
    for _ in range(_STEPS):
        scale = sum((TAILS + 1) / (TAILS + d / scale) * d for d in squares) / len(squares)
    few = 1 + 1 / len(sizes) if len(sizes) < _FEW else 1.0
    return max(math.sqrt(scale / 2) * few * unit, math.ulp(0.0))
