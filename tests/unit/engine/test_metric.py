"""What is said of an output that is no number, and of one that is a part of another."""

from __future__ import annotations

import pytest

from autoresearch_ci.engine.metric import advice, parse, part_of

FIRST = "grep -oE '[0-9]+' run.log | head -1"


@pytest.mark.parametrize(
    ("printed", "log", "says"),
    [
        ("4,720,415", "", ("separators", "LC_ALL=C", 'tr -d ","')),
        ("1'300", "", ("separators", 'tr -d "\'"')),
        ("1.300.000", "", ("separators", 'tr -d "."')),
        ("4 720 415", "", ("separators", 'tr -d " "')),
        ("1,300", "", ("separators", "LC_ALL=C")),
        ("7,25", "", ("decimal comma", "LC_ALL=C")),
        ("-0,5", "", ("decimal comma",)),
        ("12.5ms", "", ("a unit",)),
        ("5%", "", ("a unit",)),
        ("", "10%\r20%\rscore: 7.25\n", ("carriage returns", r"tr '\r' '\n'")),
        ("", "\x1b[32mscore: 7.25\x1b[0m\n", ("colour codes", "NO_COLOR=1")),
        ("", "score: 7.25\r\n", ("carriage return", r"tr -d '\r'")),
        ("", "score: 7.25\n", ()),
        ("nan", "a\rb", ()),
        ("many", "", ()),
    ],
)
def test_advice_fits_what_was_printed(printed, log, says):
    """Separators, decimal commas, units and hidden characters each have their own remedy."""
    assert parse(printed, "score")[0] is None
    found = advice(printed, log)
    assert bool(found) == bool(says)
    for each in says:
        assert each in found


@pytest.mark.parametrize(
    ("printed", "log", "whole"),
    [
        ("1", "total: 1,300\n", "1,300"),
        ("300", "total: 1,300\n", "1,300"),
        ("1.300", "total: 1.300.000\n", "1.300.000"),
        ("1", "total: 1'300 bytes\n", "1'300"),
        ("12.5", "loss 12.5e3\n", "12.5e3"),
        ("0", "val_bpb: 0.9979\n", "0.9979"),
        ("12", "time: 12,5 s\n", "12,5"),
        ("3.2", "loglik: -3.2\n", "-3.2"),
        ("2.5", "took 1m2.5s\n", "1m2.5s"),
        ("1", "score: 1\u2019300\n", "1\u2019300"),
        ("1", "score: 1\u2009300\n", "1\u2009300"),
        ("5.2", "score: \u22125.2\n", "\u22125.2"),
        ("5.2", "score \u20135.2\n", "\u20135.2"),
        ("0", "score: 0xFF\n", "0xFF"),
        ("99", "p99_ms: 12.1\n", "p99_ms"),
        ("2", "score_v2: 12.1\n", "score_v2"),
        ("1.2", "v1.2 score\n", "v1.2"),
        ("12", "12:30:05 score: 7\n", "12:30:05"),
        ("2026", "2026-05-01 12:30:05,123 score 7\n", "2026-05-01 12:30:05,123"),
        ("1.5", "score: 1.5e\u22123\n", "1.5e\u22123"),
        ("1.5", "score: 1.5 \u00d7 10^-3\n", "1.5 \u00d7 10^-3"),
        ("1.5", "score: 1.5\u00d710\u207b\u00b3\n", "1.5\u00d710\u207b\u00b3"),
    ],
)
def test_a_part_of_a_number_is_not_the_number(printed, log, whole):
    """A number that the log holds only as a part of a longer one is told from its line."""
    error, remedy = part_of(printed, log, "grep -oE '[0-9.]+' run.log | head -1")
    assert f"printed {printed}, which is only a part of {whole} in run.log" in error
    assert " ".join(log.split()) in error
    assert whole in remedy or "behind its name" in remedy


def test_a_number_of_a_colour_is_not_the_number():
    """`head -1` of all numbers reads the code before the value."""
    log = "score: \x1b[32m7.25\x1b[0m\n"
    error, remedy = part_of("32", log, FIRST)
    assert "a part of a colour code" in error
    assert "NO_COLOR=1" in remedy
    assert part_of("7.25", log, FIRST) == ("", "")


@pytest.mark.parametrize("printed", ["1e-400", "-0.00001e-330", "0." + 400 * "0" + "1"])
def test_what_is_too_small_for_a_number_is_not_0(printed):
    """It would be the best that there is."""
    value, error = parse(printed, "score")
    assert value is None
    assert "too small" in error
    assert parse("0.000e-5", "score") == (0, "")


@pytest.mark.parametrize(
    ("printed", "log"),
    [
        ("1300", "total: 1300 bytes\n"),
        ("1300", "total 1300ms.\n"),
        ("1", "total: 1,300\nscore: 1\n"),
        ("7.5", "score=7.50\n"),
        ("-3.2", "loglik: -3.2\n"),
        ("5", "range 3-5\n"),
        ("1.234", "real 0m1.234s\n"),
        ("0.25", "3,0.25,0.91\n"),
        ("12", "3,12,5\n"),
        ("12", "shape (12,5)\n"),
        ("12", "12:30 done\n"),
        ("7", "2026-05-01 12:30:05 score 7\n"),
        ("5", "t5=5\n"),
        ("3", "(x3) 3 times\n"),
        ("99", "nothing of the kind\n"),
        ("7", "score: 7."),
    ],
)
def test_a_whole_number_is(printed, log):
    """Units, sentences, ranges, clocks and lists of numbers are no longer numbers."""
    assert part_of(printed, log, FIRST) == ("", "")


def test_who_names_the_comma_knows_of_it():
    """A field of comma-separated values is read as it was meant, and one of a clock."""
    assert part_of("30", "12:30:05\n", "tail -1 run.log | cut -d: -f2") == ("", "")
    assert part_of("300", "1,300\n", "tail -1 run.log | cut -d, -f2") == ("", "")
