"""A campaign as a pull request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Confirmation, Direction, Finding, Reason
from autoresearch_ci.forge.size_limits import PULL_REQUEST_BODY, PULL_REQUEST_TITLE
from autoresearch_ci.reports.pull_request import PullRequest
from tests.unit.conftest import BASELINE

WEB = "https://github.example/o/r"


@pytest.fixture
def history(make_history):
    return make_history((0.9, Reason.IMPROVED), (1.2, Reason.WORSE), (0.8, Reason.IMPROVED))


@pytest.fixture
def found(history):
    """Fresh runs found less than the campaign claims, as they do."""
    finding = Finding(3, "idea 3", holds=True, gain=0.03, low=0.01, high=0.05)
    return Confirmation(
        "mar17", "s1", "2026-03-17T15:00:00Z", "val_bpb", "a" * 40, history.incumbent.commit,
        1.0, 0.95, 0.05, 0.03, 0.07, 8, "confirmed", (finding,), "a machine",
    )  # fmt: skip


def test_the_headline_is_what_fresh_runs_found(history, session_start, found):
    """Title and first line have the confirmed number, and not the sum of what was claimed."""
    history.confirmation = found
    page = PullRequest(history, session_start, WEB)
    assert page.title() == "autoresearch mar17: val_bpb 1.000000 → 0.950000 (-5.00%)"
    first = page.body().splitlines()[0]
    assert first.startswith("**val\\_bpb 1.000000 → 0.950000 (-5.00%)**, on fresh runs")
    assert "0.800000" not in first
    assert "The campaign's own account: 1.000000 → 0.800000 (-20.00%)." in page.body()
    assert "idea 3: holds up, worth 0.030000" in page.body()


def test_what_is_not_confirmed_is_said_first(history, session_start, found):
    """Without fresh runs, or where they say no, title and first line claim nothing."""
    page = PullRequest(history, session_start)
    assert page.title() == "autoresearch mar17: val_bpb, 2 changes, not confirmed yet"
    assert page.body().startswith("**Not confirmed yet.**")
    for verdict, said, first in (
        ("not_confirmed", "not confirmed by fresh runs", "not confirmed"),
        ("worse", "worse on fresh runs", "worse"),
    ):
        history.confirmation = replace(found, verdict=verdict)
        assert page.title() == f"autoresearch mar17: val_bpb, 2 changes, {said}"
        assert page.body().startswith(f"**On fresh runs {first}")


def test_a_verdict_on_an_older_branch_is_none(history, session_start, found):
    """What fresh runs said before the last keep is not said of the branch as it is."""
    history.confirmation = replace(found, head="f" * 40)
    assert PullRequest(history, session_start).body().startswith("**Not confirmed yet.**")


def test_what_a_reviewer_has_to_know(history, session_start):
    """Each kept change, how it was measured, and where everything else is."""
    body = PullRequest(history, session_start, WEB).body()
    for part in (
        "| 3 | idea 3 | 0.800000 | -0.100000 (-11.11%) |",
        "Only `train.py` was changed",
        "`val_bpb` (lower is better) was measured 4 times, for the baseline and 3 experiments",
        "by `search`",
        "On `a machine`.",
        f"[autoresearch-logs/mar17]({WEB}/tree/autoresearch-logs/mar17)",
    ):
        assert part in body
    changed, tried = body.split("<details><summary>Tried, and did not help: 1 ")
    assert "idea 2" not in changed, "what was discarded is no part of the change"
    assert "idea 2" in tried


def test_jumps_and_held_out_numbers_are_flagged(session_start):
    """A keep that nobody would have expected is named, and the numbers nobody was shown too."""
    history = History(Direction.LOWER)
    history.add(BASELINE)
    leap = {"value": 0.01, "prev": 1.0, "reason": Reason.IMPROVED, "jump": True, "holdout": 0.5}
    history.add(replace(BASELINE, experiment=1, commit="b" * 40, **leap))
    body = PullRequest(history, session_start).body()
    assert "**A jump: experiment 1.**" in body
    assert ", **jump** | 0.010000" in body
    assert "| 1 | 0.010000 | 0.500000 |" in body


def test_titles_cannot_inject_anything(session_start):
    """Nothing from a model mentions, links, loads or ends the table."""
    history = History(Direction.LOWER)
    history.add(BASELINE)
    evil = "@octocat fixes #1 ![x](http://e.example/x.png) | <img src=x> \n# head"
    history.add(
        replace(BASELINE, experiment=1, value=0.5, prev=1.0, reason=Reason.IMPROVED,
                description=evil, proposer="`@all`", commit="b" * 40)
    )  # fmt: skip
    start = replace(session_start, machine="<b>", target="a`@b`.py")
    body = PullRequest(history, start, WEB).body()
    for part in ("@octocat", "#1 ", "![x]", " <img", "\n# head"):
        assert part not in body
    assert "`'@all'`" in body, "what is in code mentions nobody"


def test_a_long_campaign_is_cut_from_its_oldest_end(make_history, session_start, found):
    """Title and body have room on GitHub however much was kept, and the newest change is there."""
    keeps = [(1 - i / 5000, Reason.IMPROVED) for i in range(1, 1500)]
    history = make_history(*keeps)
    head = history.incumbent.commit
    findings = tuple(Finding(n, "x" * 200, holds=True) for n in range(1499))
    history.confirmation = replace(found, head=head, findings=findings)
    start = replace(session_start, tag="t" * 300, machine="m" * 500)
    page = PullRequest(history, start, WEB)
    assert len(page.body()) <= PULL_REQUEST_BODY.most
    assert "| 1499 |" in page.body()
    assert "more are on the branch." in page.body()
    assert len(PULL_REQUEST_TITLE.start(page.title())) <= 256
