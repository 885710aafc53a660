"""Pieces of Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from autoresearch_ci.core.model import Reason
from autoresearch_ci.reports.markdown import cut_diff, escape, fenced, table

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


@given(st.text())
def test_a_title_is_one_line_of_plain_words(text):
    """No title can mention, link, load an image, break the table or inject markup."""
    escaped = escape(text)
    assert "\n" not in escaped
    for char in "`[]<>|*":
        assert escaped.count(char) == escaped.count("\\" + char)
    assert "@a" not in escape("@a" + text)
    assert "://" not in escape("see https://example.org " + text)


@given(st.text())
def test_a_title_is_shown_as_it_is(text):
    """Read as Markdown, an escaped title is one paragraph of text that says what it said."""
    tokens = MARKDOWN.parse("x " + escape(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children} <= {"text", "text_special", "softbreak"}


@pytest.mark.parametrize("text", ["@octocat", "#12", "GH-12", "o/r#1", "www.example.org", "a:b:"])
def test_words_that_a_forge_makes_links_of_are_taken_apart(text):
    """An idea's title notifies nobody and turns up in no other discussion."""
    assert text not in escape(text).replace("\\", "")
    assert escape(text).replace("\\", "").replace("\u200b", "") == text


@given(st.text(alphabet="`~a\n ", max_size=60))
def test_nothing_in_a_code_block_ends_it(text):
    """Whatever a log or a patch holds, it stays inside its block."""
    tokens = MARKDOWN.parse(fenced(text, "diff"))
    assert [token.type for token in tokens] == ["fence"]


def test_a_table_is_cut_with_a_note(make_history):
    """What does not fit is counted, and said where to find."""
    history = make_history(*[(1 + n / 10, Reason.WORSE) for n in range(100)])
    text = table(history.experiments, 1000, "more elsewhere")
    shown = text.count("\n| ") - 0
    assert len(text) <= 1000
    assert f"{101 - shown} more elsewhere" in text


def test_a_long_change_is_cut_at_a_line():
    """A huge patch does not crowd everything else out, and says that it was cut."""
    text = cut_diff("+line of a patch\n" * 1000, 500)
    assert len(text) < 700
    assert text.endswith("The rest of this change is on the branch.")
