"""What ideas cost."""

from __future__ import annotations

from dataclasses import replace

from autoresearch_ci.core.model import ProposalRejected, Reason, Status
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.table import costs
from tests.unit.conftest import BASELINE


def test_each_proposer_that_costs_has_a_line(make_history):
    """Keeps per thousand tokens and per dollar, with the answers that came to nothing."""
    history = make_history((0.9, Reason.IMPROVED))  # the search's, at no cost
    for number, status in ((2, Status.KEEP), (3, Status.DISCARD)):
        history.add(
            replace(
                BASELINE, experiment=number, status=status, proposer="openai", tokens=1500,
                cost_usd=0.2, candidate=str(number),
            )
        )  # fmt: skip
    history.rejected.append(ProposalRejected("t", "s", "", 4, "", "no", "openai", 1000, 0.1))
    lines = list(costs(history))
    assert lines == [
        (
            "openai: 2 ideas tried, 1 kept, 4,000 tokens (0.25 keeps per thousand), 0.5000 USD "
            "(2 keeps per dollar)"
        )
    ]
    assert "keeps per thousand" in Page("t", history, None).readme()


def test_without_prices_dollars_are_not_told(make_history):
    """An unknown price is not taken for nothing."""
    history = make_history()
    history.rejected.append(ProposalRejected("t", "s", "", 1, "", "no", "openai", 1000, 0.0))
    assert list(costs(history)) == [
        "openai: 0 ideas tried, 0 kept, 1,000 tokens (0 keeps per thousand)"
    ]


def test_the_search_costs_nothing(make_history):
    """A campaign without a model has no line."""
    assert not list(costs(make_history((0.9, Reason.IMPROVED))))
