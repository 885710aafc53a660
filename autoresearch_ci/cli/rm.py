"""`rm`: delete a campaign, and say how to bring it back."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

from autoresearch_ci.cli.error_boundary import DONE, USER
from autoresearch_ci.cli.parser import Parser
from autoresearch_ci.cli.requests import PUSH_TOKEN, add_remote
from autoresearch_ci.reports.table import counts, standing


def add_arguments(parser: ArgumentParser) -> None:
    """Which campaign, and where."""
    parser.add_argument("tag", metavar="TAG", help="the campaign")
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    add_remote(parser, "delete it on the remote as well")


def main(arguments: Namespace) -> int:
    """Delete it, unless somebody is at work on it or changes their mind."""
    from autoresearch_ci.campaign.remove import remove, require_known  # noqa: PLC0415 - heavy
    from autoresearch_ci.campaign.select import log_of  # noqa: PLC0415
    from autoresearch_ci.workspace import Target, Workspace  # noqa: PLC0415

    workspace, remote = Workspace.open(arguments.repo), None
    if arguments.push:
        remote = workspace.remote(Target(arguments.remote, os.environ.get(PUSH_TOKEN, "")))
    require_known(workspace, arguments.tag, remote)
    if not arguments.yes:
        if not sys.stdin.isatty():
            Parser(prog="autoresearch-ci rm").error("nobody can be asked here; give --yes.")
        where = f" here and on {remote.name}" if remote else ""
        history = log_of(workspace, arguments.tag).history
        print(f"{arguments.tag}: {standing(history)}\n{counts(history.experiments)}")
        if input(f"Delete the campaign {arguments.tag}{where}? [y/N] ").strip().lower() != "y":
            print("Nothing was deleted.")
            return USER
    for line in remove(workspace, arguments.tag, remote):
        if not arguments.quiet:
            print(line)
    return DONE
