"""Every page of Markdown as people see it: tests/fixtures/pages holds each, to be read.

After a change that is meant: `.venv/bin/python tests/unit/reports/test_golden.py`, and read the diff.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from PIL import Image, ImageChops, ImageStat

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Check,
    Confirmation,
    Diagnosis,
    Direction,
    Finding,
    Reason,
    SessionEnd,
    SessionStart,
    Status,
    StopReason,
)
from autoresearch_ci.reports.chart import chart
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.pull_request import PullRequest
from tests.unit.conftest import BASELINE

PAGES = Path(__file__).parents[2] / "fixtures/pages"
WEB = "https://github.example/o/r"
START = SessionStart(
    "mar17", "s1", "2026-03-17T14:35:00Z", "val_bpb", Direction.LOWER, "train.py",
    "autoresearch/mar17", "a" * 40, machine="linux x86_64, 2 cores", version="0.1.0",
)  # fmt: skip
END = SessionEnd("mar17", "s1", "2026-03-17T15:00:00Z", StopReason.MAX_EXPERIMENTS, 6, 3, 0.83)
PATCH = "--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-LR = 0.02\n+LR = 0.04\n"
WHY = "The loss still falls at the end of the budget, so larger steps should get further."


def campaign(long=0):
    """Three keeps, what was not kept, a jump, a number held out; `long` adds that many keeps."""
    history = History(Direction.LOWER)
    history.add(replace(BASELINE, machine=START.machine))
    for value, reason, title in (
        (0.91, Reason.IMPROVED, "LR 0.02 -> 0.04"),
        (1.20, Reason.WORSE, "drop the second layer"),
        (None, Reason.TIMEOUT, "batch size 32 -> 512"),
        (0.85, Reason.SIMPLER, "one norm instead of two | @octocat <b>"),
        (0.80, Reason.GUARD_FAILED, "skip the last batch"),
        (0.83, Reason.IMPROVED, "cosine schedule"),
        *((0.8 - n / 1000, Reason.IMPROVED, f"keep {n}") for n in range(long)),
    ):
        number, kept = history.next_number, reason in {Reason.IMPROVED, Reason.SIMPLER}
        history.add(
            replace(
                BASELINE, experiment=number, value=value, reason=reason, description=title,
                prev=history.incumbent.value, candidate=str(number), commit=f"{number:040x}",
                status=Status.KEEP if kept else Status.CRASH if value is None else Status.DISCARD,
                proposer="anthropic", tokens=1500, cost_usd=0.02, machine=START.machine,
                change={"hypothesis": WHY} if kept and not long else {},
                jump=number == 4, holdout=0.88 if number == 6 else None,
            )
        )  # fmt: skip
    return history


def confirmed(history):
    """The same, with what fresh runs found."""
    kept = history.kept_changes
    findings = (
        Finding(kept[0].experiment, kept[0].description, True, 0.05, 0.02, 0.08),
        Finding(kept[1].experiment, kept[1].description, False, 0.001, -0.01, 0.012),
        Finding(kept[2].experiment, kept[2].description, True, 0.02, 0.01, 0.03),
    )
    history.confirmation = Confirmation(
        "mar17", "s1", "2026-03-17T15:00:00Z", "val_bpb", "a" * 40, kept[-1].commit,
        1.0, 0.86, 0.14, 0.11, 0.17, 8, "confirmed", findings, START.machine,
    )  # fmt: skip
    return history


def doubted(history):
    """The same, with a doctor who found a lie kept."""
    lie = Check("a lie after the work", False, "keep, improved", "Set guard_command.")
    history.judged(Diagnosis("mar17", "s1", "2026-03-17T14:00:00Z", (lie,), ("no guard",)))
    return history


def page(history, **more):
    shown = {"end": END, "patch": PATCH, "web": WEB, "chart": "progress.svg", **more}
    return Page("mar17", history, START, **shown)


FORMS = {
    "summary": lambda: page(confirmed(campaign())).report(65_000),
    "running": lambda: page(campaign(), end=None, notes=("no `checks: write`",)).report(65_000),
    "doubted": lambda: page(doubted(campaign())).report(65_000),
    "nothing": lambda: Page("mar17", History(Direction.LOWER), START, END).report(65_000),
    "at-its-limit": lambda: page(campaign(300)).report(4_000),
    "readme-at-its-limit": lambda: page(campaign(600)).readme(),
    "best-first-at-its-limit": lambda: page(campaign(300)).best_first(4_000),
    "pull-request-at-its-limit": lambda: PullRequest(campaign(2_000), START, WEB).body(),
    "readme": lambda: page(confirmed(campaign())).readme(),
    "best-first": lambda: page(campaign()).best_first(65_000),
    "pull-request": lambda: PullRequest(confirmed(campaign()), START, WEB).body(),
    "pull-request-unconfirmed": lambda: PullRequest(campaign(), START, WEB).body(),
}


@pytest.mark.parametrize("name", FORMS)
def test_it_is_the_page_that_somebody_has_read(name):
    """No word of a page changes unseen."""
    assert FORMS[name]() == (PAGES / f"{name}.md").read_text(encoding="utf-8")


LIMITS = {
    "at-its-limit": 4_000,
    "readme-at-its-limit": 20_000,
    "best-first-at-its-limit": 4_000,
    "pull-request-at-its-limit": 60_000,
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_form_at_its_limit(name):
    """It is as long as it may be and no longer, no block is left open, and it says what is missing."""
    text = FORMS[name]()
    assert LIMITS[name] / 4 < len(text) <= LIMITS[name]
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0
    assert "more are" in text


@pytest.mark.parametrize("name", ["summary", "pull-request"])
def test_nothing_is_said_twice(name):
    """A kept idea stands in one table; each heading comes once."""
    lines = FORMS[name]().splitlines()
    headings = [line for line in lines if line.startswith("#")]
    assert len(headings) == len(set(headings))
    assert sum(line.startswith("| 1 |") for line in lines) == 1


@pytest.mark.parametrize("name", ["summary", "pull-request", "readme"])
def test_titles_stay_titles(name):
    """Read as Markdown, a page has the links that we made, and nobody is mentioned."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(FORMS[name]())
    inline = [child for token in tokens for child in token.children or ()]
    links = [child.attrs["href"] for child in inline if child.type == "link_open"]
    assert all(link.startswith(WEB) for link in links)
    assert not any("@octocat" in child.content for child in inline)


def picture(*, dark):
    """The chart at a quarter of its size: what a glance sees, and no font's finest edges."""
    data = chart(campaign(12), 0.8, form="png", dark=dark)
    return Image.open(io.BytesIO(data)).convert("RGB").resize((400, 200), Image.Resampling.BOX)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_is_the_one_that_somebody_has_looked_at(theme):
    """Within what another version of the drawing library may draw otherwise."""
    before = Image.open(PAGES / f"chart-{theme}.png").convert("RGB")
    apart = ImageStat.Stat(ImageChops.difference(before, picture(dark=theme == "dark")))
    assert max(apart.mean) < 2


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        picture(dark=theme == "dark").save(PAGES / f"chart-{theme}.png", optimize=True)
    for form, make in FORMS.items():
        (PAGES / f"{form}.md").write_text(make(), encoding="utf-8")
