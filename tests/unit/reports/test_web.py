"""The page of a campaign, as it is before a browser has it; tests/e2e/test_page.py has one."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Importance, Reason
from autoresearch_ci.reports.sentence import sentence
from autoresearch_ci.reports.web import page
from autoresearch_ci.reports.web.data import content, of_one
from tests.unit.conftest import BASELINE

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J"


def nothing(_number, _suffix):
    return ""


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_nothing_from_outside_is_markup(make_history, session_start):
    """Titles, metrics, patches and logs are data of the page's script, and cannot end it."""
    history = History(Direction.LOWER)
    history.add(replace(BASELINE, metric=HOSTILE))
    history.add(
        replace(
            BASELINE, experiment=1, description=HOSTILE, error=HOSTILE, proposer=HOSTILE,
            reason=Reason.IMPROVED, prev=1.0, value=0.9, metric=HOSTILE, candidate="1",
            change={"hypothesis": HOSTILE},
        )
    )  # fmt: skip
    start = replace(session_start, metric=HOSTILE, tag=HOSTILE, target=HOSTILE, machine=HOSTILE)
    text = page(content(start, history, None, [(HOSTILE, history)], lambda _n, _s: HOSTILE))
    assert text.count("<script") == 2
    assert text.count("</script>") == 2
    assert "<img" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert data_of(text)["rows"][1][6].startswith("</script><script>")


def test_what_the_metric_depended_on(make_history, session_start):
    """Names and values are from the target's text: they are cut, and nothing in them hides."""
    found = [Importance(f"LR{HOSTILE}", "9" * 500, 0.75, 3)]
    data = content(session_start, make_history(), None, [], nothing, importance=found)
    [[name, now, share, tried]] = data_of(page(data))["importance"]
    assert name.startswith("LR</script>")
    assert "\u202e" not in name
    assert (len(now), share, tried) == (80, 0.75, 3)


def test_it_runs_its_own_script_alone(make_history, session_start):
    """The policy in it names its style and its script by their hashes, and lets nothing else in."""
    text = page(content(session_start, make_history(), None, [], nothing))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    assert not re.search(r'(src|href)="(?!#|data:,)', text)


def test_the_same_campaign_is_the_same_page(make_history, session_start):
    """A page changes only when the campaign did."""
    made = [
        page(content(session_start, make_history((0.9, Reason.IMPROVED)), None, [], nothing))
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_ten_thousand_experiments_are_under_four_megabytes(make_history, session_start):
    """With long titles and patches too: those of the keeps come first, then the newest."""
    history = make_history(
        *[(1 - n / 1e6, Reason.IMPROVED if n % 20 == 0 else Reason.WORSE) for n in range(10_000)]
    )
    history._experiments[1:] = [
        replace(e, description=f"a longer title of some {e.experiment} words " * 9)
        for e in history.experiments[1:]
    ]
    began = time.process_time()
    text = page(content(session_start, history, None, [], lambda _n, _s: "+LR = 2\n" * 60))
    assert time.process_time() - began < 3
    assert len(text.encode()) < 4_000_000
    more = data_of(text)["more"]
    assert {str(e.experiment) for e in history.kept_changes} <= set(more)


def test_a_long_patch_is_cut_at_its_end_and_a_log_at_its_beginning():
    """What matters of either is there, without what a terminal or a reader would be fooled by."""
    texts = of_one(
        replace(BASELINE, change={"hypothesis": "since\x1b[2J"}),
        lambda _n, suffix: "+a\n" * 20_000 if suffix == "patch" else "x" * 9_000 + "\x1b[31mend",
    )
    assert texts["patch"].startswith("+a\n")
    assert texts["patch"].endswith("the rest is on the logs branch")
    assert texts["log"].endswith("xend")
    assert texts["note"] == "since"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_that_was_asked_for(theme, make_history, session_start):
    """Whatever the reader's system says."""
    data = content(session_start, make_history(), None, [], nothing)
    assert f'data-theme="{theme}"' in page(data, dark=theme == "dark")


def test_the_sentence(make_history):
    """Where a campaign stands, in words for those who read one line."""
    assert sentence(History(Direction.LOWER)) == "There is no baseline yet."
    assert sentence(make_history()) == "val_bpb is 1, and nothing is better yet."
    assert sentence(make_history((1.1, Reason.WORSE), (0.9, Reason.IMPROVED))) == (
        "val_bpb fell by 10.00%, from 1 to 0.9, in 2 experiments; one was kept."
    )
    rising = make_history((1.5, Reason.IMPROVED), direction=Direction.HIGHER)
    assert sentence(rising).startswith("val_bpb rose by 50.00%, from 1 to 1.5")
