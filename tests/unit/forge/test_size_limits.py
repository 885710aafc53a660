"""Texts are cut to the room there is, from the oldest end, and never break what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.forge.size_limits import NOTE, SizeLimit, cut, fit

LINES = st.lists(
    st.sampled_from(["word", "é", "🔬" * 30, "```", "````py", "~~~", "<details>", "</details>", ""])
    | st.text(max_size=120),
    max_size=60,
).map("\n".join)
ROOMS = st.builds(SizeLimit, st.integers(0, 3000), st.booleans())


@given(LINES, ROOMS)
def test_it_always_fits(text, room):
    """However little room there is, the result fits, and what fits is not touched."""
    short = cut(text, room)
    assert room.size(short) <= room.most
    if room.size(text) <= room.most:
        assert short == text


@given(st.text(max_size=300), ROOMS)
def test_the_start_is_a_start(text, room):
    """What is kept of a text is its beginning, in whole characters."""
    start = room.start(text)
    assert text.startswith(start)
    assert room.size(start) <= room.most


def test_surrogates():
    """A text with halves of characters, as a damaged log may have, is cut all the same."""
    assert SizeLimit(5, in_bytes=True).start("\ud800" * 4) == "\ud800"


def test_whole_lines_and_a_note():
    """Whole lines are kept from the top, and the note says that something is missing."""
    text = "".join(f"line {n}\n" for n in range(1000))
    short = cut(text, SizeLimit(1000))
    *lines, blank, note = short.splitlines()
    assert lines == text.splitlines()[: len(lines)]
    assert (blank, note) == ("", NOTE)
    assert len(short) > 700


@pytest.mark.parametrize("fence", ["```", "~~~~", "```diff"])
def test_a_code_block_is_closed(fence):
    """A cut within a code block closes it, so that the note is not shown as code."""
    text = f"head\n{fence}\n" + "code\n" * 1000
    lines = cut(text, SizeLimit(1000)).splitlines()
    assert lines[-3] == fence.rstrip("dif")
    assert lines[-1] == NOTE


def test_details_are_closed():
    """A cut within folded parts closes them, and counts no tag that is code."""
    text = "<details>\n<details>\n```\n<details>\n```\n" + "word\n" * 1000
    assert cut(text, SizeLimit(1000)).count("</details>") == 2


ROWS = st.lists(st.text(st.characters(codec="utf-8"), max_size=50).map(lambda r: f"{r}\n"))


@given(ROWS, st.integers(0, 2000), st.booleans())
def test_the_newest_rows_are_kept(rows, most, in_bytes):
    """Of rows the newest are kept, as many as fit, and the note counts the others."""
    room = SizeLimit(most, in_bytes)
    page = fit("head\n", rows, "tail\n", room, "{count} older\n")
    assert room.size(page) <= most
    if room.size("head\n" + "".join(rows) + "tail\n") <= most:
        assert page == "head\n" + "".join(rows) + "tail\n"
    elif most >= room.size("head\n99999 older\ntail\n"):
        fits = [
            n
            for n in range(len(rows))
            if page == f"head\n{''.join(rows[:n])}{len(rows) - n} older\ntail\n"
        ]
        assert fits
        more = f"head\n{''.join(rows[: fits[-1] + 1])}{len(rows)} older\ntail\n"
        assert room.size(more) > most


def test_without_room_for_head_and_tail():
    """Where not even head and tail have room, the whole is cut like any text."""
    assert len(fit("head\n" * 200, ["row\n"], "tail\n", SizeLimit(500), "{count}")) <= 500
