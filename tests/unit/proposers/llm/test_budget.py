"""What tokens cost, and that a limit is a limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import Experiment, ExperimentStart, ProposalRejected
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.proposers.llm.budget import Allowance, Prices, Spent, spent_on

DAY = "2026-03-17"
PRICES = Prices(3.0, 15.0)


def test_cost_is_per_million_and_as_billed() -> None:
    """Cached input costs what it was billed as, not what was sent."""
    assert PRICES.cost(Usage(1_000_000, 100_000, 500_000.0)) == pytest.approx(1.5 + 1.5)


@pytest.mark.parametrize("prices", [Prices(), Prices(3.0), Prices(None, 15.0)])
def test_unknown_price_is_no_cost_and_known_to_be_unknown(prices: Prices) -> None:
    """Half a price list gives no cost, rather than half of one."""
    assert not prices.known
    assert prices.cost(Usage(10, 10, 10.0)) == 0
    assert Prices(0.0, 0.0).known


def test_spending_of_a_day_is_that_of_utc(baseline: Experiment) -> None:
    """The day's total is read from the ledger, whatever zone a record was written in."""
    written = [
        ("2026-03-16T23:59:59Z", 1, 0.1),
        ("2026-03-17T00:00:00Z", 2, 0.2),
        ("2026-03-17T23:59:59Z", 4, 0.4),
        ("2026-03-18T01:30:00+02:00", 8, 0.8),
        ("2026-03-18T00:00:00Z", 16, 1.6),
        ("", 32, 3.2),
        ("yesterday", 64, 6.4),
        ("2026-03-17T12:00:00Z", 0, 0.0),
    ]
    experiments = [
        replace(baseline, timestamp=moment, tokens=tokens, cost_usd=cost)
        for moment, tokens, cost in written
    ]
    spent = spent_on(experiments, DAY)
    assert spent.tokens == 14
    assert spent.cost_usd == pytest.approx(1.4)


def test_every_kind_of_record_counts_once(baseline: Experiment) -> None:
    """Rejected answers and ideas that a kill cut short were paid for too."""
    moment = f"{DAY}T12:00:00Z"
    start = ExperimentStart("mar17", "s1", moment, 1, "", "", "", "openai", 10, 0.1)
    done = replace(baseline, experiment=1, timestamp=moment, tokens=12, cost_usd=0.2)
    rejected = ProposalRejected("mar17", "s1", moment, 2, "", "no answer", "openai", 100, 1.0)
    elsewhere = replace(start, tag="other")
    cut = replace(start, experiment=2, tokens=1000, cost_usd=10.0)
    spent = spent_on([start, done, rejected, elsewhere, cut], DAY)
    assert spent.tokens == 12 + 100 + 10 + 1000
    assert spent.cost_usd == pytest.approx(0.2 + 1.0 + 0.1 + 10.0)


def test_call_that_could_go_over_is_refused_with_the_reason() -> None:
    """Each limit says which it is and how much is left."""
    worst = Usage(900, 100, 900.0)
    tokens = Allowance(Prices(), max_tokens=1500, day=DAY)
    assert tokens.refuses(worst, DAY) is None
    tokens.spend(Usage(600, 1, 600.0), DAY)
    assert tokens.refuses(worst, DAY) == (
        "The next call may take 1,000 tokens and 899 of max_tokens (1,500) are left."
    )
    session = Allowance(PRICES, max_cost_usd=0.004, day=DAY)
    assert "max_cost_usd (0.004)" in (session.refuses(worst, DAY) or "")
    today = Allowance(PRICES, max_cost_usd_per_day=1.0, day=DAY, earlier=Spent(0, 0.999))
    assert "max_cost_usd_per_day (1)" in (today.refuses(worst, DAY) or "")


def test_new_day_begins_anew() -> None:
    """A session that sees midnight gets the next day's limit, and keeps its own."""
    worst = Usage(0, 100_000, 0.0)
    allowance = Allowance(
        PRICES, max_cost_usd=4.0, max_cost_usd_per_day=2.0, day=DAY, earlier=Spent(0, 1.0)
    )
    assert allowance.refuses(worst, DAY)
    assert allowance.refuses(worst, "2026-03-18") is None
    allowance.spend(worst, "2026-03-18")
    assert allowance.refuses(worst, "2026-03-18")
    allowance.spend(worst, "2026-03-19")
    assert "max_cost_usd (4)" in (allowance.refuses(worst, "2026-03-20") or "")


def test_nothing_limits_where_nothing_is_set() -> None:
    """Without limits everything may be spent, and it is still counted."""
    allowance = Allowance(PRICES)
    huge = Usage(10**12, 10**12, 1e12)
    assert allowance.refuses(huge, DAY) is None
    assert allowance.spend(huge, DAY) == allowance.session
    assert allowance.session.tokens == 2 * 10**12


calls = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.floats(0, 1), st.integers(0, 3))
)


@given(calls, st.integers(1, 10_000), st.floats(0.001, 0.1), st.floats(0.001, 0.1))
def test_limits_hold_whatever_is_asked(
    asked: list[tuple[int, int, float, int]], tokens: int, cost: float, daily: float
) -> None:
    """If no call is made that is refused, and none exceeds its worst case, no limit is passed."""
    allowance = Allowance(
        PRICES, max_tokens=tokens, max_cost_usd=cost, max_cost_usd_per_day=daily, day="0"
    )
    total, day = Spent(), 0
    by_day: dict[int, float] = {}
    for sent, output, share, days in asked:
        day += days // 3
        worst = Usage(sent, output, sent * 1.25)
        if allowance.refuses(worst, str(day)) is None:
            used = Usage(int(sent * share), int(output * share), int(sent * share) * 1.25)
            spent = allowance.spend(used, str(day))
            total += spent
            by_day[day] = by_day.get(day, 0.0) + spent.cost_usd
    assert total == allowance.session
    assert total.tokens <= tokens
    assert total.cost_usd <= cost
    assert all(spent <= daily for spent in by_day.values())
