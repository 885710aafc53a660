"""What reaches the terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from autoresearch_ci.core.text import change, clean, duration, number, percent, step
from autoresearch_ci.reports.terminal import Paint, cut, fit, has_colour, is_live


class Terminal(io.StringIO):
    def isatty(self):
        return True


@given(st.text() | st.text(alphabet="\x1b[]()0123456789;mHJK\x07\\?hl\x9b\u202e\r\n\tab"))
def test_nothing_that_a_terminal_obeys_gets_through(text):
    """Whatever a title holds, no control character and no reversal of the line is printed."""
    shown = clean(text)
    assert all(c.isprintable() or c.isspace() for c in shown if ord(c) < 0x200)
    assert not set(shown) & set("\x1b\x9b\x07\r\n\t\u202e\u2066\u2028\x85")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new window title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("two\nlines\tand tab", "two lines and tab"),
        ("    indented", "    indented"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        ("변경 LR → 0.04", "변경 LR → 0.04"),
        ("nul\x00bel\x07", "nulbel"),
        ("\ud800half", "\ufffdhalf"),
    ],
)
def test_a_title_keeps_its_words(text, shown):
    """Escape sequences go whole; markup, indentation and other scripts stay."""
    assert clean(text) == shown


@given(st.text().map(clean), st.integers(1, 60))
def test_a_column_is_exactly_as_wide_as_asked(text, width):
    """Columns stay aligned in cells, whatever the script, and a cut is visible."""
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    if cell_len(text) > width:
        assert fitted.endswith("…")


def test_a_coloured_line_is_cut_by_what_is_seen():
    """Colour codes take no room; a line that fits keeps its colour."""
    line = Paint(colour=True)("x" * 20, "good")
    assert cut(line, 20) == line
    assert cut(line, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9932, "0.993200"),
        (0.0, "0.000000"),
        (-12.5, "-12.500000"),
        (1.5e-7, "1.5e-07"),
        (123456789.0, "1.23457e+08"),
        (None, "-"),
    ],
)
def test_numbers_have_six_decimals_where_they_say_something(value, shown):
    """A value reads as in results.tsv; tiny and huge ones are not flattened to zeros."""
    assert number(value) == shown


def test_a_step_reads_like_the_commit_message():
    """`0.997900 -> 0.993200 (-0.47%)`; no percentage where the old value is zero."""
    assert step(0.9979, 0.9932) == "0.997900 -> 0.993200 (-0.47%)"
    assert step(0.0, 2.0) == "0.000000 -> 2.000000"
    assert change(0.9932, 0.9979) == "-0.004700"
    assert change(2.0, 1.0) == "+1.000000"
    assert percent(-1.0, -2.0) == "+50.00%"


def test_a_small_step_is_seen():
    """Where six decimals are the same, more are shown."""
    assert step(0.01000012, 0.01) == "0.01000012 -> 0.01 (-0.0012%)"
    assert step(0.01, 0.01) == "0.010000 -> 0.010000 (+0.00%)"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.0s"), (4.23, "4.2s"), (9.96, "10s"), (59.6, "1m00s"), (302, "5m02s"), (7500, "2h05m")],
)
def test_durations_are_short(seconds, shown):
    """Never more than what one wants to know."""
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("environ", "live", "colour"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "CI": "true"}, False, True),
        ({"TERM": "xterm", "CI": "false"}, True, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, True),
    ],
)
def test_the_environment_says_what_the_terminal_can(environ, live, colour):
    """TERM, NO_COLOR, FORCE_COLOR and CI are honoured."""
    assert is_live(Terminal(), environ) is live
    assert has_colour(Terminal(), environ) is colour


def test_a_pipe_gets_neither_colour_nor_a_live_line():
    """Output that goes to a file is plain."""
    assert not is_live(io.StringIO(), {"TERM": "xterm"})
    assert not has_colour(io.StringIO(), {"TERM": "xterm"})
