"""`run`: experiments until Ctrl-C, a limit, or nothing is left to try."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from autoresearch_ci.cli import session
from autoresearch_ci.cli.parser import Parser, add_settings
from autoresearch_ci.cli.paths import repository_root, standing
from autoresearch_ci.cli.requests import add_remote


def add_arguments(parser: ArgumentParser) -> None:
    """A target, a campaign, and every setting."""
    add_campaign(parser)
    add_settings(parser)


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
    return hold(arguments)


def from_root(target: str, root: Path) -> str:
    """The path from the repository's root, where the target was named from elsewhere.

    A file that is there as seen from the current directory is meant; else the
    words are left as they are, and are taken from the root.
    """
    seen = os.path.normpath(Path.cwd() / target)  # and no link followed
    path = Path(seen)
    return path.relative_to(root).as_posix() if path.is_file() and root in path.parents else target


def hold(arguments: Namespace, *, setup_only: bool = False) -> int:
    """One session with these arguments."""
    overrides = dict(arguments.overrides)
    target = arguments.target and from_root(arguments.target, repository_root(arguments.repo))
    if target is not None and overrides.setdefault("target_file", target) != target:
        Parser(prog=f"autoresearch-ci {'setup' if setup_only else 'run'}").error(
            "TARGET and --target-file name two different files; give one of them."
        )
    return session.hold(
        arguments.repo,
        standing(arguments.repo, overrides),
        quiet=arguments.quiet,
        as_json=arguments.json,
        new=arguments.new,
        base=arguments.base,
        push=arguments.remote if arguments.push else None,
        setup_only=setup_only,
    )
