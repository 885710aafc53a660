"""`confirm`: believe nothing that was measured before; measure base and branch again."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from autoresearch_ci.cli.error_boundary import DONE
from autoresearch_ci.cli.parser import Parser, add_settings, positive, refuse
from autoresearch_ci.cli.paths import standing
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.model import Confirmation, Finding, Note
from autoresearch_ci.core.text import clean, plural
from autoresearch_ci.reports.confirmation import finding, verdict

if TYPE_CHECKING:
    from autoresearch_ci.core.model import Event


_OF_A_SESSION = ("max_experiments", "time_limit", "patience", "target_value", "proposer")
"""Settings on how long experiments go on and who has the ideas: here there is neither."""


_EXACT = 3
"""Pairs that show that a metric repeats exactly."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the number of runs, and the flag to act on them."""
    parser.add_argument(
        "--pairs", type=positive, metavar="N", help="pairs of runs for a question (default: 8; "
        "as many again where they leave it open; a metric that repeats exactly needs 3, one with "
        "noise at least 6)",
    )  # fmt: skip
    parser.add_argument(
        "--drop", action="store_true", help="take out of the branch what is not shown to help"
    )
    add_settings(parser, refused=_OF_A_SESSION)


def main(arguments: Namespace) -> int:
    """Confirm the campaign that was worked on last, or the one that `--tag` names."""
    people = sys.stderr if arguments.json else sys.stdout

    def say(*lines: str) -> None:
        if not arguments.quiet:
            print(*lines, sep="\n", file=people, flush=True)

    from autoresearch_ci.campaign.select import view  # noqa: PLC0415 - heavy
    from autoresearch_ci.engine.assembly import open_session  # noqa: PLC0415
    from autoresearch_ci.engine.confirm import confirm, to_leave_out  # noqa: PLC0415
    from autoresearch_ci.engine.session_request import SessionRequest  # noqa: PLC0415
    from autoresearch_ci.judge.paired import FEWEST, PAIRS  # noqa: PLC0415
    from autoresearch_ci.workspace import Workspace  # noqa: PLC0415

    pairs = arguments.pairs or PAIRS
    if pairs < _EXACT:
        Parser(prog="autoresearch-ci confirm").error(
            f"--pairs {pairs} shows nothing: give {_EXACT} or more for a metric that repeats "
            f"exactly, {FEWEST} or more where there is noise."
        )
    if pairs < FEWEST:
        say(
            f"note: {pairs} pairs show something only if the metric repeats exactly; where there "
            f"is noise, give --pairs {FEWEST} or more."
        )
    refuse(
        "confirm",
        arguments.overrides,
        _OF_A_SESSION,
        "confirm goes through every kept change once. Give --pairs to make it shorter.",
    )
    tag = view(Workspace.open(arguments.repo), arguments.overrides.get("tag")).tag
    overrides = {**standing(arguments.repo, arguments.overrides), "tag": tag, "proposer": "search"}
    request = SessionRequest(arguments.repo, overrides)
    with interruptible(lambda: say("stopping")), open_session(request) as session:
        if changes := len(to_leave_out(session.history)):
            say(
                f"{clean(tag)}: {clean(session.settings.metric_name)} with each of "
                f"{plural(changes, 'kept change')} left out, then the base; "
                f"{plural(pairs, 'pair')} of runs each",
                *(f"note: {clean(note)}" for note in session.notes),
            )
        looked_at = 0
        try:
            for event in confirm(session, pairs=pairs, drop=arguments.drop):
                _show(event, say, arguments)
                looked_at += 1 + len(event.group) if isinstance(event, Finding) else 0
        except KeyboardInterrupt:
            say(_cut_short(looked_at, changes, drop=arguments.drop))
            raise
        finally:
            session.archive.write(now=True)
    return DONE


def _cut_short(looked_at: int, changes: int, *, drop: bool) -> str:
    """Say what is left of a confirmation that was interrupted."""
    out = "what was taken out stays out, " if drop else ""
    return (
        f"interrupted after {looked_at} of {plural(changes, 'kept change')}: {out}every pair of "
        "runs is in the log, nothing is confirmed by them alone, and the next `confirm` goes on "
        "from there. Give --pairs to make it shorter."
    )


def _show(event: Event, say: Callable[..., None], arguments: Namespace) -> None:
    if isinstance(event, Note):
        say(clean(event.text))
    elif isinstance(event, Finding):
        say(finding(event))
    elif isinstance(event, Confirmation):
        if arguments.json:
            from autoresearch_ci.campaign.ledger import encode  # noqa: PLC0415

            print(json.dumps(encode(event), ensure_ascii=False))
            return
        print(verdict(event))
        idle = [e for e in event.findings if e.holds is False and not e.dropped]
        if idle and not arguments.quiet:
            print("To take out what is not shown to help: autoresearch-ci confirm --drop")
