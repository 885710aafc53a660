"""Scales that numbers move on, in steps where one is a bold move.

A scale maps values to coordinates and back. One unit is a doubling on the log
scale, the odds doubling or halving for a fraction, and a step on the linear one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autoresearch_ci.proposers.search.literals import rounded

# Zero has no logarithm: it stands as far from the first value tried as two doublings.
_NEAR_ZERO = 0.0075
_NOTHING = 0.0125
_EVERYTHING = 1 - 1e-5
_POWER = 8
# Up to eight things are counted, and not weighed: one more is half a doubling there.
_COUNTED = 3.0
_HUNDREDS = 100
# From 0 it is no use to go further than so many units: that is to about five.
_FARTHEST = 4.0
# Where to expect the setting of what is switched off, or at its end: so many steps from there.
_INSIDE = 1.5
_HALF = 0.5
_BOLD = 0.5
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Scale:
    """`kind` is log, odds (a fraction of one) or linear.

    `unit` is the linear step, or the first step of an integer away from zero. `only` are the values
    that it may have, where not all are possible.
    """

    kind: str
    integer: bool
    low: float
    high: float
    unit: float = 1.0
    only: tuple[float, ...] = ()

    def place(self, value: float) -> float:
        """The coordinate of a value."""
        if self.kind == "linear":
            return value / self.unit
        if self.kind == "odds":
            inside = min(max(value, _NOTHING), _EVERYTHING)
            return math.log2(inside / (1 - inside))
        if not value:
            return -1.0 if self.integer else math.log2(_NEAR_ZERO)
        doublings = math.log2(max(abs(value), 1e-12))
        return doublings + min(doublings, _COUNTED) if self.integer else doublings

    def inside(self, value: float) -> float:
        """The coordinate of a value; that of one not far inside, for nothing and everything."""
        if self.kind == "linear" or (value and (self.kind == "log" or value < 1)):
            return self.place(value)
        return self.place(self.step(value, -_INSIDE if value else _INSIDE))

    def step(self, value: float, by: float) -> float:
        """The value `by` units away, as round as it can be, within the bounds."""
        if self.kind == "linear":
            new = value + by * self.unit
        elif self.kind == "odds":
            new = self._odds(value, by)
        else:
            new = self._moved(value, by) if value else math.copysign(self._from_zero(abs(by)), by)
        new = min(max(self._round(new, value, by), self.low), self.high)
        ahead = [each for each in self.only if (each - value) * by > 0]
        return min(ahead, key=lambda each: abs(self.place(each) - self.place(new)), default=new)

    def _moved(self, value: float, by: float) -> float:
        if not self.integer:
            return value * math.exp2(by)
        there = self.place(value) + by
        doublings = there / 2 if there < 2 * _COUNTED else there - _COUNTED
        return math.copysign(math.exp2(doublings), value)

    def _from_zero(self, by: float) -> float:
        """Away from nothing nobody knows how far to go: in bold steps."""
        if self.integer:
            return max(1.0, self.unit * math.exp2(2 * (by - 1)))
        return 0.03 * math.exp2(2.5 * (min(by, _FARTHEST) - 1))

    def _odds(self, value: float, by: float) -> float:
        if value <= 0:
            return min(0.1 * 3 ** (by - 1), 1.0) if by > 0 else 0.0
        if value >= 1:
            return 1 - 0.1 * math.exp2(-by - 1) if by < 0 else 1.0
        odds = value / (1 - value) * math.exp2(by)
        return odds / (1 + odds)

    def _round(self, new: float, old: float, by: float) -> float:
        if self.integer:
            whole = float(_whole(new, old))
            if whole == old and abs(new - old) > _SAME:
                whole = old + math.copysign(1.0, new - old)
            return whole
        digits = 2 if abs(by) >= _BOLD else 3
        if self.kind == "odds":
            digits = 1 if abs(by) >= 1 else digits
            return 1 - rounded(1 - new, digits) if new > _HALF else rounded(new, digits)
        return rounded(new, digits)


def _whole(new: float, old: float) -> int:
    """An integer as round as the old one was: powers of two stay multiples of a large one."""
    if old >= _POWER and float(old).is_integer() and int(old) & (int(old) - 1) == 0:
        grain = 1 << max(0, math.floor(math.log2(max(abs(new), 1))) - 2)
        return round(new / grain) * grain
    if abs(new) >= _HUNDREDS:
        digits = 3 if abs(new - old) < 0.2 * abs(old) else 2
        return round(rounded(new, digits))
    return round(new)
