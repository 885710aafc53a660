"""`results --watch`: what a session is at, from what it leaves for those who look."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from autoresearch_ci.campaign import phase
from autoresearch_ci.cli import watch
from autoresearch_ci.core.model import ExperimentStart, Phase
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from tests.projects import PARSED, SETTINGS, make_project

IDEA = "#3 is running: LR 0.04 -> 0.08"


@pytest.fixture
def page(monkeypatch, tmp_path, session_start):
    """The last line of the view, at this width, with what is under way and what was left."""

    def look(running, left=None, columns=100):
        monkeypatch.setattr(watch, "is_live", lambda _stream: True)
        monkeypatch.setattr(watch, "_since", lambda _running: 12.0)
        size = os.terminal_size((columns, 40))
        monkeypatch.setattr(watch.shutil, "get_terminal_size", lambda: size)
        if left:
            told = stack.enter_context(phase.shown_in(tmp_path, session_start.session, print))
            told(left)
            os.utime(tmp_path / phase.NAME, (time.time() - 4.2,) * 2)
        view = SimpleNamespace(
            running=running,
            under_way=(),
            sessions=[session_start],
            phases=[tmp_path / phase.NAME],
        )
        lines = ["a row", IDEA] if running else ["a row"]
        found = watch._page(view, lambda _view, _last: list(lines), Namespace(last=None))
        assert max(map(cell_len, found)) <= columns
        return found[-1]

    with ExitStack() as stack:
        yield look


@pytest.fixture
def running(session_start):
    """An experiment that has just begun."""
    return ExperimentStart(
        "mar17", session_start.session, timestamp(), 3, "LR", "a" * 40, "b" * 40, "search"
    )


def test_it_says_which_command_runs_and_for_how_long(page, running):
    """The idea, all its time so far, and the command with its own time and limit."""
    assert page(running, Phase("guard_command", 600)) == (
        f"{IDEA}  12s; guard_command 4.2s of 10m00s"
    )


def test_in_a_narrow_window_the_idea_goes_before_the_command(page, running):
    """The limit goes first, then the command; the time stays."""
    assert page(running, Phase("guard_command", 600), 65) == f"{IDEA}  12s; guard_command 4.2s"
    assert page(running, Phase("guard_command", 600), 50) == f"{IDEA}  12s"


def test_between_experiments_it_says_what_is_waited_for(page):
    """Choosing an idea may take a model minutes; the setup command, too."""
    assert page(None, Phase("choosing the next experiment")) == (
        "choosing the next experiment 4.2s so far"
    )


def test_what_an_earlier_session_has_left_is_not_shown(page, running, tmp_path):
    """A session that was killed leaves its phase behind."""
    (tmp_path / phase.NAME).write_text('["another", "guard_command", 0]')
    assert phase.read(tmp_path / phase.NAME)
    assert page(running) == f"{IDEA}  12s"


def test_a_short_phase_leaves_nothing_of_a_long_one(tmp_path):
    """Each is written over the last, whatever their lengths."""
    with phase.shown_in(tmp_path, "s1", print) as tell:
        for text in ("é" * 500, "x"):
            tell(Phase(text))
        assert phase.read(tmp_path / phase.NAME).phase.text == "x"
    assert not (tmp_path / phase.NAME).exists()


def test_half_a_phase_is_none(tmp_path):
    """One that is being written, or is none."""
    for text in ("", "[", "[1, 2]", '["a", "b", "c"]', "7"):
        (tmp_path / phase.NAME).write_text(text)
        assert phase.read(tmp_path / phase.NAME) is None


def test_a_session_leaves_its_phases_and_takes_the_last_away(tmp_path):
    """Choosing, and each run; nothing after the end."""
    project = make_project(tmp_path / "p")
    left, seen = project / ".git/autoresearch" / phase.NAME, []
    request = SessionRequest(
        project,
        {**SETTINGS, **PARSED, "tag": "t"},
        proposer=ScriptedProposer([]),
        tell=lambda _event: seen.append(phase.read(left)),
    )
    with open_session(request) as session:
        list(research(session))
    said = [each.phase.text.split(",")[0] for each in seen]
    assert set(said) == {"baseline", "metric_parse", "choosing the next experiment"}
    assert said[-1] == "choosing the next experiment"
    assert not left.exists()
