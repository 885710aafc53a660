"""The command line: `autoresearch-ci VERB`. A verb is a file here with two functions.

`add_arguments(parser)` declares what it takes and `main(arguments)` does it and
returns the exit code. Only the chosen verb's file is imported, so that `--help`
costs next to nothing.
"""

from __future__ import annotations

import os
import sys
from argparse import REMAINDER, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword
from typing import NoReturn

from autoresearch_ci import __version__
from autoresearch_ci.cli.error_boundary import INTERRUPTED, exit_code
from autoresearch_ci.cli.parser import Parser, add_globals

PROGRAM = "autoresearch-ci"

VERBS = {
    "run": "improve the target file, experiment after experiment",
    "setup": "make the branch and the log, measure the baseline, and stop",
    "combine": "bring what all lanes of a campaign have found together",
    "stop": "let the session at work end after its experiment",
    "idea": "queue an idea for the next proposal of a model",
    "doctor": "plant known changes in this project, aside, and check each verdict",
    "results": "show what a campaign has found",
    "serve": "show a campaign in a browser, as it grows",
    "rm": "delete a campaign, and say how to bring it back",
    "calibrate": "run the unchanged project a few times: how noisy is the metric?",
    "confirm": "measure base and branch again, and each kept change by itself",
    "try": "judge a change that somebody else made, as an experiment of the campaign",
    "compare": "say how much better or worse one version is than another",
    "brief": "show what a model would be asked now",
    "config": "show every setting, its value and where it came from",
    "explain": "show what the search could set in the target, and what it leaves alone",
    "init": "write the settings of this project into CLAUDE.md, or its workflow",
    "demo": "watch it work on a small bundled project",
}

_EPILOG = """
Begin with `autoresearch-ci demo`, or in your own repository with
`autoresearch-ci init` and `autoresearch-ci run --max-experiments 10`.
`autoresearch-ci VERB --help` says what a verb takes.

exit codes: 0 done, 1 something for you to change, 2 usage, 3 a bug of ours,
130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit the process."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, as in `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        # A title in a script that this terminal cannot show is no reason to stop.
        with suppress(AttributeError):
            getattr(sys, name).reconfigure(errors="replace")
    if sys.platform == "win32":
        sys.exit("autoresearch-ci needs Linux or macOS. On Windows use it in WSL: `wsl --install`.")
    words = sys.argv[1:] if argv is None else list(argv)
    code = exit_code(lambda: dispatch(words), words)
    if code == INTERRUPTED:
        import signal  # noqa: PLC0415

        # One Ctrl-C more must not spoil the exit that the first one asked for.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def dispatch(words: Sequence[str]) -> int:
    """Parse the words and do what they say."""
    verb, rest, general = _first(words)
    module = import_module(f"autoresearch_ci.cli.{verb}{'_' * iskeyword(verb)}")
    parser = Parser(
        prog=f"{PROGRAM} {verb}", description=f"{VERBS[verb][0].upper()}{VERBS[verb][1:]}."
    )
    add_globals(parser, general)
    module.add_arguments(parser)
    arguments = parser.parse_args(rest)
    code: int = module.main(arguments)
    return code


def _first(words: Sequence[str]) -> tuple[str, list[str], Namespace]:
    """The verb, what follows it, and the global options before it."""
    verbs = "".join(f"  {verb:<10} {what}\n" for verb, what in VERBS.items())
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [--repo PATH] [--quiet] [--json] VERB ...",
        description="Propose a change to one file, run the experiment, keep what is better, "
        f"write everything down, and go again.\n\nverbs:\n{verbs}",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_globals(parser)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("verb", nargs="?", metavar="VERB", help=f"one of {', '.join(VERBS)}")
    parser.add_argument("rest", nargs=REMAINDER, metavar="...", help="what the verb takes")
    general = parser.parse_args(words)
    if general.verb is None:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    if general.verb not in VERBS:
        # A slip of the finger is never sent to what deletes.
        parser.unknown("verb", general.verb, [verb for verb in VERBS if verb != "rm"])
    return general.verb, general.rest, general
