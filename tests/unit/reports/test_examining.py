"""The doctor at work, as it is seen."""

from __future__ import annotations

import io

from autoresearch_ci.reports.examining import STOPPING, Examining


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_which_change_it_is(monkeypatch):
    """The live line has the change, its number of how many, and the time that it has taken."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    out = Terminal()
    now = [100.0]
    with Examining(out, ["a", "b", "c"], clock=lambda: now[0]) as progress:
        progress.begin("b")
        progress.say("above")
        progress.stopping()
    text = out.getvalue()
    assert "2 of 3: b" in text
    assert "0s" in text
    assert "above\n" in text.replace("\r", "")
    assert STOPPING in text


def test_a_pipe_gets_lines():
    """Elsewhere each beginning is a line, and without a stream there is nothing."""
    out = io.StringIO()
    with Examining(out, ["a", "b"]) as progress:
        progress.begin("the project")
        progress.begin("b")
    assert out.getvalue() == "       the project\n       2 of 2: b\n"
    with Examining(None, ["a"]) as progress:
        progress.begin("a")
        progress.say("x")
