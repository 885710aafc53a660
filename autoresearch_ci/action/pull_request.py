"""The one draft pull request that a campaign is offered by."""

from __future__ import annotations

from autoresearch_ci.action.site import Site
from autoresearch_ci.campaigns import CampaignView
from autoresearch_ci.errors import LedgerError
from autoresearch_ci.forge import Forge
from autoresearch_ci.model import SessionStart
from autoresearch_ci.reports.pull_request import PullRequest


def offer(forge: Forge, where: Site, view: CampaignView, base_branch: str) -> str:
    """Open the draft pull request from the campaign's branch, or update the open one.

    Its address; empty where the forge refused, and then `forge.missed` says why. Raises
    LedgerError where nothing was kept.
    """
    if not view.history.kept_changes:
        raise LedgerError(
            f"Campaign {view.tag} has kept nothing yet: there is nothing to offer.",
            remedy="Let it run first: `/autoresearch run`, or autoresearch-ci run.",
        )
    start = next(each for each in reversed(view.sessions) if isinstance(each, SessionStart))
    page = PullRequest(view.history, start, where.web)
    return forge.open_pull_request(view.branch, base_branch, page.title(), page.body()) or ""
