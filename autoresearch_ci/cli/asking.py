"""What `stop` and `idea` have in common: which campaign, and where its session is."""

from __future__ import annotations

import os
import uuid
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from autoresearch_ci.clock import timestamp

if TYPE_CHECKING:
    from autoresearch_ci.model import Request


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


PUSH_TOKEN = "AUTORESEARCH_TOKEN"  # noqa: S105 - the name of one
"""The environment variable with what `--push` may need; no experiment gets to see it."""


def new_request(arguments: Namespace) -> dict[str, str]:
    """The campaign that is meant, a new id and the time."""
    from autoresearch_ci.asking import campaign_meant  # noqa: PLC0415 - heavy
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace.open(arguments.repo)
    tag = campaign_meant(workspace, arguments.tag)
    return {"tag": tag, "session": uuid.uuid4().hex[:12], "timestamp": timestamp()}


def ask(arguments: Namespace, request: Request) -> int | None:
    """Ask here or through the remote; the process of the session where that is known."""
    from autoresearch_ci.asking import ask_here, ask_there  # noqa: PLC0415
    from autoresearch_ci.workspace import Target, Workspace  # noqa: PLC0415

    workspace = Workspace.open(arguments.repo)
    if not arguments.push:
        return ask_here(workspace, request)
    target = Target(arguments.remote, os.environ.get(PUSH_TOKEN, ""))
    ask_there(workspace, workspace.remote(target), request)
    return None
