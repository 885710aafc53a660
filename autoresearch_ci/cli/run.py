"""`run`: experiments until Ctrl-C, a limit, or nothing is left to try."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch_ci.cli import parallel, session
from autoresearch_ci.cli.error_boundary import DONE
from autoresearch_ci.cli.parser import Parser, add_settings
from autoresearch_ci.cli.paths import repository_root, standing
from autoresearch_ci.cli.requests import add_remote
from autoresearch_ci.core.interrupts import interruptible
from autoresearch_ci.core.model import Lane
from autoresearch_ci.reports.terminal import Paint, has_colour

if TYPE_CHECKING:
    from autoresearch_ci.config import Loaded


def add_arguments(parser: ArgumentParser) -> None:
    """A target, a campaign, and every setting."""
    add_campaign(parser)
    parser.usage = f"{parser.usage}\n       {parser.prog} [TARGET] --dry-run [--SETTING VALUE ...]"
    parser.add_argument(
        "--dry-run", action="store_true",
        help="settings, baseline and what would be tried; no experiment, and nothing is recorded",
    )  # fmt: skip
    parser.add_argument(
        "--lane",
        type=lane,
        metavar="K/N",
        help="work beside others: in lane K of N, with --tag; `combine` brings them together",
    )
    add_settings(parser)


def lane(text: str) -> Lane:
    """Lane 2 of 4, as `2/4`."""
    from autoresearch_ci.config import lanes, values  # noqa: PLC0415 - pydantic takes its time

    try:
        return lanes.lane(text)
    except values.BadValue as bad:
        raise ArgumentTypeError(f"{bad} {bad.remedy}") from None


def add_campaign(parser: ArgumentParser) -> None:
    """Add what `run` and `setup` take beyond the settings."""
    parser.usage = f"{parser.prog} [TARGET] [--new] [--base REF] [--push] [--SETTING VALUE ...]"
    parser.add_argument(
        "target", nargs="?", metavar="TARGET", help="the single file to modify, as --target-file"
    )
    parser.add_argument(
        "--new", action="store_true", help="begin a new campaign even if one is unfinished"
    )
    parser.add_argument(
        "--base", metavar="REF", help="the commit a new campaign starts from (default: HEAD)"
    )
    add_remote(parser, "share the campaign as experiments end")


def main(arguments: Namespace) -> int:
    """Hold a session."""
    return _dry_run(arguments) if arguments.dry_run else hold(arguments)


def from_root(target: str, root: Path) -> str:
    """The path from the repository's root, where the target was named from elsewhere.

    A file that is there as seen from the current directory is meant; else the
    words are left as they are, and are taken from the root.
    """
    seen = os.path.normpath(Path.cwd() / target)  # and no link followed
    path = Path(seen)
    return path.relative_to(root).as_posix() if path.is_file() and root in path.parents else target


def hold(arguments: Namespace, *, setup_only: bool = False) -> int:
    """One session with these arguments, or that of several lanes."""
    overrides = _overrides(arguments, "setup" if setup_only else "run")
    asked: dict[str, Any] = {
        "quiet": arguments.quiet,
        "as_json": arguments.json,
        "new": arguments.new,
        "base": arguments.base,
        "push": arguments.remote if arguments.push else None,
    }
    lane = getattr(arguments, "lane", None)
    if lane is None and not setup_only and (found := _in_lanes(arguments.repo, overrides)):
        loaded, count = found
        return parallel.hold(parallel.Run(arguments.repo, overrides, loaded, count, **asked))
    return session.hold(arguments.repo, overrides, setup_only=setup_only, lane=lane, **asked)


def _in_lanes(repo: Path, overrides: Mapping[str, object]) -> tuple[Loaded, int] | None:
    """The settings and the number of lanes that `parallel` asks for; None where it is one."""
    from autoresearch_ci import config  # noqa: PLC0415 - pydantic takes its time
    from autoresearch_ci.core import machine  # noqa: PLC0415
    from autoresearch_ci.engine.lane_resources import lanes  # noqa: PLC0415 - heavy

    loaded = config.load(repository_root(repo), overrides)
    if loaded.settings.parallel == 1:
        return None
    count = lanes(loaded.settings, machine.gpus())
    return (loaded, count) if count > 1 else None


def _overrides(arguments: Namespace, verb: str) -> dict[str, object]:
    """The settings of the command line, with the target where it was named without a flag."""
    overrides = dict(arguments.overrides)
    target = arguments.target and from_root(arguments.target, repository_root(arguments.repo))
    if target is not None and overrides.setdefault("target_file", target) != target:
        Parser(prog=f"autoresearch-ci {verb}").error(
            "TARGET and --target-file name two different files; give one of them."
        )
    return standing(arguments.repo, overrides)


def _dry_run(arguments: Namespace) -> int:
    """Show what a session would begin with."""
    if arguments.push or arguments.json:
        flag = "--push" if arguments.push else "--json"
        Parser(prog="autoresearch-ci run").error(f"{flag} means nothing with --dry-run.")
    overrides = _overrides(arguments, "run")
    from autoresearch_ci.doctor.dry_run import dry_run  # noqa: PLC0415 - heavy
    from autoresearch_ci.engine.session_request import SessionRequest  # noqa: PLC0415

    request = SessionRequest(arguments.repo, overrides, base=arguments.base)
    paint = Paint(colour=has_colour(sys.stdout))
    with interruptible(lambda: None), closing(dry_run(request, paint)) as lines:
        for line in lines:
            if not arguments.quiet:
                print(line, flush=True)
    return DONE
