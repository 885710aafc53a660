"""What is done with a session that is over, where not everything is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoresearch_ci.action.after_session import AfterSession, after_session
from autoresearch_ci.action.inputs import Given
from autoresearch_ci.action.repository import GitHubRepository
from autoresearch_ci.action.session_request import ActionRequest
from autoresearch_ci.core.model import Reason, SessionEnd, StopReason
from autoresearch_ci.forge.offline import OfflineForge

END = SessionEnd("mar17", "s1", "2026-03-17T15:00:00Z", StopReason.STOPPED, 1, 1, 0.9)
GIVEN = Given({}, {}, new_campaign=False, open_pr=True)


class Forge(OfflineForge):
    """Notes which branch is asked for a pull request."""

    def __init__(self):
        self.bases = []

    def open_pull_request(self, branch, base, title, body):
        self.bases.append(base)
        return "https://github.example/o/r/pull/1"


@pytest.fixture
def lab(make_history, session_start):
    history, start = make_history((0.9, Reason.IMPROVED)), session_start
    ledger = SimpleNamespace(campaign=SimpleNamespace(sessions=[start, END]), log=Path("log"))
    campaign, remote_sync = SimpleNamespace(base=start.base), SimpleNamespace(trouble="")
    return SimpleNamespace(
        start=start, history=history, ledger=ledger, campaign=campaign, remote_sync=remote_sync
    )


def test_the_branch_that_it_is_offered_to(lab):
    """A pull request's own branch; else the one that the campaign follows; else the event's."""
    forge = Forge()
    lab.start = replace(lab.start, base_branch="main")
    after_session(
        lab, END, ActionRequest(GIVEN, GitHubRepository(branch="other"), into="topic"), forge
    )
    after_session(lab, END, ActionRequest(GIVEN, GitHubRepository(branch="other")), forge)
    lab.start = replace(lab.start, base_branch="")
    done = after_session(lab, END, ActionRequest(GIVEN, GitHubRepository(branch="other")), forge)
    assert forge.bases == ["topic", "main", "other"]
    assert done.pull_request == "https://github.example/o/r/pull/1"


def test_where_no_branch_is_known(lab):
    """Then nothing is opened, and that is said; the session's result stands."""
    done = after_session(lab, END, ActionRequest(GIVEN, GitHubRepository()), Forge())
    assert done.pull_request == ""
    assert done.said[0].startswith("No pull request was opened: Nothing says which branch")


@pytest.mark.parametrize("end", [None, replace(END, kept=0)])
def test_a_session_that_is_no_improvement_offers_nothing(lab, end):
    """Only a session that has kept something opens or updates a pull request."""
    forge = Forge()
    assert (
        after_session(lab, end, ActionRequest(GIVEN, GitHubRepository(branch="main")), forge)
        == AfterSession()
    )
    assert forge.bases == []
