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


def test_from_nothing_no_run_goes_astray():
    """What stands at 0 is never set to hundreds, however long nothing was gained."""
    assert max(tried("BONUS = 0.0\n")) < 10
