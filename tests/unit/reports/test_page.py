"""A campaign as a page on a forge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Reason, SessionEnd, StopReason
from autoresearch_ci.reports.page import Page, conclusion
from tests.unit.conftest import BASELINE

WEB = "https://github.example/o/r"


@pytest.fixture
def ended():
    return SessionEnd("mar17", "s1", "2026-03-17T15:00:00Z", StopReason.MAX_EXPERIMENTS, 3, 1, 0.9)


@pytest.fixture
def history(make_history):
    return make_history((0.9, Reason.IMPROVED), (1.2, Reason.WORSE), (None, Reason.TIMEOUT))


def test_it_says_where_the_campaign_stands(history, session_start):
    """Baseline, best, percent, counts, the kept ideas and the last ones."""
    page = Page("mar17", history, session_start).readme()
    assert "**val\\_bpb 1.000000 → 0.900000 (-10.00%)**" in page
    assert "3 experiments: 1 kept, 1 discarded, 1 crashed." in page
    assert "| 1 | idea 1 | 0.900000 | -0.100000 (-10.00%) |" in page
    assert "| 3 |  |  | crash: timeout | idea 3 |" in page


def test_a_report_says_why_it_stopped_and_what_to_do(history, session_start, ended):
    """The reader sees the change, and the commands and links to take it."""
    patch = "--- a/train.py\n+++ b/train.py\n-LR = 1\n+LR = 2\n"
    page = Page(
        "mar17", history, session_start, ended, ("no `checks: write`",), patch, WEB, "c.svg"
    )
    text = page.report(65_000)
    for part in (
        "Stopped: max_experiments reached.",
        "git fetch origin autoresearch/mar17 && git merge --ff-only FETCH_HEAD",
        f"({WEB}/compare/{session_start.base}...autoresearch/mar17)",
        f"({WEB}/tree/autoresearch/mar17)",
        "```diff",
        "+LR = 2",
        "(c.svg)",
        "> no",
    ):
        assert part in text


def test_a_change_for_somebody_elses_branch(history, session_start, ended):
    """The commands bring it there, and a branch's name in them is only a name."""
    page = Page("mar17", history, session_start, ended, into="a;b")
    take = [line for line in page.report(65_000).splitlines() if line.startswith("git ")]
    assert take == [
        "git fetch origin && git switch 'a;b' && git pull --ff-only",
        "git merge origin/autoresearch/mar17 && git push origin 'a;b'",
    ]


def test_nothing_is_offered_where_nothing_is_better(make_history, session_start, ended):
    """Without a kept change there is nothing to take."""
    page = Page("mar17", make_history((1.2, Reason.WORSE)), session_start, ended, web=WEB)
    assert "git merge" not in page.report(65_000)
    assert "compare" not in page.report(65_000)


def test_best_first(make_history, session_start):
    """The table that is asked for begins with the best; cheats and crashes come last."""
    history = make_history(
        (1.2, Reason.WORSE), (0.9, Reason.IMPROVED), (0.1, Reason.GUARD_FAILED),
        (None, Reason.TIMEOUT), (0.95, Reason.WORSE),
    )  # fmt: skip
    text = Page("mar17", history, session_start).best_first(65_000)
    order = [
        int(line.split("|")[1])
        for line in text.splitlines()
        if line.startswith("| ") and line[2].isdigit()
    ]
    assert order == [2, 5, 0, 1, 3, 4]


@settings(max_examples=30)
@given(title=st.text(max_size=300), limit=st.sampled_from([65_000, 1_000_000]))
def test_every_page_keeps_its_limit(title, limit):
    """2,000 experiments with any titles and a huge patch fit into any limit of the forge."""
    history = History(Direction.LOWER)
    history.add(BASELINE)
    for number in range(1, 400):
        history.add(
            replace(
                BASELINE, experiment=number, description=title * 3, value=1 - number / 1000,
                prev=1 - (number - 1) / 1000, reason=Reason.IMPROVED, candidate=str(number),
            )
        )  # fmt: skip
    page = Page("mar17", history, None, patch=f"+{title}\n" * 5000, web=WEB)
    assert len(page.report(limit)) <= limit
    assert len(page.best_first(limit)) <= limit
    assert len(page.readme()) <= 20_000


def test_2000_experiments_fit(make_history, session_start, ended):
    """A campaign of 2,000 keeps is still a page, which says where the rest is."""
    history = make_history(*[(1 - n / 4000, Reason.IMPROVED) for n in range(2000)])
    page = Page("mar17", history, session_start, ended)
    assert len(page.report(65_000)) <= 65_000
    assert "more are in `results.tsv`" in page.report(65_000)
    assert "more are in `results.tsv`" in page.readme()


def test_a_campaign_without_a_baseline_has_a_page(session_start):
    """Nothing to divide by, nothing to fail on."""
    page = Page("mar17", History(Direction.LOWER), session_start)
    assert "no baseline" in page.readme()
    assert "no baseline" in page.report(65_000)
    assert "no baseline" in page.best_first(65_000)


@pytest.mark.parametrize(
    ("reason", "kept", "word"),
    [
        (StopReason.MAX_EXPERIMENTS, 1, "improved"),
        (StopReason.PATIENCE, 0, "no_improvement"),
        (StopReason.INTERRUPTED, 1, "stopped"),
        (StopReason.ERROR, 0, "error"),
    ],
)
def test_a_result_is_one_word(ended, reason, kept, word):
    """What a workflow goes on with."""
    assert conclusion(replace(ended, reason=reason, kept=kept)) == word
    assert conclusion(None) == "error"
