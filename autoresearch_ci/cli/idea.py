"""`idea`: something for whoever proposes next to think about."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial

from autoresearch_ci.cli import requests
from autoresearch_ci.cli.error_boundary import DONE
from autoresearch_ci.cli.parser import Parser
from autoresearch_ci.core.model import IdeaRequest


def add_arguments(parser: ArgumentParser) -> None:
    """The idea, for which campaign, and where that is."""
    parser.add_argument("text", nargs="+", metavar="TEXT", help="the idea, in your own words")
    requests.add_place(parser)


def main(arguments: Namespace) -> int:
    """Queue the idea."""
    text = " ".join(arguments.text).strip()
    if not text:
        Parser(prog="autoresearch-ci idea").error("the idea is empty.")
    request, _ = requests.ask(arguments, partial(IdeaRequest, text=text))
    if not arguments.quiet:
        print(f"{request.tag}: the idea waits for the next proposal of a model")
    return DONE
