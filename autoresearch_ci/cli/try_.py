"""`try`: an independent verdict on a change that a person, an agent or another loop made."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autoresearch_ci.cli.error_boundary import DONE
from autoresearch_ci.cli.parser import Parser, add_settings, refuse
from autoresearch_ci.cli.paths import standing
from autoresearch_ci.cli.requests import PUSH_TOKEN, add_remote
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.text import clean, one_line

if TYPE_CHECKING:
    from autoresearch_ci.core.model import Experiment

_OF_A_SESSION = ("max_experiments", "patience", "target_value", "proposer")
"""Settings on how long experiments go on and who has the ideas: here there is one, given."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the candidate, and whether it may be kept."""
    what = "[--patch FILE | --branch NAME] [--keep] [--title TEXT]"
    parser.usage = f"{parser.prog} {what} [--SETTING VALUE ...]"
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--patch", metavar="FILE", help="a unified diff, `-` for standard input "
        "(default: what the working tree changes of the target)",
    )  # fmt: skip
    which.add_argument(
        "--branch", metavar="NAME", help="what a branch or commit changes of the target"
    )
    parser.add_argument(
        "--keep", action="store_true", help="put it on the campaign's branch if it is good enough"
    )
    parser.add_argument("--title", metavar="TEXT", help="what the change is, in a line")
    parser.add_argument(
        "--new", action="store_true", help="begin a new campaign even if one is unfinished"
    )
    add_remote(parser, "share the campaign as experiments end")
    add_settings(parser, refused=_OF_A_SESSION)


def main(arguments: Namespace) -> int:
    """Judge it: one experiment, whose record is like any other's."""
    refuse("try", arguments.overrides, _OF_A_SESSION, "try judges one candidate, which is given.")
    patch = _patch(arguments.patch)
    people = sys.stderr if arguments.json else sys.stdout
    from autoresearch_ci.campaign.ledger import encode  # noqa: PLC0415 - heavy
    from autoresearch_ci.core.model import Experiment, SessionEnd  # noqa: PLC0415
    from autoresearch_ci.engine.assembly import open_session  # noqa: PLC0415
    from autoresearch_ci.engine.external_candidate import judge, proposal_of  # noqa: PLC0415
    from autoresearch_ci.engine.session_request import SessionRequest  # noqa: PLC0415
    from autoresearch_ci.reports.progress import Progress  # noqa: PLC0415
    from autoresearch_ci.reports.session import opening  # noqa: PLC0415
    from autoresearch_ci.reports.terminal import Paint, has_colour, is_live  # noqa: PLC0415
    from autoresearch_ci.workspace import Target  # noqa: PLC0415

    token = os.environ.get(PUSH_TOKEN, "")
    progress = Progress(
        None if arguments.quiet else people, live=not arguments.json and is_live(people)
    )
    overrides = {**standing(arguments.repo, arguments.overrides), "proposer": "search"}
    request = SessionRequest(
        arguments.repo,
        overrides,
        new=arguments.new,
        push=Target(arguments.remote, token) if arguments.push else None,
        tell=progress.show,
    )
    done: Experiment | None = None
    with interruptible(progress.stopping), progress, open_session(request) as session:
        title = (
            arguments.title or arguments.branch or arguments.patch or "the working tree's change"
        )
        proposal, note = proposal_of(session, one_line(title, 200), patch, arguments.branch or "")
        notes = (*session.notes, *filter(None, [note]))
        paint = Paint(colour=has_colour(people))
        progress.begin(
            opening(session.start, session.history, None, notes, paint),
            session.history,
            session.settings.kill_after,
        )
        for event in judge(session, proposal, keep=arguments.keep):
            progress.show(event)
            if isinstance(event, Experiment) and event.proposer == proposal.proposer:
                done = event
            assert not isinstance(event, SessionEnd) or done is not None
    assert done is not None  # else it raised
    print(json.dumps(encode(done), ensure_ascii=False) if arguments.json else verdict(done))
    return DONE


def verdict(done: Experiment) -> str:
    """The last line: what became of the candidate, and what to do with it."""
    from autoresearch_ci.core.model import Reason  # noqa: PLC0415
    from autoresearch_ci.core.text import number, percent  # noqa: PLC0415

    values = ""
    if done.value is not None and done.prev is not None:
        share = percent(done.value, done.prev)
        values = f": {clean(done.metric)} {number(done.prev)} -> {number(done.value)}"
        values += f" ({share})" if share else ""
    why = f" ({done.reason})" if done.reason else ""
    error = f"; {clean(done.error)}" if done.error else ""
    if done.reason is Reason.TRIED:
        return f"better{values}{error}. To put it on the campaign: the same with --keep"
    return f"{done.status}{why}{values}{error}"


def _patch(name: str | None) -> bytes | None:
    if name is None:
        return None
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        Parser(prog="autoresearch-ci try").error(f"{name} cannot be read: {error.strerror}.")
