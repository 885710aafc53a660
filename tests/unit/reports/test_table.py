"""Experiments as aligned lines."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from rich.cells import cell_len

from autoresearch_ci.core.model import Direction, Reason
from autoresearch_ci.reports.table import Layout, counts, headline, standing, table
from autoresearch_ci.reports.terminal import Paint

PLAIN = Paint(colour=False)


@pytest.fixture
def history(make_history):
    return make_history(
        (0.98, Reason.IMPROVED),
        (1.2, Reason.WORSE),
        (None, Reason.NONZERO_EXIT),
        (0.97, Reason.IMPROVED),
    )


def test_a_pipe_gets_every_column_and_the_whole_title(history):
    """Number, verdict, value, both deltas, time, reason and title, none of them cut."""
    long = replace(history.experiments[4], description="x" * 500, seconds=302)
    words = Layout(None, PLAIN).row(long).split()
    assert words == ["4", "keep", "0.970000", "-0.010000", "-1.02%", "5m02s", "improved", "x" * 500]


def test_the_baseline_has_no_delta(history):
    """Experiment 0 is a value and the word baseline."""
    assert Layout(None, PLAIN).row(history.experiments[0]).split() == [
        "0", "keep", "1.000000", "0.0s", "baseline", "baseline",
    ]  # fmt: skip


def test_a_crash_says_what_went_wrong(history):
    """No number is made up for a crash; the error stands beside the idea."""
    crash = replace(history.experiments[3], error="exit code 1\x1b[2J")
    row = Layout(None, PLAIN).row(crash)
    assert "0.000000" not in row
    assert "nonzero_exit" in row
    assert row.endswith("idea 3 (exit code 1)")


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_window(history, width):
    """A narrow window loses columns, the least important first, and never wraps."""
    wide = [replace(e, description="학습률을 두 배로 늘린다 " * 9) for e in history.experiments]
    for line in table(wide, Layout(width, PLAIN)):
        assert cell_len(line) <= max(width, 7)


def test_forty_columns_still_say_what_matters(history):
    """Number, verdict, value and the beginning of the title fit into 40 cells."""
    row = Layout(40, PLAIN).row(history.experiments[4])
    assert row.split() == ["4", "keep", "0.970000", "idea", "4"]


def test_a_huge_share_does_not_break_the_columns(make_history):
    """However much worse an experiment is, the lines stay aligned."""
    history = make_history((9111.473016, Reason.WORSE), (1.1, Reason.WORSE))
    layout = Layout(None, Paint(colour=False), history)
    rows = [layout.row(experiment) for experiment in history.experiments[1:]]
    assert rows[0].index("worse") == rows[1].index("worse")
    assert " 9111 " in rows[0]
    assert " +9110 " in rows[0]
    assert "+911047%" in rows[0]


def test_kept_ones_stand_out(history):
    """Keeps are green, crashes red, discards plain."""
    layout = Layout(80, Paint(colour=True))
    keep, worse, crash = (layout.row(history.experiments[n]) for n in (1, 2, 3))
    assert keep.startswith("\x1b[1;32m")
    assert "\x1b" not in worse
    assert crash.startswith("\x1b[31m")


def test_the_headline_says_how_far_it_has_come(history, session_start):
    """Tag, metric, baseline to best, and how many of each verdict."""
    text = "\n".join(headline(session_start, history, PLAIN))
    assert "mar17  val_bpb of train.py, lower is better" in text
    assert "1.000000 -> 0.970000 (-3.00%), experiment 4" in text
    assert "4 experiments: 2 kept, 1 discarded, 1 crashed" in text


def test_a_young_campaign_has_something_to_say_too(make_history):
    """With nothing measured, and with nothing better, that is what stands there."""
    from autoresearch_ci.core.history import History

    assert standing(History(Direction.LOWER)) == "no baseline yet"
    assert standing(make_history()) == "baseline 1.000000, nothing better yet"
    assert counts([]) == "0 experiments: 0 kept, 0 discarded, 0 crashed"


def test_a_gain_over_a_base_that_moved_is_said_to_be_one(history):
    """The percentage is over the new baseline, and the line says since when."""
    history.add(replace(history.baseline, experiment=5, value=0.9))
    assert standing(history) == (
        "baseline 0.900000, nothing better yet, since the base moved (experiment 5)"
    )
    history.add(replace(history.experiments[4], experiment=6, value=0.81))
    assert standing(history) == (
        "0.900000 -> 0.810000 (-10.00%), experiment 6, since the base moved (experiment 5)"
    )


def test_ten_thousand_rows_take_no_time(make_history):
    """A long campaign prints in a fraction of a second."""
    rows = make_history(*[(1.5, Reason.WORSE)] * 10_000).experiments
    began = time.process_time()
    assert len(list(table(rows, Layout(80, Paint(colour=True))))) == 10_002
    assert time.process_time() - began < 1.5
