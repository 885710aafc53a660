"""A check for changes that no loop of ours made: whether a pull request or a push is better.

The settings are those of the base, so that a change has no say in how it is judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from autoresearch_ci.action.authorization import PAGE_LIMIT
from autoresearch_ci.action.event import Versions
from autoresearch_ci.action.inputs import Given
from autoresearch_ci.action.outputs import Outputs
from autoresearch_ci.action.session_request import DEFAULTS
from autoresearch_ci.action.session_result import SessionResult
from autoresearch_ci.action.status import SessionStatus
from autoresearch_ci.action.workspace_access import has_tools
from autoresearch_ci.core.errors import BaselineError, WorkspaceError
from autoresearch_ci.core.model import Difference, Direction, Sample, Side
from autoresearch_ci.core.text import clean, number
from autoresearch_ci.engine.versions import comparing
from autoresearch_ci.forge import CHECK, CheckOutput, Conclusion
from autoresearch_ci.forge.size_limits import SizeLimit, cut
from autoresearch_ci.reports.difference import document, page, sentence
from autoresearch_ci.workspace import Workspace

COMPARED = f"{CHECK}/compare"
"""The check run, and what marks the comment."""

_RESULTS = {"better": "improved", "broken": "error"}


def hold_comparison(
    workspace: Path, given: Given, asked: Versions, status: SessionStatus, stream: TextIO
) -> SessionResult:
    """Compare the two versions, and show what came of it. Raises AutoresearchError."""
    base = _base(Workspace.open(workspace), asked)

    def seen(sample: Sample) -> None:
        side = "base" if sample.side is Side.INCUMBENT else "head"
        print(f"{side}  {number(sample.value)}", file=stream, flush=True)

    with comparing(
        workspace,
        base,
        asked.head,
        given.overrides,
        tell=lambda _event: None,
        trusted=base,
        defaults=DEFAULTS,
        has_tools=has_tools(workspace),
    ) as two:
        for note in two.notes:
            print(f"note: {clean(note)}", file=stream, flush=True)
        direction = two.settings.metric_direction
        found = two.run(seen)
    print(sentence(found), file=stream, flush=True)
    return _shown(found, direction, asked, status, fails=given.fails)


def _base(workspace: Workspace, asked: Versions) -> str:
    """Find the commit from which the head began, so that what others did since is not compared."""
    base = workspace.common(asked.base, asked.head)
    if not base:
        raise WorkspaceError(
            f"{asked.base[:12]} and {asked.head[:12]} are not both in this checkout, or have "
            "nothing in common.",
            remedy="Check out with all of the history: `fetch-depth: 0` under actions/checkout.",
        )
    return base


def _shown(
    found: Difference, direction: Direction, asked: Versions, status: SessionStatus, *, fails: bool
) -> SessionResult:
    """Show it as a check run on the head and as the one comment on the pull request."""
    failed = fails and found.verdict in ("worse", "broken")
    conclusion = Conclusion.SUCCESS if found.verdict == "better" else Conclusion.NEUTRAL
    conclusion = Conclusion.FAILURE if failed else conclusion
    body = page(found)
    shown = CheckOutput(sentence(found), cut(body, SizeLimit(PAGE_LIMIT)))
    status.forge.end_check(asked.head, conclusion, shown, name=COMPARED)
    address = None
    if asked.thread:
        address = status.forge.comment(asked.thread, shown.summary, key="compare", final=True)
    outputs = Outputs(
        result=_RESULTS.get(found.verdict, "no_improvement"),
        baseline=f"{found.base_value:.10g}",
        best="" if found.head_value is None else f"{found.head_value:.10g}",
        improvement_percent=_percent(found, direction),
        comment_url=address or "",
        results_json=json.dumps(document(found)),
    )
    result = SessionResult(outputs, _cut_to(body), title=sentence(found), shown=False)
    if failed:
        remedy = "Undo what costs it, or set `fail_on: never` where it is worth that."
        result.failure = BaselineError(f"The change is {sentence(found)}.", remedy=remedy)
        result.outputs = replace(outputs, result="error")
    return result


def _cut_to(body: str) -> Callable[[int], str]:
    return lambda room: cut(body, SizeLimit(room))


def _percent(found: Difference, direction: Direction) -> str:
    if found.head_value is None or not found.base_value:
        return ""
    gain = direction.gain(found.head_value, found.base_value)
    return f"{gain / abs(found.base_value) * 100:.10g}"
