"""`calibrate`: how noisy the metric is, before money is spent on chasing noise."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from autoresearch_ci.cli.error_boundary import DONE
from autoresearch_ci.cli.parser import add_settings, positive
from autoresearch_ci.cli.paths import standing
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.text import clean, duration, number


def add_arguments(parser: ArgumentParser) -> None:
    """Add the number of runs."""
    parser.add_argument(
        "--runs", type=positive, metavar="N", help="runs of the unchanged project (default: 10)"
    )
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Run what is there, as a campaign would; nothing is recorded."""
    from autoresearch_ci.campaign.select import choose_tag  # noqa: PLC0415
    from autoresearch_ci.cli.advice import findings  # noqa: PLC0415
    from autoresearch_ci.engine.assembly import load_settings, open_session  # noqa: PLC0415
    from autoresearch_ci.engine.calibrate import (  # noqa: PLC0415 - heavy
        RUNS,
        calibration,
        measured,
    )
    from autoresearch_ci.engine.scratch import scratch  # noqa: PLC0415
    from autoresearch_ci.engine.session_request import SessionRequest  # noqa: PLC0415
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    people = sys.stderr if arguments.json else sys.stdout
    quiet = arguments.quiet

    def say(line: str) -> None:
        print(line, file=people, flush=True)

    runs = max(arguments.runs or RUNS, 2)
    if arguments.runs == 1:
        say("one run shows no noise: two are made")
    overrides = {
        **standing(arguments.repo, arguments.overrides),
        "proposer": "search",
    }  # no idea is asked for
    values: list[float] = []
    seconds: list[float] = []
    workspace = Workspace.open(arguments.repo)
    loaded = load_settings(workspace, overrides, None)
    tag = choose_tag(workspace, loaded.settings.tag, new=False)
    base = workspace.resolve(f"refs/heads/autoresearch/{tag}") or "HEAD"
    request = SessionRequest(arguments.repo, {**overrides, "tag": "calibrate"}, base="HEAD")
    with (
        interruptible(lambda: None),
        scratch(workspace, loaded, base) as place,
        open_session(request, place) as session,
    ):
        for value, took in measured(session, runs):
            values.append(value)
            seconds.append(took)
            if not quiet:
                say(f"{len(values):>4}  {number(value)}  {duration(took)}")
        found = calibration(session, values, seconds)
    if arguments.json:
        print(json.dumps(asdict(found)))
        return DONE
    metric = clean(session.settings.metric_name)
    for line in findings(found, metric, session.settings.max_repeats):
        say(line)
    return DONE
