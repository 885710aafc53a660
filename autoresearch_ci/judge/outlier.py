"""Values far outside what a campaign has seen, which are worth a second look.

Pure. A made-up number is seldom a modest one; a real leap can bear one more run.
Two signs, either of them enough:

- Ten times: the metric has always had one sign, and the value is ten times closer to
  zero, ten times further from it, or on its other side, in the good direction. It needs
  no experience, so it holds from the first experiment on.
- Out of line: five experiments or more have a number, and the gain is over ten times the
  largest gain so far and the usual step between two values (their median, so that a few
  wild ones do not count), and over half of all that the campaign's values span.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from statistics import median

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Reason, Sample, Side

FACTOR = 10.0
EXPERIENCE = 5
_HALF = 0.5

UNITS = (60.0, 100.0, 1e3, 1024.0, 3600.0, 1e6, 1024.0**2, 1e9, 1024.0**3)
"""By which one unit is larger than another: of time, of share, of what comes in k, M and G."""

ROUNDED = (0.006, 0.05)
"""Part of a number that rounding may have taken: as much as three digits say, or two."""

_NO_NUMBERS = frozenset(
    {
        Reason.RULE_VIOLATION,
        Reason.GUARD_FAILED,
        Reason.CONSTRAINT,
        Reason.UNTESTED,
        Reason.DUPLICATE,
    }
)


def is_outlier(history: History, value: float) -> bool:
    """Return whether this value of a candidate would be a jump from the incumbent."""
    incumbent = history.incumbent
    if incumbent is None or incumbent.value is None:
        return False
    gain = history.direction.gain(value, incumbent.value)
    if gain <= 0:
        return False
    measured = [e for e in history.experiments if e.value is not None]
    measured = [e for e in measured if e.reason not in _NO_NUMBERS]
    values = [e.value for e in measured if e.value is not None]
    if _is_tenfold(history.direction, values, incumbent.value, value):
        return True
    steps = [abs(e.delta) for e in measured if e.delta is not None]
    gains = [abs(e.delta) for e in history.kept if e.delta is not None]
    if len(steps) < EXPERIENCE:
        return False
    usual = max(median(steps), *gains, 0.0)
    return 0 < usual * FACTOR < gain and gain > _HALF * (max(values) - min(values))


def repeats(direction: Direction, old: float, claimed: float, values: Iterable[float]) -> bool:
    """Return whether every run of a candidate shows at least half of the gain that it claims."""
    gain = direction.gain(claimed, old)
    return all(direction.gain(value, old) >= _HALF * gain for value in values)


def change_of_meaning(history: History, samples: Sequence[Sample]) -> str:
    """The reason to doubt that a candidate's numbers mean what those before meant, or "".

    It does not help that such numbers repeat: a build that makes nothing has size 0 every time.
    """
    new = [s.value for s in samples if s.side is Side.CANDIDATE]
    beside = [s.value for s in samples if s.side is Side.INCUMBENT]
    old = beside + [e.value for e in history.kept if e.value is not None]
    if not new or not beside or not (all(v > 0 for v in old) or all(v < 0 for v in old)):
        return ""
    sizes = [abs(value) for value in old]
    counts_down = min(sizes) == 1 < max(sizes) and all(size.is_integer() for size in sizes)
    if 0 in new and not counts_down:
        return (
            f"it went from {median(beside):g} to exactly 0, as it does where nothing is left to "
            "measure"
        )
    if not all(value * old[0] > 0 for value in new):
        return ""
    ratios = [abs(a / b) for a in beside for b in new]
    lost = min(max(ROUNDED[0], *map(_rounding, (*beside, *new))), ROUNDED[1])
    for unit in UNITS:
        for factor in (unit, 1 / unit):
            if min(ratios) * (1 - lost) <= factor <= max(ratios) * (1 + lost):
                change = f"{unit:,.0f} times {'smaller' if factor > 1 else 'larger'}"
                return f"it is {change} than before, just as in another unit"
    return ""


def _rounding(value: float) -> float:
    """The part of a value that its last digit does not tell."""
    decimals = max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent))
    return float(0.5 * 10.0**-decimals / abs(value))


def _is_tenfold(direction: Direction, values: list[float], old: float, new: float) -> bool:
    if not (all(value > 0 for value in values) or all(value < 0 for value in values)):
        return False
    shrinks = (direction is Direction.LOWER) == (old > 0)
    bar = old / FACTOR if shrinks else old * FACTOR
    return direction.gain(new, bar) > 0
