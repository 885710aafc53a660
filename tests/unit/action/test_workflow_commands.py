"""What the runner obeys, and what it must not."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.action.workflow_commands import WorkflowCommands

EVIL = st.one_of(
    st.text(),
    st.sampled_from(["\n::set-env name=A::b", "%0A::error::x", "\r\n##[command]x", "::stop-commands::x", "a,title=b::c"]),
    st.lists(st.sampled_from(["\n", "\r", "::", "%", "%0A", ",", "a", "]"])).map("".join),
)  # fmt: skip


def unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


@given(EVIL, EVIL)
def test_a_message_is_one_command(message, title):
    """Whatever is in a message or a title, the runner sees one command with just that text."""
    stream = io.StringIO()
    WorkflowCommands(stream).error(message, title)
    (line, end) = stream.getvalue().split("\n")
    assert (end, "\r" in line) == ("", False)
    found = re.fullmatch(r"::error title=([^:,]*)::(.*)", line)
    assert found
    assert (unescaped(found[1]), unescaped(found[2])) == (title, message)


@given(EVIL)
def test_a_mask_is_one_command_for_each_line(secret):
    """A secret of several lines is masked line by line, since the log is printed line by line."""
    stream = io.StringIO()
    WorkflowCommands(stream).mask(secret)
    lines = stream.getvalue().split("\n")[:-1]
    assert all(line.startswith("::add-mask::") for line in lines)
    wanted = {secret.strip(), *(line.strip() for line in secret.splitlines())} - {""}
    assert {unescaped(line.removeprefix("::add-mask::")) for line in lines} == wanted


def test_unheard():
    """Between stop and resume stands a word that is new each time, also when something is raised."""
    words = []
    for _ in range(2):
        stream = io.StringIO()
        with pytest.raises(KeyboardInterrupt), WorkflowCommands(stream).unheard():
            print("::set-env name=A::b", file=stream)
            raise KeyboardInterrupt
        first, _, last = stream.getvalue().splitlines()
        words.append(first.removeprefix("::stop-commands::"))
        assert last == f"::{words[-1]}::"
        assert len(words[-1]) == 32
    assert words[0] != words[1]


def test_a_group_is_closed():
    """A part of the log that can be folded ends where it ends, whatever happens."""
    stream = io.StringIO()
    with WorkflowCommands(stream).group("a\nb"):
        pass
    assert stream.getvalue() == "::group::a%0Ab\n::endgroup::\n"
