"""`combine`: what all lanes of a campaign have found, on its branch and in its log."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from autoresearch_ci.cli import session
from autoresearch_ci.cli.parser import add_settings
from autoresearch_ci.cli.paths import standing
from autoresearch_ci.cli.requests import add_remote


def add_arguments(parser: ArgumentParser) -> None:
    """Which campaign, and every setting."""
    parser.usage = f"{parser.prog} [--tag TAG] [--push] [--SETTING VALUE ...]"
    add_remote(parser, "take in the lanes of other machines, and publish")
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Hold a session that tries what lanes have kept, and nothing else."""
    return session.hold(
        arguments.repo,
        standing(arguments.repo, dict(arguments.overrides)),
        quiet=arguments.quiet,
        as_json=arguments.json,
        push=arguments.remote if arguments.push else None,
        combine=True,
    )
