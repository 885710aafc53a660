"""Values that are the same but for the rounding of the arithmetic."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.model import Direction, same

ULP = 2.0**-52


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1 + 0.2, 0.3),
        (1e300, 1e300 * (1 + 4 * ULP)),
        (4.440892098500626e-16, 2.220446049250313e-16),
        (5.551115123125783e-17, 0.0),
        (-1.1102230246251565e-16, 1.1102230246251565e-16),
        (4.441e-16, 2.22e-16),
        (0.0, -0.0),
    ],
)
def test_what_rounding_leaves_is_no_difference(one, other):
    """Sums in another order; and where a sum of numbers around one ought to be 0."""
    assert same(one, other)
    assert same(other, one)
    assert Direction.LOWER.gain(other, one) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, 1.0 + 1e-9),
        (4.5e-16, 2.3e-16),
        (1e-20, 1e-25),
        (3e-17, 0.0),
        (2.220446049250313e-16, 1.0),
        (0.0, 5e-324),
        (1e-12, 2e-12),
    ],
)
def test_small_numbers_are_not_the_same_for_being_small(one, other):
    """A metric in a unit that makes it small differs as any other."""
    assert not same(one, other)
