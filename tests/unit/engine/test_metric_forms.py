"""Metrics that are read from what a run printed or left, without a command for it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.engine.metric_forms import MetricReader, Printed, Quantity, quantity


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        (".52", 0.52, ""),
        ("-3", -3, ""),
        ("+5.", 5, ""),
        ("1e-4", 1e-4, ""),
        ("1,234.5", 1234.5, ""),
        ("1.234,5", 1234.5, ""),
        ("1,234,567", 1234567, ""),
        ("1.300.000", 1300000, ""),
        ("1_000", 1000, ""),
        ("1'000", 1000, ""),
        ("1\u202f234,5", 1234.5, ""),
        ("12.5 ms", 12.5, "ms"),
        ("12.5ms", 12.5, "ms"),
        ("1e3 ns/op", 1000, "ns/op"),
        ("42%", 42, "%"),
        ("3 μs", 3, "µs"),
    ],
)
def test_one_number_is_read_as_it_is_meant(text, value, unit):
    """Separators are read where only one reading is left, a unit where it stands behind it."""
    assert quantity(f" {text} ") == Quantity(value, unit)


@pytest.mark.parametrize(
    "text",
    ["", "1,234", "0,5", "1.2.3", "1,234,56", "1 000", "0x10", "nan", "-inf", "1e400", "1e200", "5e",
     "1m30s", "12:30", "3 of 4", "0.5 (best 0.4)", "~5", "1/2", "\uff15", "\u0663", "1,2,3", "--5", "5 5", "$5"],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_no_number(text):
    """A decimal comma or a separator, two numbers, a clock: there is no number rather than a wrong one."""
    assert quantity(text) is None


@given(st.floats(-1e150, 1e150), st.sampled_from(["", " ms", "%", " tok/s"]))
def test_every_number_that_python_prints_is_read_back(value, unit):
    """A number in any usual notation is exactly the number that was printed, with its unit."""
    for text in (repr(value), f"{value:.17e}", f"{value:.17g}"):
        assert quantity(text + unit) == Quantity(value, unit.strip())


@given(st.integers(-(10**14), 10**14), st.integers(0, 999))
def test_grouped_digits_are_never_read_as_another_number(whole, part):
    """Digits in groups of three give the number that was meant, or none where that is open."""
    text, plain = f"{whole:,}", f"{whole}"
    assert quantity(f"{text}.{part}") == Quantity(float(f"{plain}.{part}"))
    for mark in ",.'_\u202f":
        found = quantity(text.replace(",", mark))
        if mark == "." and text.count(",") == 1:
            continue  # 1.234 is a decimal number, as any program prints it
        assert found in (None, Quantity(float(whole)))
        assert (found is None) == (mark == "," and text.count(",") == 1)


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_none(text):
    """Whatever is printed, what is read is finite, or nothing."""
    found = quantity(text)
    assert found is None or abs(found.value) <= 1e150


@given(st.text(max_size=200), st.text(max_size=60))
def test_no_output_breaks_the_reader(output, result):
    """Any output and any file give a metric, or an error on a line, and never both."""
    found = Printed(output, result).metric("a")
    assert (found.quantity is None) == bool(found.error)
    assert "\n" not in found.error
    Printed(output, result).metrics()


@pytest.mark.parametrize(
    "line",
    [
        "METRIC score=7.25",
        "METRIC score = 7.25",
        "score: 7.25",
        "  score=7.25",
        "score = 7.25  ",
        '{"score": 7.25, "other": 3}',
        "\x1b[32mscore:\x1b[0m 7.25",
        "10%\r50%\rscore: 7.25",
        "score: 1\b2\b7.25",
        "\b\b\b   \b\b\bscore: 7.25",
        "working |\b/\b\x1b[2K\x1b[1Gscore: \x1b[32m7.25\x1b[0m",
        "score: 1\x1b[1D7.25\x1b[K",
        "score:\x1b[1C7.25",
        "score: 7.25\r",
        "score: 7.25\nscore: 7.250",
    ],
)
def test_forms_that_people_print_are_read(line):
    """The usual forms, also behind a progress bar, in colours, and said twice."""
    found = Printed(f"hello\n{line}\nbye\n").metric("score")
    assert found.quantity == Quantity(7.25)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("combined_µs", "METRIC combined_μs=7.25"),
        ("größe", "gro\u0308ße: 7.25"),
        ("정확도", "정확도: 7.25"),
        ("latency.p99", '{"latency": {"p99": 7.25}}'),
        ("runs.1.ms", '{"runs": [{"ms": 1}, {"ms": 7.25}]}'),
        ("bench::parse", "bench::parse: 7.25"),
        ("a.b", '{"a.b": 7.25}'),
    ],
)
def test_names_may_be_any_word(name, line):
    """Names in any script, with either micro sign; a path names a place in an object."""
    assert Printed(line).metric(name).quantity == Quantity(7.25)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("", "printed nothing where score should be"),
        ("the score: 5\nscores: 5\nscore 5\nmy.score=5", "printed nothing"),
        ("score: 5 of 7", "not one finite number: score: 5 of 7"),
        ("score: nan", "not one finite number: score: nan"),
        ("METRIC score=1,234", "not one finite number: METRIC score=1,234"),
        ('{"score": "7"}', 'not one finite number: {"score": "7"}'),
        ('{"score": true}', "not one finite number"),
        ('{"score": NaN}', "not one finite number"),
        ("score: 5\nMETRIC score=6", "two values of score: METRIC score=6 / score: 5"),
        ("score: 5\nscore: 6", "two values of score: score: 5 / score: 6"),
        ("score: 5 ms\nscore: 5 s", "two values"),
        ("score: 0.9\nscore: nan", "not one finite number: score: nan"),
        ("score: 0xFF", "not one finite number: score: 0xFF"),
        ("score: 1e-400", "not one finite number: score: 1e-400"),
    ],
)
def test_what_is_not_one_number_is_said_with_its_line(output, says):
    """Nothing is guessed: the lines at odds are shown, and what to do."""
    found = Printed(output).metric("score")
    assert found.quantity is None
    assert says in found.error
    assert found.advice


def test_a_name_that_is_also_a_path_has_no_value():
    """Which of the two is meant, nobody can tell; the others of the object are read."""
    printed = Printed('{"latency.p99": 1, "latency": {"p99": 2}, "score": 3}')
    assert printed.metric("latency.p99").quantity is None
    assert printed.metric("score").quantity == Quantity(3)


def test_a_metric_line_goes_before_a_sentence_for_people():
    """Where METRIC says it, a line that is no number is prose."""
    found = Printed("score: 5 of 7, the best so far\nMETRIC score=5\n").metric("score")
    assert found.quantity == Quantity(5)


def test_the_result_file_wins():
    """Nothing else writes to it; a file that is no object is an error, and an empty one says nothing."""
    left = json.dumps({"score": 3, "sizes": {"kb": 9}})
    printed = Printed("score: 5\nMETRIC tests=12\nMETRIC kb=1\nMETRIC kb=2", left)
    assert printed.metric("score").quantity == Quantity(3)
    assert {name: each.value for name, each in printed.metrics().items()} == {
        "tests": 12, "score": 3, "sizes.kb": 9,
    }  # fmt: skip
    assert "AUTORESEARCH_RESULT" in Printed("score: 5", "5").metric("score").error
    assert Printed("score: 5", '{"other": 1}').metric("score").quantity == Quantity(5)
    assert Printed("score: 5", " ").metric("score").quantity == Quantity(5)


def test_a_number_in_another_unit_is_not_the_metric():
    """A program that goes from milliseconds to seconds has not become a thousand times faster."""
    reader = MetricReader("time", {})
    assert reader.metric(Printed("time: 900 ms")).quantity == Quantity(900, "ms")
    assert reader.metric(Printed("time: 1.2 s")).error == "time is in s, and was in ms before"
    assert "no unit" in MetricReader("time", {"time": "ms"}).metric(Printed("time: 1")).error
    assert reader.others(Printed("METRIC a=1 kB\nMETRIC b=2")) == {"a": 1, "b": 2}
    assert reader.others(Printed("METRIC a=1 MB\nMETRIC b=2")) == {"b": 2}
    assert reader.known_units == {"time": "ms", "a": "kB"}


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("METRIC scores=3", "scores"),
        ('{"results": {"score": 1}}', "results.score"),
        ("METRIC total_score=3\nMETRIC seconds=1", None),
        ("seconds: 3", None),
    ],
)
def test_a_name_that_may_be_meant_is_told(printed, name):
    """Another spelling, or a place further down in an object, is to be written as it is printed."""
    found = Printed(printed).metric("score")
    assert found.quantity is None
    assert (f"Set metric_name to {name}," in found.advice) == bool(name)


@pytest.mark.parametrize("printed", ["METRIC Score=1", "Score: 1", '{"SCORE": 1.5}'])
def test_a_name_in_another_case_is_told(printed):
    """Somebody who prints Score and set score is told so."""
    found = Printed(printed).metric("score")
    assert found.quantity is None
    assert "but " in found.error
    assert "Set metric_name to " in found.advice


def test_a_decimal_comma_is_told():
    """The line is refused, and the advice says what the comma may be."""
    assert "LC_ALL=C" in Printed("score: 12,5").metric("score").advice
    assert "LC_ALL" not in Printed("score: many").metric("score").advice


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("score: nan", "mend what makes it"),
        ("METRIC score=-inf", "mend what makes it"),
        ("score: 1e309", "logarithm"),
        ("score: 1e-400", "logarithm"),
        ("score: 0xFF", "in decimal"),
        ("score: \u22125.2", "minus"),
    ],
)
def test_the_advice_fits_what_is_no_number(line, says):
    """What is wrong with it decides what to do."""
    found = Printed(line).metric("score")
    assert found.quantity is None
    assert says in found.advice
