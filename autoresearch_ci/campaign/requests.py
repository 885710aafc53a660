"""Asking a campaign's sessions for something, from another terminal, job or machine.

A request is a record in the campaign's log. Beside a session it is left in the clone,
where the session looks after every experiment; elsewhere it is pushed to the logs branch,
where a session that pushes as well meets it when its own push is rejected. Nobody polls.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import replace

from autoresearch_ci.campaign.ledger import dumps, loads
from autoresearch_ci.campaign.select import LEDGER, unfinished
from autoresearch_ci.core.errors import LedgerError, WorkspaceError
from autoresearch_ci.core.model import IdeaRequest, Request, StopRequest
from autoresearch_ci.workspace import Remote, Workspace, lanes

ATTEMPTS = 20
"""A session at work pushes too, but only now and then."""


def leave_local(workspace: Workspace, request: Request) -> list[int]:
    """Leave the request in this clone; the processes of the sessions at work, if any are.

    Where lanes are at work each of them gets a stop, and one of them an idea.
    An idea waits for the next session. Raises LedgerError where there is no such
    campaign, or, for a stop, nobody to stop.
    """
    working, stops = workspace.holders(request.tag), isinstance(request, StopRequest)
    if stops and not working:
        raise LedgerError(
            f"No session is at work on {request.tag} in this repository.",
            remedy="For one on another machine: --push, from a clone of the same repository.",
        )
    inboxes = lanes.inboxes(workspace, request.tag) or [workspace.inbox(request.tag)]
    for inbox in inboxes if stops else inboxes[:1]:
        inbox.put(dumps(request))
    return working


def push_request(workspace: Workspace, remote: Remote, request: Request) -> None:
    """Push the request to the campaign's logs branch.

    Raises LedgerError where there is no such campaign, and WorkspaceError where the
    remote cannot be reached or refuses.
    """
    line, failed = dumps(request), False
    for attempt in range(ATTEMPTS):
        try:
            pushed = workspace.append_to_logs(remote, request.tag, LEDGER, line)
        except WorkspaceError:
            if failed:
                raise
            failed, pushed = True, False  # once, a network may have a bad moment
        if pushed:
            return
        if pushed is None:
            raise LedgerError(
                f"There is no campaign {request.tag} on {remote.name}.",
                remedy="`git ls-remote` lists the branches autoresearch/* there; name one: --tag",
            )
        time.sleep(random.uniform(0, min(0.05 * 2**attempt, 2.0)))
    raise WorkspaceError(
        f"{remote.name} rejects the push again and again, since others push too.",
        remedy="Try again in a moment.",
    )


def request_id() -> str:
    """The id of a new request, which no other one has."""
    return uuid.uuid4().hex[:12]


def received(line: bytes, tag: str) -> Request | None:
    """The request on a line that was left for the session; None for anything else."""
    record = loads(line)
    return replace(record, tag=tag) if isinstance(record, StopRequest | IdeaRequest) else None


def campaign_meant(workspace: Workspace, wanted: str | None) -> str:
    """The campaign asked for, else one at work here, else the newest unfinished one."""
    if wanted is not None:
        workspace.check_tag(wanted)
        return wanted
    tags = workspace.tags()
    tag = next((tag for tag in tags if workspace.busy(tag)), None) or unfinished(workspace)
    if tag is None:
        raise LedgerError(
            "There is no campaign at work in this repository.",
            remedy="Name one: --tag TAG. Begin one: autoresearch-ci run",
        )
    return tag
