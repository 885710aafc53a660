"""A session as it happens."""

from __future__ import annotations

import io
import os
import re

import pytest
from rich.cells import cell_len

from autoresearch_ci.core.model import (
    ExperimentStart,
    IncumbentMeasured,
    Phase,
    ProposalRejected,
    Reason,
)
from autoresearch_ci.reports.progress import (
    STOPPING,
    LiveLine,
    Progress,
)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Closed(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, _text):
        raise BrokenPipeError(32, "Broken pipe")


def started(number=4, title="LR 0.02 -> 0.04"):
    return ExperimentStart(
        tag="mar17", session="s1", timestamp="2026-03-17T14:35:00Z", experiment=number,
        description=title, parent="a" * 40, candidate="b" * 40, proposer="search",
    )  # fmt: skip


@pytest.fixture
def history(make_history):
    return make_history((0.98, Reason.IMPROVED), (1.2, Reason.WORSE))


def test_plain_lines_tell_the_beginning_and_the_end(history):
    """Off a terminal there is one line when an experiment starts and one when it ends."""
    out = io.StringIO()
    with Progress(out) as progress:
        progress.begin("opening", history, 300)
        progress.show(IncumbentMeasured(0.985, 12))
        progress.show(started(1, "idea \x1b[2J1"))
        progress.show(history.experiments[1])
    lines = out.getvalue().splitlines()
    assert lines[0] == "opening"
    assert "the incumbent measured again: 0.985000 in 12s" in lines[3]
    assert lines[4] == "   1  started  idea 1"
    assert lines[5].split()[:3] == ["1", "keep", "0.980000"]
    assert "\x1b" not in out.getvalue()


def test_quiet_shows_nothing(history, capsys):
    """With --quiet the events pass by in silence."""
    with Progress() as progress:
        progress.begin("opening", history, 300)
        progress.show(started())
        progress.stopping()
    assert capsys.readouterr() == ("", "")


def test_the_live_line_says_number_idea_clock_and_best(history):
    """Number, idea, elapsed against budget, best so far; and it ticks by itself."""
    clock = Clock()
    line = LiveLine(clock)
    line.history, line.budget = history, 300
    line.show(started())
    clock.now = 72
    assert re.fullmatch(r". #4 LR 0\.02 -> 0\.04 +1m12s of 5m00s  best 0\.980000", line.text(80))
    clock.now = 73
    assert "1m13s" in line.text(80)


@pytest.mark.parametrize("width", [1, 10, 30, 40, 80, 200])
def test_the_live_line_never_wraps(history, width):
    """However narrow the window and however wide the idea, it is one line of it."""
    line = LiveLine(Clock())
    assert cell_len(line.text(width)) <= width
    line.history, line.budget = history, 300
    line.show(started(12345, "학습률을 두 배로 늘린다 " * 9))
    assert cell_len(line.text(width)) <= width


def test_in_forty_columns_the_idea_gives_way_first(history):
    """A narrow window keeps the clock and the best."""
    line = LiveLine(Clock())
    line.history, line.budget = history, 300
    line.show(started())
    assert re.match(r". #4 0\.0s  best 0\.980000  LR", line.text(40))


def test_the_live_line_says_what_it_waits_for(history):
    """Between experiments and while stopping it is never silent."""
    line = LiveLine(Clock())
    assert "preparing" in line.text(60)
    line.show(history.experiments[1])
    assert "choosing the next experiment" in line.text(60)
    line.show(started())
    line.state = STOPPING
    assert STOPPING in line.text(80)


def test_finished_experiments_stay_above_the_live_line(history, monkeypatch):
    """On a terminal each verdict is printed once, and the cursor is given back at the end."""
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with Progress(out, live=True) as progress:
        progress.begin("opening", history, 300)
        progress.show(started(1))
        progress.show(history.experiments[1])
    shown = out.getvalue()
    assert shown.count("idea 1") == 1
    assert shown.endswith("\x1b[?25h") or "\x1b[?25h" in shown.split("idea 1")[1]


def test_markup_in_a_title_is_not_obeyed(history, monkeypatch):
    """Square brackets in a title are shown as they are."""
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with Progress(out, live=True) as progress:
        progress.begin("opening", history, 300)
        progress.show(started(1, "[red]x[/red] :smile:"))
        progress.show(history.experiments[1])
    assert "[red]x[/red] :smile:" in out.getvalue()


@pytest.mark.parametrize("live", [False, True])
def test_output_that_goes_away_raises_nothing(history, live):
    """A closed terminal or `| head` is told apart quietly, so that the session can end."""
    progress = Progress(Closed(), live=live)
    with progress:
        progress.begin("opening", history, 300)
        progress.show(started())
    assert progress.gone


def test_plain_says_that_it_is_stopping():
    """From a signal handler the words go straight to the stream."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as stream:
        Progress(stream).stopping()
    with os.fdopen(read) as stream:
        assert stream.read() == f"{STOPPING}\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("live", [False, True])
def test_an_answer_that_came_to_nothing_is_shown_with_its_reason(history, live):
    """Whoever pays for a model sees why nothing was tried."""
    out = io.StringIO()
    with Progress(out, live=live) as progress:
        progress.begin("opening", history, 300)
        progress.show(
            ProposalRejected("mar17", "s1", "", 3, "", "HTTP 401: \x1b[2Jset a key", "openai")
        )
    assert "nothing to try from openai: HTTP 401: set a key" in out.getvalue()


def test_the_live_line_names_the_command_that_runs(history):
    """Whoever looks sees which command it is, for how long, and how long it may take."""
    clock = Clock()
    line = LiveLine(clock)
    line.show(Phase("setup_command", 3600))
    assert re.fullmatch(r". setup_command  0\.0s", line.text(60))
    line.history, line.budget = history, 300
    line.show(started())
    clock.now = 100
    line.show(Phase("guard_command", 600))
    clock.now = 112
    assert line.text(90).endswith("guard_command  12s of 10m00s  best 0.980000")
    assert cell_len(line.text(30)) <= 30
    line.show(history.experiments[1])
    assert "choosing the next experiment" in line.text(60)


def test_a_pipe_is_told_what_begins_and_now_and_then_what_goes_on(history):
    """Hours without a verdict are not silent, and not many lines either."""
    clock, out = Clock(), io.StringIO()
    progress = Progress(out, clock=clock)
    progress.show(Phase("setup_command", 3600, opens=True))
    assert out.getvalue() == "      setup_command\n"
    progress.begin("opening", history, 300)
    progress.show(started(1))
    progress.show(Phase("candidate", 300))
    before = out.getvalue()
    for _ in range(36000):  # ten hours
        clock.now += 1
        progress.beat()
    said = out.getvalue().removeprefix(before).splitlines()
    assert said[:2] == ["      candidate: 15s so far", "      candidate: 45s so far"]
    assert 40 < len(said) < 80


def test_nothing_is_said_of_what_is_over(history):
    """Between two commands, and after the end, no line claims that one still runs."""
    clock, out = Clock(), io.StringIO()
    with Progress(out, clock=clock) as progress:
        progress.show(Phase("candidate", 300))
        progress.show(history.experiments[1])
        before = out.getvalue()
        clock.now = 1000
        progress.beat()
        progress.show(Phase("candidate", 300))
    clock.now = 5000
    progress.beat()
    assert out.getvalue() == before
