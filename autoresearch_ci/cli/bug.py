"""The report that a user can paste when it is our fault. It holds no secret and no home."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from autoresearch_ci import __version__

_SECRET_NAME = re.compile(r"TOKEN|KEY|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_SECRET_SHAPE = re.compile(
    r"\b(?:gh[a-z]_|github_pat_|sk-|xox[a-z]-|AKIA|glpat-|hf_)[\w-]{8,}"
    r"|(?<=://)[^/\s@]+(?=@)"
    r"|(?i:(?<=bearer )\S+)"
)
_SHORTEST_SECRET = 6


def report(error: BaseException, words: Sequence[str]) -> str:
    """Everything that helps to find the bug, ready to be pasted."""
    trace = "".join(traceback.format_exception(error)).rstrip()
    text = f"""\
error: this is a bug in autoresearch-ci, not a mistake of yours.
Finished experiments are safe in the log; running again goes on from there.
Please open an issue at the project's repository and paste what is between the lines.
Title: {type(error).__name__} in `autoresearch-ci {_verb(words)}`
----------------------------------------------------------------------
autoresearch-ci {__version__}, Python {platform.python_version()}, {platform.platform()}
{_git_version()}
command: autoresearch-ci {_flags(words)}

{trace}
----------------------------------------------------------------------"""
    return scrub(text, os.environ)


def scrub(text: str, environ: Mapping[str, str]) -> str:
    """Without the values of secret-looking variables, secret-looking words, and the home path."""
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "***")
    text = _SECRET_SHAPE.sub("***", text)
    home = str(Path.home())
    return re.sub(rf"{re.escape(home)}(?=[/\s\"']|$)", "~", text) if len(home) > 1 else text


def _verb(words: Sequence[str]) -> str:
    from autoresearch_ci.cli import VERBS  # noqa: PLC0415 - that module imports the boundary

    return next((word for word in words if word in VERBS), "")


def _flags(words: Sequence[str]) -> str:
    """The verb and the names of the flags: their values may be anybody's business."""
    names = [word.split("=")[0] for word in words if word.startswith("--")]
    return " ".join([_verb(words), *names])


def _git_version() -> str:
    try:
        shown = subprocess.run(
            ["git", "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return "git: not found"
    return shown.stdout.strip()
