"""The common part of `stop` and `idea`: which campaign, and where its session is."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from autoresearch_ci.core.text import timestamp

if TYPE_CHECKING:
    from autoresearch_ci.core.model import Request

PUSH_TOKEN = "AUTORESEARCH_TOKEN"  # noqa: S105 - the name of one
"""The environment variable with what `--push` may need; no experiment gets to see it."""


def add_place(parser: ArgumentParser) -> None:
    """The campaign, and the remote where it is not this clone's."""
    parser.add_argument(
        "--tag", metavar="TAG", help="the campaign (default: the one at work, else the newest)"
    )
    add_remote(parser, "ask through the remote, for a session on another machine")


def add_remote(parser: ArgumentParser, what: str) -> None:
    """`--push` and `--remote`."""
    parser.add_argument(
        "--push", action="store_true", help=f"{what}; a token is taken from {PUSH_TOKEN}"
    )
    parser.add_argument(
        "--remote", metavar="NAME", default="origin", help="where --push goes (default: origin)"
    )


def ask(
    arguments: Namespace, request: Callable[[str, str, str], Request]
) -> tuple[Request, list[int]]:
    """Make the request from a tag, a new id and the time, and bring it to the session.

    With the processes of the sessions at work, where those are on this machine.
    """
    from autoresearch_ci.campaign.requests import (  # noqa: PLC0415 - heavy
        campaign_meant,
        leave_local,
        push_request,
        request_id,
    )
    from autoresearch_ci.workspace import Target, Workspace  # noqa: PLC0415

    workspace, remote = Workspace.open(arguments.repo), None
    if arguments.push:
        remote = workspace.remote(Target(arguments.remote, os.environ.get(PUSH_TOKEN, "")))
        if arguments.tag is None:
            remote.fetch_campaigns()
    made = request(campaign_meant(workspace, arguments.tag), request_id(), timestamp())
    if remote is None:
        return made, leave_local(workspace, made)
    push_request(workspace, remote, made)
    return made, []
