"""The axis of the values: what it spans, and whether steps or ratios are equal on it."""

from __future__ import annotations

from collections.abc import Sequence

from autoresearch_ci.core.history import History
from autoresearch_ci.reports.kinds import noise

_WIDE = 30.0
"""Times the smallest value: beyond that the axis is logarithmic."""

_FLAT = 0.1
"""Part of the picture's height: the first keep is off it where all others would fill no more."""


_NOISE = 2.0
"""Standard deviations of a run that there is room for at least, above and below the line."""


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
    deviation = noise(history)
    height = max(_height(kept), 2 * _NOISE * deviation) or high - low or abs(high) or 1.0
    # What lies far beyond the kept values is drawn at the edge: the line has to be seen.
    low, high = max(low, min(kept) - height), min(high, max(kept) + height)
    low, high = min(low, min(kept) - _NOISE * deviation), max(high, max(kept) + _NOISE * deviation)
    room = 0.08 * (high - low or height)
    return low - room, high + room


def _height(values: Sequence[float]) -> float:
    return max(values) - min(values)
