"""Offering a campaign by one draft pull request."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch_ci.action.pull_request import offer
from autoresearch_ci.action.repository import GitHubRepository
from autoresearch_ci.campaign.select import CampaignView
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.model import Reason
from autoresearch_ci.forge.github import GitHubForge
from autoresearch_ci.forge.offline import OfflineForge
from tests.github.hub import GitHub

TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
BRANCH = "autoresearch/mar17"


@pytest.fixture
def view(make_history, session_start):
    history = make_history((0.9, Reason.IMPROVED))
    start = session_start
    return CampaignView("mar17", history, [start], BRANCH, start.base, None, Path("log"))


@pytest.fixture
def hub(tmp_path):
    with GitHub(tmp_path / "hub") as hub:
        hub.tokens.add(TOKEN)
        hub.create("octo/lab", branches={"main": "a" * 40, BRANCH: "b" * 40})
        yield hub


@pytest.fixture
def where(hub):
    return GitHubRepository(hub.api_url, "octo/lab", f"{hub.url}/octo/lab")


@pytest.fixture
def forge(hub):
    forge = GitHubForge(hub.api_url, "octo/lab", TOKEN)
    yield forge
    forge.close()


def test_one_draft_is_opened_and_then_updated(forge, where, view, hub, make_history):
    """A campaign has one draft pull request, which says what is true now."""
    first = offer(forge, where, view, "main")
    view.history.become(make_history((0.9, Reason.IMPROVED), (0.8, Reason.IMPROVED)))
    assert offer(forge, where, view, "main") == first
    (pull,) = hub.repositories["octo/lab"].pulls
    assert (pull.draft, pull.base, pull.branch) == (True, "main", BRANCH)
    assert "2 changes, not confirmed yet" in pull.title
    assert f"{where.web}/tree/autoresearch-logs/mar17" in pull.body


def test_nothing_kept_is_nothing_to_offer(forge, where, view, hub, make_history):
    """A campaign without a kept change says what to do first, and asks GitHub nothing."""
    view.history.become(make_history((1.2, Reason.WORSE)))
    with pytest.raises(LedgerError, match="nothing to offer") as error:
        offer(forge, where, view, "main")
    assert "/autoresearch run" in error.value.remedy
    assert hub.site.requests == []


def test_where_it_is_refused(where, view, hub):
    """A token that may not gives no address, and the missing permission is on record."""
    hub.tokens.add("ghs_reader", permissions={"metadata": "read", "contents": "write"})
    forge = GitHubForge(where.api_url, "octo/lab", "ghs_reader")
    assert offer(forge, where, view, "main") == ""
    assert [missed.permission for missed in forge.missed] == ["pull-requests: write"]
    assert offer(OfflineForge(), where, view, "main") == ""
