"""What a source does with a name bounds what the search tries on it."""

from __future__ import annotations

import pytest

from autoresearch_ci.proposers.search.steps import steps_of
from tests.unit.proposers.search import reading


def tried(text, path="a.py"):
    """The values that the search would try on the first number of a text, near and far."""
    number = next(one for one in reading.parameters(text, path) if one.scale)
    return [float(step.text) for step in steps_of(number, wide=True)]


@pytest.mark.parametrize(
    ("path", "text", "low", "high"),
    [
        ("a.py", "RATE = 0.2\nx = min(max(RATE, 0.0), 1.0)\n", 0, 1),
        ("a.py", "RATE = 0.2\nx = max(0, min(1, RATE))\n", 0, 1),
        ("a.py", "RATE = 0.2\nx = np.clip(RATE, 0, 1)\n", 0, 1),
        ("a.js", "const RATE = 0.2;\nconst x = Math.min(Math.max(RATE, 0), 1);\n", 0, 1),
        ("a.py", "LIMIT = 400\nx = min(LIMIT, 600)\n", 1, 600),
        ("a.py", "LIMIT = 400\nx = max(int(LIMIT), 200)\n", 200, float("inf")),
        ("a.py", "COOLING = 1.0\nx = y * COOLING ** step\n", 0, 1),
        ("a.py", "KEPT = 0.5\nx = KEPT ** step\n", 0, 1),
        ("a.js", "const KEPT = 0.5;\nconst x = Math.pow(KEPT, step);\n", 0, 1),
        ("a.py", "FORGETTING = 1.0\nwins *= FORGETTING\n", 0, 1),
        ("a.py", "FIRST = 0.3\nrate = FIRST * fade\nif random.random() < rate: go()\n", 0, 1),
    ],
)
def test_nothing_is_tried_beyond_the_limits_that_the_source_puts_on_a_value(path, text, low, high):
    """Where the source clamps a value, or it can only be a part of one, no run is spent beyond."""
    values = tried(text, path)
    assert values
    assert all(low <= value <= high for value in values)


@pytest.mark.parametrize(
    "text",
    [
        "RATE = 0.2\nx = min(cost, RATE - 1)\n",
        "RATE = 0.2\nx = max(best, RATE)\n",
        "GROWTH = 1.0\nx = GROWTH ** n\n",
        "WEIGHT = 0.5\nx = WEIGHT ** 2\n",
        "RATE = 0.2\nx = min(max(RATE, 5), 9)\n",
    ],
)
def test_what_is_no_limit_bounds_nothing(text):
    """A number that is only compared, or stands outside of the limits today, may go anywhere."""
    assert max(tried(text)) > 1


@pytest.mark.parametrize(
    ("path", "text", "low", "high"),
    [
        ("a.py", "LEVEL = 6\nassert 1 <= LEVEL <= 9 and DEPTH, 'LEVEL <= 2'\n", 1, 9),
        ("a.py", "LEVEL = 6\nassert min(DEPTH, LEVEL) >= 4\n", 4, float("inf")),
        ("a.rs", "const RATE: f64 = 0.2;\nassert!(RATE <= 0.5);\n", 0, 0.5),
        ("a.c", "static int size = 64;\nassert(size >= 32 && size <= 128);\n", 32, 128),
    ],
)
def test_nothing_is_tried_that_the_source_asserts_not_to_be(path, text, low, high):
    """What an assertion refuses would crash: no run is spent on it."""
    values = tried(text, path)
    assert values
    assert all(low <= value <= high for value in values)


@pytest.mark.parametrize(
    "claim",
    [
        "LEVEL <= 9 or FAST",
        "not LEVEL <= 9",
        "LEVEL <= 9 * DEPTH",
        "DEPTH - LEVEL <= 9",
        "len(LEVEL) <= 9",
        "LEVEL.size <= 9",
        "max(LEVEL, 3) >= 9",
    ],
)
def test_a_claim_about_something_else_bounds_nothing(claim):
    """Only what a whole claim says of the number itself is a limit."""
    assert max(tried(f"LEVEL = 6\nassert {claim}\n")) > 9


def test_of_values_that_an_assertion_lists_others_are_never_tried():
    """`assert LANES in (1, 2, 4, 8)`: 3 would crash; 8 is as far as it goes."""
    assert set(tried("LANES = 2\nassert LANES in (1, 2, 4, 8)\n")) == {1, 4, 8}
    assert 3 in tried("LANES = 2\nassert LANES in (1, 4)\n")


def test_from_nothing_no_run_goes_astray():
    """What stands at 0 is never set to hundreds, however long nothing was gained."""
    assert max(tried("BONUS = 0.0\n")) < 10
