"""The steps after a session: its campaign is offered, the next run is started."""

from __future__ import annotations

from dataclasses import dataclass

from autoresearch_ci.action.next_run import why_not
from autoresearch_ci.action.pull_request import offer
from autoresearch_ci.action.session_request import ActionRequest
from autoresearch_ci.campaign.select import CampaignView
from autoresearch_ci.campaign.sync import NoRemote
from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.core.model import SessionEnd
from autoresearch_ci.engine.session import Session
from autoresearch_ci.forge import Forge
from autoresearch_ci.reports.markdown import escape

FAILED = "No next run was started, since this one did not come to its end."


@dataclass(frozen=True, slots=True)
class AfterSession:
    """The outcome: the pull request's address, empty without one, and lines of Markdown."""

    pull_request: str = ""
    said: tuple[str, ...] = ()


def after_session(
    session: Session, end: SessionEnd | None, request: ActionRequest, forge: Forge
) -> AfterSession:
    """Do what the inputs ask for. What the forge refuses is in `forge.missed`."""
    given, cause = request.given, request.cause
    address, said = "", []
    if given.open_pr and end is not None and end.kept:
        address, why = _offered(session, request, forge)
        said.append(f"Offered as a draft pull request: {address}" if address else why)
    if given.goes_on:
        why = why_not(session, end, cause, new=given.new_campaign)
        if why:
            said.append(f"No next run was started: {escape(why)}.")
        elif cause.start(forge):
            said.append("The next run was started.")
    return AfterSession(address, tuple(line for line in said if line))


def _offered(session: Session, request: ActionRequest, forge: Forge) -> tuple[str, str]:
    """Offer it; return the address, or why there is none where the forge has not said it."""
    if isinstance(session.remote_sync, NoRemote) or session.remote_sync.trouble:
        return "", "No pull request was opened, since the branch was not pushed."
    start = session.start
    view = CampaignView(
        tag=start.tag,
        history=session.history,
        sessions=session.ledger.campaign.sessions,
        branch=start.branch,
        base=session.campaign.base,
        running=None,
        log_path=session.ledger.log,
    )
    try:
        base = request.into or start.base_branch or request.where.branch or forge.default_branch()
        return offer(forge, request.where, view, base), ""
    except AutoresearchError as error:
        return "", f"No pull request was opened: {escape(f'{error.message} {error.remedy}')}"
