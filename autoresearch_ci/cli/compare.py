"""`compare`: how much better or worse one version of the project is than another."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from autoresearch_ci.cli.error_boundary import DONE, USER
from autoresearch_ci.cli.parser import add_settings, refuse
from autoresearch_ci.cli.paths import standing
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.text import clean, number

if TYPE_CHECKING:
    from autoresearch_ci.core.model import Sample

_OF_A_SESSION = ("max_experiments", "time_limit", "patience", "target_value", "proposer", "tag")
"""Settings on campaigns and on who has the ideas: here there is neither."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the two versions, and when the command is to fail."""
    parser.usage = f"{parser.prog} BASE [HEAD] [--fail-on worse] [--SETTING VALUE ...]"
    parser.add_argument("base", metavar="BASE", help="the version that is compared with: a commit")
    parser.add_argument(
        "head", nargs="?", default="HEAD", metavar="HEAD",
        help="the version that may be better (default: the commit that is checked out)",
    )  # fmt: skip
    parser.add_argument(
        "--fail-on", choices=("worse", "never"), default="never",
        help="exit with 1 where the head is worse by more than noise, or broken (default: never)",
    )  # fmt: skip
    add_settings(parser, refused=_OF_A_SESSION)


def main(arguments: Namespace) -> int:
    """Compare the two; nothing is recorded, and nothing of the repository is touched."""
    people = sys.stderr if arguments.json else sys.stdout

    def say(*lines: str) -> None:
        if not arguments.quiet:
            print(*lines, sep="\n", file=people, flush=True)

    from autoresearch_ci.engine.evaluator import silent  # noqa: PLC0415 - heavy
    from autoresearch_ci.engine.versions import comparing  # noqa: PLC0415
    from autoresearch_ci.reports.difference import document, sentence  # noqa: PLC0415

    refuse(
        "compare", arguments.overrides, _OF_A_SESSION, "compare runs two versions, and no campaign."
    )

    def seen(sample: Sample) -> None:
        say(f"  {'base' if sample.side == 'incumbent' else 'head'}  {number(sample.value)}")

    overrides = standing(arguments.repo, arguments.overrides)
    with (
        interruptible(lambda: say("stopping")),
        comparing(arguments.repo, arguments.base, arguments.head, overrides, silent) as two,
    ):
        say(
            f"{clean(two.settings.metric_name)} of {two.head[:12]} against {two.base[:12]}",
            *(f"note: {clean(note)}" for note in two.notes),
        )
        found = two.run(seen)
    if arguments.json:
        print(json.dumps(document(found), ensure_ascii=False))
    else:
        print(sentence(found))
    failed = found.verdict in ("worse", "broken") and arguments.fail_on == "worse"
    return USER if failed else DONE
