"""`setup`: a campaign's branch, log and baseline, and no experiment yet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from autoresearch_ci.cli import run
from autoresearch_ci.cli.parser import add_settings


def add_arguments(parser: ArgumentParser) -> None:
    """Add the same as for `run`."""
    run.add_campaign(parser)
    add_settings(parser)


def main(arguments: Namespace) -> int:
    """Hold a session that ends with the baseline."""
    return run.hold(arguments, setup_only=True)
