"""The picture of a campaign."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Reason, Status
from autoresearch_ci.reports.chart import DOTS, TITLES, biggest, chart, is_wide, span
from autoresearch_ci.reports.labels import Board
from tests.unit.conftest import BASELINE

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return ["".join(each.itertext()) for each in ET.fromstring(picture).iter(f"{SVG}text")]


def campaign(values, direction=Direction.LOWER, title="idea"):
    """A history in which whatever beats the last keep is kept; None is a crash."""
    history = History(direction)
    first, *others = values
    history.add(replace(BASELINE, value=first))
    for number, value in enumerate(others, start=1):
        best = history.incumbent.value
        better = value is not None and direction.gain(value, best) > 0
        status = Status.KEEP if better else Status.DISCARD if value is not None else Status.CRASH
        history.add(
            replace(
                BASELINE, experiment=number, value=value, prev=best, status=status,
                reason=Reason.IMPROVED, description=f"{title} {number}", candidate=str(number),
            )
        )  # fmt: skip
    return history


def test_the_same_history_is_the_same_picture():
    """A picture changes in the repository only when the campaign did."""
    first = chart(campaign([1.0, 0.9, None, 1.1, 0.8]))
    assert first == chart(campaign([1.0, 0.9, None, 1.1, 0.8]))
    program = (
        "import sys; from tests.unit.reports.test_chart import campaign, chart;"
        "sys.stdout.buffer.write(chart(campaign([1.0, 0.9, None, 1.1, 0.8])))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert other.stdout == first


def test_it_shows_each_verdict_the_best_and_the_kept_titles():
    """Who looks at it sees how many of each there were, and what helped."""
    shown = texts(chart(campaign([1.0, 0.9, None, 1.1, 0.8])))
    for part in ("keep (3)", "discard (1)", "crash (1)", "best so far: 0.800000", "idea 4"):
        assert part in shown


@settings(max_examples=25, deadline=None)
@given(title=st.text(max_size=60))
def test_no_title_gets_out_of_its_text(title):
    """Titles cannot become markup, formulas or scripts of the picture."""
    tree = ET.fromstring(chart(campaign([1.0, 0.5], title=f"<script>$x_{{$ {title}")))
    tags = {each.tag.removeprefix(SVG) for each in tree.iter()}
    assert not tags & {"script", "a", "image", "foreignObject"}
    assert any(
        text.startswith("<script>$x_{$")
        for text in texts(chart(campaign([1.0, 0.5], title="<script>$x_{$")))
    )


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(
        st.none()
        | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30),
        max_size=12,
    ),
    first=st.floats(min_value=-1e30, max_value=1e30),
    direction=st.sampled_from(Direction),
)
def test_any_values_have_a_picture(values, first, direction):
    """Zero, negative, huge and equal values are drawn, whichever way is better."""
    history = campaign([first, *values], direction)
    low, high = span([e.value for e in history.experiments if e.value is not None], history)
    assert low < high
    assert low <= history.incumbent.value <= high
    ET.fromstring(chart(history))


def test_a_value_far_off_does_not_flatten_the_line():
    """One absurd result leaves the steps of the kept ones to be seen."""
    low, high = span([1.0, 0.9, 0.8, 1e9], campaign([1.0, 0.9, 0.8, 1e9]))
    assert high - low < 1


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("first", [100.0, -100.0])
def test_a_baseline_far_off_is_an_arrow_with_its_value(first, direction):
    """The steps after a poor beginning fill the picture; its value is written at the edge."""
    sign = -1 if direction is Direction.LOWER else 1
    first = -sign * abs(first)
    values = [first, *(1 + sign * n / 100 for n in range(1, 20))]
    history = campaign(values, direction)
    low, high = span(values, history)
    assert high - low < 1
    assert f"{first:.6f}" in texts(chart(history))


def test_values_of_several_magnitudes_have_a_logarithmic_axis():
    """Where equal ratios say more than equal steps, the axis shows ratios."""
    values = [10.0 ** -(n / 4) for n in range(20)]
    low, high = span(values, campaign(values))
    assert is_wide(values, (low, high))
    assert not is_wide([-1.0, *values], (low, high))
    assert not is_wide([1.0, 0.5, 0.1], span([1.0, 0.5, 0.1], campaign([1.0, 0.5, 0.1])))


@pytest.mark.parametrize("count", [3, 30, 300])
@pytest.mark.parametrize("direction", Direction)
def test_no_words_lie_over_others(count, direction, monkeypatch):
    """What is written beside the kept ones never overlaps, however many there are."""
    boxes = []
    free = Board._is_free

    def spied(board, box):
        found = free(board, box)
        if found:
            boxes.append(box)
        return found

    monkeypatch.setattr(Board, "_is_free", spied)
    sign = -1 if direction is Direction.LOWER else 1
    chart(campaign([1 + sign * (n / 7 % 3 + n / 100) for n in range(count)], direction, "a" * 40))
    assert boxes
    for a, b in combinations(boxes, 2):
        assert a[0] >= b[2] or a[2] <= b[0] or a[1] >= b[3] or a[3] <= b[1]


def test_crashes_have_a_strip_of_their_own():
    """They have no value, so they stand beside none: a second axis below holds them."""
    assert chart(campaign([1.0, 0.9, None])).count(b'id="axes_') == 2
    assert chart(campaign([1.0, 0.9])).count(b'id="axes_') == 1


def test_a_long_campaign_has_a_picture_of_bounded_size():
    """2,000 experiments are drawn in less than 300 KB; every keep is there."""
    history = campaign([1.0, *(1.5 - n / 4000 if n % 9 else 1 - n / 4000 for n in range(1, 2000))])
    picture = chart(history)
    assert len(picture) < 300_000
    assert len(biggest(history)) == TITLES
    assert picture.count(b"<use") < len(history.kept) + DOTS + 100


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [-1.0, -2.0]])
def test_a_young_campaign_has_a_picture(values):
    """One value, or only the same one, is enough."""
    assert texts(chart(campaign(values)))


def test_an_empty_campaign_has_a_picture():
    """Before the baseline there are only the axes."""
    assert "experiment" in texts(chart(History(Direction.LOWER)))
