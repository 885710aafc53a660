"""`run`: experiments until Ctrl-C, a limit, or nothing is left to try."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from autoresearch_ci.cli import session
from autoresearch_ci.cli.parser import Parser, add_settings


def add_arguments(parser: ArgumentParser) -> None:
    """A target, a campaign, and every setting."""
    add_campaign(parser)
    add_settings(parser)


def add_campaign(parser: ArgumentParser) -> None:
    """What `run` and `setup` take beyond the settings."""
    parser.usage = f"{parser.prog} [TARGET] [--new] [--base REF] [--SETTING VALUE ...]"
    parser.add_argument(
        "target", nargs="?", metavar="TARGET", help="the single file to modify, as --target-file"
    )
    parser.add_argument(
        "--new", action="store_true", help="begin a new campaign even if one is unfinished"
    )
    parser.add_argument(
        "--base", metavar="REF", help="the commit a new campaign starts from (default: HEAD)"
    )


def main(arguments: Namespace) -> int:
    """Hold a session."""
    return hold(arguments)


def hold(arguments: Namespace, *, setup_only: bool = False) -> int:
    """One session with these arguments."""
    overrides = dict(arguments.overrides)
    target = arguments.target
    if target is not None and overrides.setdefault("target_file", target) != target:
        Parser(prog=f"autoresearch-ci {'setup' if setup_only else 'run'}").error(
            "TARGET and --target-file name two different files; give one of them."
        )
    return session.hold(
        arguments.repo,
        overrides,
        quiet=arguments.quiet,
        as_json=arguments.json,
        new=arguments.new,
        base=arguments.base,
        setup_only=setup_only,
    )
