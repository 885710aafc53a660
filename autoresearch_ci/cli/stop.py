"""`stop`: the session at work ends after the experiment under way."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from functools import partial

from autoresearch_ci.cli import requests
from autoresearch_ci.cli.error_boundary import DONE
from autoresearch_ci.core.model import StopRequest


def add_arguments(parser: ArgumentParser) -> None:
    """Which campaign, where, and how soon."""
    requests.add_place(parser)
    parser.add_argument(
        "--now", action="store_true",
        help="do not wait for the end of the experiment; here, that is as good as Ctrl-C there",
    )  # fmt: skip


def main(arguments: Namespace) -> int:
    """Ask the session to end."""
    request, working = requests.ask(arguments, partial(StopRequest, now=arguments.now))
    for process in working if arguments.now else ():
        with suppress(ProcessLookupError):  # it has ended by itself
            os.kill(process, signal.SIGINT)
    if not arguments.quiet:
        when = "now" if arguments.now and working else "after the experiment under way"
        print(f"{request.tag}: the session was asked to end {when}")
    return DONE
