"""The picture of a campaign."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from random import Random
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Importance, Reason, Sample, Side, Status
from autoresearch_ci.reports.chart import chart, palette, styled
from autoresearch_ci.reports.chart.drawing import DOTS, TITLES, biggest, draw
from autoresearch_ci.reports.chart.scale import is_wide, span
from autoresearch_ci.reports.kinds import Kind, kind, margin, noise
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


def words(figure):
    """The box of every text that is shown."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    FigureCanvasAgg(figure).draw()
    axes = [axis for each in figure.axes for axis in (each.xaxis, each.yaxis)]
    marks = {tick.label1 for axis in axes for tick in (*axis.majorTicks, *axis.minorTicks)}
    shown = {tick.label1 for axis in axes for tick in axis._update_ticks()}
    texts = [t for t in figure.findobj(Text) if t not in marks or t in shown]
    return {t: t.get_window_extent() for t in texts if t.get_visible() and t.get_text().strip()}


def overlaps(history, target_value=None, importance=(), lanes=MappingProxyType({})):
    """Pairs of texts that share more than half a point."""
    with styled(palette.LIGHT):
        boxes = words(draw(history, target_value, palette.LIGHT, importance, lanes))
    return [
        (a.get_text(), b.get_text())
        for (a, one), (b, other) in combinations(boxes.items(), 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 0.5
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 0.5
    ]


def random_campaign(random):
    """Any number of experiments, scale, direction, noise and titles."""
    scale, offset = 10.0 ** random.randint(-6, 9), random.choice([0.0, 1.0, -1.0, 100.0])
    count = random.choice([2, 5, 20, 60, 150])
    values = [
        None if random.random() < 0.1 else scale * (offset + random.gauss(0, 1) * (n + 1) ** 0.3)
        for n in range(count)
    ]
    values[0] = scale * offset
    title = "".join(random.choice("abc mWil. 学") for _ in range(random.randint(0, 50)))
    return campaign(values, random.choice(list(Direction)), title)


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
    for part in (
        "1.000000 → 0.800000 (-20.00%) after 4 experiments",
        "val_bpb, lower is better",
        "kept (2)",
        "not better (1)",
        "crashed (1)",
        "best so far",
        "baseline",
        "4: idea 4",
    ):
        assert part in shown


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(title=st.text(max_size=60))
def test_no_title_gets_out_of_its_text(title):
    """Titles cannot become markup, formulas or scripts of the picture."""
    tree = ET.fromstring(chart(campaign([1.0, 0.5], title=f"<script>$x_{{$ {title}")))
    tags = {each.tag.removeprefix(SVG) for each in tree.iter()}
    assert not tags & {"script", "a", "image", "foreignObject"}
    assert any(
        "<script>$x_{$" in text
        for text in texts(chart(campaign([1.0, 0.5], title="<script>$x_{$")))
    )


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_no_words_lie_over_others(seed):
    """In random campaigns no two words of the picture overlap, measured on their boxes."""
    random = Random(seed)
    for _ in range(10):
        assert not overlaps(random_campaign(random))


def crossed(history):
    """The words that a line to other words crosses."""
    from matplotlib.text import Annotation

    with styled(palette.LIGHT):
        figure = draw(history, None, palette.LIGHT)
        boxes = words(figure)
    lines = [each for each in figure.findobj(Annotation) if each.arrow_patch]
    found = []
    for line in lines:
        (x0, y0), (x1, y1) = ((p[0] * 100 / 72, p[1] * 100 / 72) for p in (line.xyann, line.xy))
        axes = line.axes.bbox
        for part in range(5, 96):
            x = axes.x0 + x0 + (x1 - x0) * part / 100
            y = axes.y0 + y0 + (y1 - y0) * part / 100
            found += [t.get_text() for t, box in boxes.items() if box.contains(x, y)]
    return found


@pytest.mark.long
def test_no_line_to_words_crosses_other_words():
    """In random campaigns, and where many titles are beside each other."""
    random = Random(1)
    steep = [1 - n * 0.1 for n in range(12)] + [-0.1] * 40
    assert not crossed(campaign(steep, title="a title that is rather long"))
    for _ in range(10):
        assert not crossed(random_campaign(random))


def test_words_stay_within_the_picture():
    """Labels of any length, in any script, end where the picture does."""
    history = campaign([1 - n / 50 for n in range(40)], title="학습률을 두 배로 늘린다")
    with styled(palette.LIGHT):
        figure = draw(history, None, palette.LIGHT)
        boxes = words(figure)
    whole = figure.bbox
    for box in boxes.values():
        assert whole.x0 <= box.x0
        assert box.x1 <= whole.x1


def test_crashes_have_a_strip_of_their_own():
    """They have no value, so they stand beside none: a second axis below holds them."""
    assert chart(campaign([1.0, 0.9, None])).count(b'id="axes_') == 2
    assert chart(campaign([1.0, 0.9])).count(b'id="axes_') == 1


def test_a_long_campaign_has_a_picture_of_bounded_size():
    """2,000 experiments are drawn in less than 300 KB: dots that lie on each other are one."""
    history = campaign([1.0, *(1.5 - n / 4000 if n % 9 else 1 - n / 4000 for n in range(1, 2000))])
    picture = chart(history)
    assert len(picture) < 300_000
    assert len(biggest(history)) == TITLES
    assert picture.count(b"<use") < 2 * DOTS + 100


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [-1.0, -2.0]])
def test_a_young_campaign_has_a_picture(values):
    """One value, or only the same one, is enough."""
    assert texts(chart(campaign(values)))


def test_an_empty_campaign_has_a_picture():
    """Before the baseline there are only the axes."""
    assert "experiment" in texts(chart(History(Direction.LOWER)))


def test_ten_thousand_experiments_are_a_picture_of_400_kilobytes():
    """However long a campaign is, a forge shows its picture."""
    history, best = History(Direction.LOWER), 1.0
    history.add(BASELINE)
    random = Random(1)
    reasons = (Reason.TIMEOUT, Reason.IMPROVED, Reason.WORSE, Reason.GUARD_FAILED)
    for number in range(1, 10_000):
        reason = reasons[number % 4]
        value = None if reason is Reason.TIMEOUT else best + random.gauss(0, 0.02)
        value = best * (1 - 1e-5) if reason is Reason.IMPROVED else value
        status = {Reason.TIMEOUT: Status.CRASH, Reason.IMPROVED: Status.KEEP}
        history.add(
            replace(
                BASELINE, experiment=number, value=value, prev=best,
                status=status.get(reason, Status.DISCARD), reason=reason, candidate=str(number),
                description="a longer title " * 9, session=f"s{number // 300}",
            )
        )  # fmt: skip
        best = history.incumbent.value
    assert len(chart(history)) < 400_000


def test_a_png_is_the_same_each_time_too():
    """Light or dark, at 1,600 pixels."""
    history = campaign([1.0, 0.9, None, 1.1, 0.8])
    light, dark = (chart(history, form="png", dark=dark) for dark in (False, True))
    assert light == chart(history, form="png")
    assert light.startswith(b"\x89PNG")
    assert light != dark


def test_an_svg_follows_its_viewer_into_the_dark():
    """One file for both: each colour of the light picture has another in the dark."""
    history = campaign([1.0, 0.9, None, 1.1, 0.8])
    picture = chart(history).decode()
    assert "@media (prefers-color-scheme: dark)" in picture
    for colour in (palette.LIGHT.keep, palette.LIGHT.ink, palette.LIGHT.paper, palette.LIGHT.crash):
        assert f": {colour}" in picture.split("</style>")[1]
    assert "@media" not in chart(history, dark=True).decode()


def test_colours_are_told_apart():
    """No two parts share one, or a viewer in the dark would get the wrong one."""
    for colours in (palette.LIGHT, palette.DARK):
        values = [getattr(colours, name) for name in palette.Palette.__slots__]
        assert len(set(values)) == len(values)


def test_a_broken_rule_is_a_kind_of_its_own():
    """A better number that broke a guard is neither kept, nor worse, nor a crash."""
    assert kind(replace(BASELINE, status=Status.DISCARD, reason=Reason.GUARD_FAILED)) is (
        Kind.REFUSED
    )
    bound = replace(BASELINE, status=Status.DISCARD, reason=Reason.CONSTRAINT)
    assert kind(bound) is Kind.REFUSED
    assert kind(replace(BASELINE, status=Status.DISCARD, reason=Reason.WORSE)) is Kind.DISCARDED
    assert kind(replace(BASELINE, status=Status.CRASH, reason=Reason.TIMEOUT)) is Kind.CRASHED
    assert kind(BASELINE) is Kind.KEPT


def test_the_best_has_its_interval_where_there_is_noise():
    """By the runs of each experiment: the spread of one, and what more runs make of it."""
    random = Random(1)
    history = History(Direction.LOWER)
    for number in range(200):
        runs = tuple(Sample(Side.CANDIDATE, random.gauss(1.0, 0.1)) for _ in range(4))
        history.add(
            replace(BASELINE, experiment=number, value=1.0, samples=runs, candidate=str(number))
        )
    assert noise(history) == pytest.approx(0.1, rel=0.1)
    assert margin(history.experiments[0], 0.1) == pytest.approx(0.098)
    assert "best so far, with its 95% interval" in texts(chart(history))
    assert noise(campaign([1.0, 0.9])) == 0


def test_the_numbers_beside_the_metric_have_little_charts():
    """Below the large one, each with its name and what it is now; nothing lies on another."""
    history = campaign([1.0, 0.9, None, 1.1, 0.8, 0.7])
    for experiments in (history._experiments, history._kept):
        experiments[:] = [
            replace(e, metrics=dict.fromkeys(("memory_gb", "a" * 60, "<b>"), 2.0 + e.experiment))
            for e in experiments
        ]
    shown = texts(chart(history))
    assert "memory_gb 7.000000" in shown
    assert any(text.startswith("<b> 7") for text in shown)
    assert not overlaps(history)


def test_the_value_to_reach_is_drawn_where_it_is_near():
    """A line that says how far it is."""
    history = campaign([1.0, 0.9, 0.8])
    assert "target value" in texts(chart(history, target_value=0.85))
    assert "target value" not in texts(chart(history, target_value=-100.0))


def test_what_mattered_is_a_little_chart():
    """The first parameters with their shares, however long their names, none over another."""
    found = [
        Importance("a very long name of a parameter W" * 3, "0.1", 0.7, 5),
        *(Importance(f"P{n}", "1", 0.1 / n, 1) for n in range(1, 9)),
    ]
    history = campaign([1.0, 0.9, None, 1.1, 0.8])
    shown = texts(chart(history, importance=found))
    assert "what it depends on" in shown
    assert {"70%", "10%", "P1", "P3"} <= set(shown)
    assert "P4" not in shown
    assert not overlaps(history, importance=found)


def test_a_number_that_never_changes_is_no_little_chart():
    """It would be a level line, and tells nothing."""
    history = campaign([1.0, 0.9, 0.8])
    history._experiments[:] = [
        replace(e, metrics={"same": 1.0, "other": float(e.experiment)}) for e in history.experiments
    ]
    shown = " ".join(texts(chart(history)))
    assert "other" in shown
    assert "same" not in shown


@pytest.mark.parametrize("count", [2, 16, 256])
def test_lanes_are_a_line_of_marks_each(count):
    """Below the values: who tried what; nothing lies on another, and the file stays small."""
    values = [1.0, *(1 - n / 5_000 if n % 7 else None for n in range(1, 2_000))]
    history = campaign(values)
    lanes = {f"s{n}": n + 1 for n in range(count)}
    for experiments in (history._experiments, history._kept):
        experiments[1:] = [replace(e, session=f"s{e.experiment % count}") for e in experiments[1:]]
    picture = chart(history, lanes=lanes)
    assert "lanes" in texts(picture)
    assert "lanes" not in texts(chart(history))
    assert len(picture) < 400_000
    assert not overlaps(history, lanes=lanes)


def test_lanes_say_how_many_experiments_ran_at_once():
    """The measured speed-up over one lane: two beside each other, and one alone later."""
    history = campaign([1.0, 0.9, 0.8, 0.7])
    ends = ("2026-03-17T03:00:10+00:00",) * 2 + ("2026-03-17T03:00:30+00:00",)
    history._experiments[1:] = [
        replace(e, session=f"s{e.experiment % 2}", timestamp=end, seconds=10.0)
        for e, end in zip(history.experiments[1:], ends, strict=True)
    ]
    lanes = {"s0": 1, "s1": 2}
    assert "2 lanes, 1.5 experiments at once" in " ".join(texts(chart(history, lanes=lanes)))
    assert "at once" not in " ".join(texts(chart(history)))
