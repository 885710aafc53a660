"""`doctor`: whether the loop can be trusted with this project, before anything is spent on it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from autoresearch_ci.cli.error_boundary import DONE, USER
from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.paths import standing
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports import examination as words
from autoresearch_ci.reports.examining import Examining
from autoresearch_ci.reports.terminal import Paint, has_colour

if TYPE_CHECKING:
    from autoresearch_ci.core.model import Check


def add_arguments(parser: ArgumentParser) -> None:
    """Which commit to look at, and every setting."""
    parser.usage = f"{parser.prog} [--base REF] [--SETTING VALUE ...]"
    parser.add_argument("--base", metavar="REF", help="the commit to look at (default: HEAD)")
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Examine the project; 0 where every verdict was right."""
    people = sys.stderr if arguments.json else sys.stdout
    paint = Paint(colour=has_colour(people))

    from autoresearch_ci.doctor import TITLES, Examination, weaknesses  # noqa: PLC0415 - heavy
    from autoresearch_ci.engine.assembly import load_settings  # noqa: PLC0415
    from autoresearch_ci.engine.scratch import scratch  # noqa: PLC0415
    from autoresearch_ci.engine.session_request import SessionRequest  # noqa: PLC0415
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    progress = Examining(None if arguments.quiet else people, TITLES)
    checks: list[Check] = []
    with interruptible(progress.stopping), progress:
        workspace = Workspace.open(arguments.repo)
        request = SessionRequest(arguments.repo, standing(arguments.repo, arguments.overrides))
        loaded = load_settings(workspace, request.overrides, None)
        with scratch(workspace, loaded, arguments.base or "HEAD") as place:
            examination = Examination(place, request, probe=progress.begin)
            progress.say(*(f"note: {clean(note)}" for note in place.notes))
            with closing(examination.checks()) as looking:
                for check in looking:
                    checks.append(check)
                    progress.say(words.line(check, paint))
            weak = weaknesses(place.workspace, examination.settings)
    trusted = all(check.right is not False for check in checks)
    if arguments.json:
        found = [asdict(check) for check in checks]
        print(json.dumps({"trusted": trusted, "checks": found, "weaknesses": weak}, indent=2))
    else:
        if not arguments.quiet:
            print(*words.weaknesses(weak, paint), *words.untried(checks), sep="\n", file=people)
        print(words.conclusion(checks, paint), file=people, flush=True)
    return DONE if trusted else USER
