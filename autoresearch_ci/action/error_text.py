"""Errors in words: for the log, the summary and whoever gave a command."""

from __future__ import annotations

import re

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.core.redaction import Redactor
from autoresearch_ci.reports.markdown import escape, fenced

_ON_A_PULL = (
    "\nOn a pull request that is not possible: delete autoresearch/pr-NUMBER and "
    "autoresearch-logs/pr-NUMBER, or open another pull request."
)


def explain(error: BaseException) -> tuple[str, str, str]:
    """Return message, evidence and remedy of an error of whatever kind."""
    if isinstance(error, AutoresearchError):
        return error.message, error.detail, _in_inputs(error.remedy)
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}.", "", "Look at the runner's disk, then run again."
    import traceback  # noqa: PLC0415 - needed once in a blue moon

    trace = "".join(traceback.format_exception(error))
    return "A bug of autoresearch-ci.", trace, "Please report it with what stands above."


def _in_inputs(remedy: str) -> str:
    """Write a remedy that names flags of the command line in the inputs of the same names."""
    there = r"`new_campaign: true`, with \1 checked out"
    remedy = re.sub(r"`autoresearch-ci run --new --base (\S+)`", there, remedy)
    remedy = remedy.replace("`autoresearch-ci run --new`", "--new")
    if "--new" in remedy:
        remedy = remedy.replace("--new", "`new_campaign: true`") + _ON_A_PULL
    return remedy.replace("--tag", "`tag`")


def as_markdown(error: BaseException, redact: Redactor) -> str:
    """Write the same as Markdown that nothing in it can get out of."""
    message, detail, remedy = explain(error)
    parts = [f"**{escape(redact(message))}**"]
    parts += [fenced(redact(detail))] if detail else []
    parts += [fenced(redact(remedy), "text")] if remedy else []
    return "\n\n".join(parts) + "\n\n"
