"""What is looked at next, beside what the model of the past thinks best."""

from __future__ import annotations

import math
from collections import Counter

import pytest

CHOICES = (
    'KIND = "plain"  # plain, wild, round or flat\n'
    'ORDER = "first"  # first, last or any\n'
    + "".join(f"{name} = 1.0\n" for name in ("ALPHA", "GAIN", "REACH", "CUTOFF", "SPREAD", "FORCE"))
)
NUMBERS = "".join(f"{name} = 8.0\n" for name in ("ALPHA", "GAIN", "REACH", "ORDER", "TERMS"))


@pytest.mark.parametrize("seed", "abcdef")
def test_an_option_that_was_bad_does_not_hide_the_others(campaign, read, seed):
    """After one much worse option the remaining ones still have their turn, small gains or not."""

    def metric(text):
        kind = 30.0 * ('"wild"' in text) - 0.5 * ('"flat"' in text)
        small = sum(abs(math.log2(read(text, name) / 6)) for name in ("ALPHA", "GAIN", "FORCE"))
        return 1 + kind + 0.01 * small

    run = campaign(CHOICES, metric, seed=seed).run(30)
    assert '"flat"' in run.source.text


def test_what_changes_nothing_rests(campaign, read):
    """A number that did not change a digit of the metric is left in peace for a while."""

    def metric(text):
        return 1 + abs(math.log2(read(text, "ALPHA") / 8)) + abs(math.log2(read(text, "GAIN") / 8))

    run = campaign(NUMBERS, metric, seed="a").run(30)
    moved = Counter(name for proposal in run.proposals for name in proposal.change["set"])
    assert max(moved[name] for name in ("REACH", "ORDER", "TERMS")) <= 6
    assert min(moved[name] for name in ("REACH", "ORDER", "TERMS")) >= 1


def test_where_everything_rests_the_search_goes_on(campaign):
    """A metric that never moves leaves the search with ideas all the same."""
    run = campaign(NUMBERS, lambda _: 1.0, seed="a").run(30)
    assert len(run.proposals) == 30


@pytest.mark.parametrize("seed", "abc")
def test_what_rests_is_tried_before_the_search_gives_up(campaign, read, seed):
    """A number that does nothing by itself is moved together with the option that needs it."""
    text = 'ORDER = "rows"  # rows, columns or tiles\nTILE = 4  # 1..64\n'

    def metric(text):
        if '"tiles"' in text:
            return 4 + 96 / read(text, "TILE")
        return 25.0 if '"columns"' in text else 10.0

    run = campaign(text, metric, seed=seed).run(30)
    assert metric(run.source.text) < 10
