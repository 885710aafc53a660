"""Which words are numbers."""

from __future__ import annotations

import pytest

from autoresearch_ci.engine.metric import parse


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("3\n", 3.0),
        (" 0.9979 \n", 0.9979),
        ("-1.5", -1.5),
        ("+2", 2.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 1e-3),
        ("1.25E+06", 1.25e6),
        ("-0.0", 0.0),
        ("5e-324", 5e-324),
        ("-1e150", -1e150),
        ("007", 7.0),
    ],
)
def test_what_shell_commands_print_is_a_number(printed, value):
    """Decimals, with or without sign, point and exponent."""
    assert parse(printed, "m") == (value, "")


@pytest.mark.parametrize(
    "printed",
    [
        *("nan", "-NaN", "inf", "-Infinity", "1e400", "-1e400", "1e151", "-1e308"),
        *(
            "1_000",
            "1,5",
            "1,000",
            "0x10",
            "\u0663",
            "1\u0660",
            "\uff11",
            "5%",
            "1.2.3",
            "e5",
            ".",
            "-",
        ),
        *("1 2", "1\n2\n", "", " \n", "\x001", "1\x1b[0m", "None", "\xb2", "1e5e"),
    ],
)
def test_nothing_else_is(printed):
    """What is not finite, what only Python reads, and what another country writes never score."""
    value, error = parse(printed, "m")
    assert value is None
    assert error.startswith("printed")
