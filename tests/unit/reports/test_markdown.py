"""The page on the logs branch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.model import Reason
from autoresearch_ci.reports.markdown import campaign, escape


def test_it_says_where_the_campaign_stands(make_history, session_start):
    """Baseline, best, percent, counts, the kept ideas and the last ones."""
    history = make_history((0.9, Reason.IMPROVED), (1.2, Reason.WORSE), (None, Reason.TIMEOUT))
    page = campaign("mar17", history, session_start)
    assert "val_bpb 1.000000 -> 0.900000 (-10.00%)" in page
    assert "3 experiments: 1 kept, 1 discarded, 1 crashed." in page
    assert "| 1 | 0.900000 | -0.100000 | keep: improved | idea 1 |" in page
    assert "| 3 |  |  | crash: timeout | idea 3 |" in page


def test_its_length_is_bounded(make_history, session_start):
    """A campaign of 2,000 keeps is still a page, which says where the rest is."""
    history = make_history(*[(1 - n / 4000, Reason.IMPROVED) for n in range(2000)])
    page = campaign("mar17", history, session_start)
    assert len(page) < 20_000
    assert "1950 older ones are in `results.tsv`." in page


def test_a_campaign_without_a_baseline_has_a_page(make_history, session_start):
    """Nothing to divide by, nothing to fail on."""
    from autoresearch_ci.history import History
    from autoresearch_ci.model import Direction

    assert "no baseline" in campaign("mar17", History(Direction.LOWER), session_start)


@given(st.text())
def test_a_title_is_one_line_of_plain_words(text):
    """No title can mention, link, load an image, break the table or inject markup."""
    escaped = escape(text)
    assert "\n" not in escaped
    for char in "`[]<>|*":
        assert escaped.count(char) == escaped.count("\\" + char)
    assert "@a" not in escape("@a" + text)
    assert "://" not in escape("see https://example.org " + text)
