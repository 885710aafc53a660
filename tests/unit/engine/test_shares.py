"""Shares of the limits that several lanes have together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.model import Lane
from autoresearch_ci.engine.shares import even, share, whole


def shares(total, count, ended=(), part=whole):
    return [share(total, Lane(number, count), ended, part) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("total", "count", "parts"),
    [(10, 1, [10]), (10, 4, [3, 3, 2, 2]), (3, 4, [1, 1, 1, 0]), (8, 4, [2, 2, 2, 2])],
)
def test_a_limit_is_shared_out(total, count, parts):
    """Each lane gets as many experiments as any other, or one less, and all of them the whole."""
    assert shares(total, count) == parts


def test_what_a_lane_leaves_goes_to_the_others():
    """A lane that ended early leaves the rest to those at work, and one that used all leaves none."""
    assert shares(12, 4, [(2, 0)]) == [4, 3, 4, 4]
    assert shares(12, 4, [(2, 3)]) == [3, 3, 3, 3]
    assert shares(12, 4, [(2, 0), (4, 1)]) == [6, 4, 5, 4]
    assert shares(6.0, 3, [(1, 0.5)], even) == [2.0, 2.75, 2.75]


def test_what_nobody_knows_is_left_out():
    """A lane that is not of these, or was counted before, changes nothing."""
    assert shares(12, 4, [(9, 0), (2, 3), (2, 0)]) == [3, 3, 3, 3]


@st.composite
def campaigns(draw):
    """A limit for some lanes, which end one after the other; each knows of some of the ends."""
    count = draw(st.integers(1, 9))
    total = draw(st.integers(0, 60))
    order = draw(st.permutations(range(1, count + 1)))
    heard = draw(st.lists(st.sets(st.integers(0, count)), min_size=count, max_size=count))
    thrift = draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    return total, count, order, heard, thrift


@given(campaigns())
def test_the_lanes_never_use_more_than_there_is(campaign):
    """However late a lane hears of the others' ends, all of them together keep to the limit."""
    total, count, order, heard, thrift = campaign
    ended: list[tuple[int, int]] = []
    for number, known, left in zip(order, heard, thrift, strict=True):
        news = [end for at, end in enumerate(ended) if at in known]
        has = share(total, Lane(number, count), news, whole)
        assert has >= 0
        ended.append((number, max(0, has - left)))
    assert sum(used for _, used in ended) <= total


@given(st.integers(0, 60), st.integers(1, 9), st.data())
def test_all_of_it_can_be_used(total, count, data):
    """What there is, is used up where the last lane knows of all others' ends."""
    order = data.draw(st.permutations(range(1, count + 1)))
    ended: list[tuple[int, int]] = []
    for number in order[:-1]:
        has = share(total, Lane(number, count), ended, whole)
        ended.append((number, data.draw(st.integers(0, has))))
    last = share(total, Lane(order[-1], count), ended, whole)
    assert sum(used for _, used in ended) + last == total
