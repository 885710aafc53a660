"""The outputs of the Action and the job's summary, each within its limit."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, SessionEnd, SessionStart, Status
from autoresearch_ci.forge.size_limits import STEP_SUMMARY
from autoresearch_ci.reports.page import conclusion

RESULTS_CHARACTERS = 400_000
"""Of `results_json`: all outputs of a job together may have a megabyte."""

OUTPUTS = {
    "result": "improved, no_improvement, stopped or error.",
    "baseline": "The metric of the unchanged project.",
    "best": "The metric of the best version so far.",
    "improvement_percent": "By how much the best is better than the baseline, in percent.",
    "best_commit": "The commit of the best version, 40 characters.",
    "branch": "The branch that holds it, one commit for each kept experiment.",
    "logs_branch": "The branch that holds everything that was tried.",
    "experiments": "How many experiments this session made.",
    "kept": "How many of them were kept.",
    "discarded": "How many were discarded.",
    "crashed": "How many crashed.",
    "tokens": "Tokens that this session used on a model.",
    "cost_usd": "US dollars that this session spent on a model.",
    "pull_request_url": "The draft pull request that this session opened or updated.",
    "comment_url": "The comment that shows the campaign, where there is one.",
    "tag": "The campaign.",
    "lanes": "In mode begin: the lanes that are to follow, as JSON for a matrix; [] where none.",
    "handed_on": "true where a session is for another job to hold (hold_sessions), else false.",
    "results_json": "This session as JSON: its stop reason, and each experiment, newest last.",
}


@dataclass(frozen=True, slots=True)
class Outputs:
    """A session's outputs as text; one field for each of `OUTPUTS`, empty where there is none."""

    result: str
    baseline: str = ""
    best: str = ""
    improvement_percent: str = ""
    best_commit: str = ""
    branch: str = ""
    logs_branch: str = ""
    experiments: str = "0"
    kept: str = "0"
    discarded: str = "0"
    crashed: str = "0"
    tokens: str = "0"
    cost_usd: str = "0"
    pull_request_url: str = ""
    comment_url: str = ""
    tag: str = ""
    lanes: str = "[]"
    handed_on: str = "false"
    results_json: str = "{}"

    def items(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def outputs_of(
    start: SessionStart, end: SessionEnd | None, history: History, sessions: Collection[str]
) -> Outputs:
    """Sum up one session, or several that worked together. The baseline is not counted."""
    mine = [e for e in history.experiments if e.session in sessions and e.experiment > 0]
    rejected = [each for each in history.rejected if each.session in sessions]
    tokens = sum(e.tokens for e in mine) + sum(each.tokens for each in rejected)
    cost = sum(e.cost_usd for e in mine) + sum(each.cost_usd for each in rejected)
    count = {status: sum(e.status is status for e in mine) for status in Status}
    first, best = history.baseline, history.incumbent
    return Outputs(
        result=conclusion(end),
        baseline=_number(first.value if first else None),
        best=_number(best.value if best else None),
        improvement_percent=_number(_percent(history)),
        best_commit=best.commit if best else "",
        branch=start.branch,
        logs_branch=f"autoresearch-logs/{start.tag}",
        experiments=str(len(mine)),
        kept=str(count[Status.KEEP]),
        discarded=str(count[Status.DISCARD]),
        crashed=str(count[Status.CRASH]),
        tokens=str(tokens),
        cost_usd=_number(cost),
        tag=start.tag,
        results_json=_json(start, end, mine),
    )


def write_outputs(path: Path, values: Mapping[str, str]) -> None:
    """Append to the file that `GITHUB_OUTPUT` names. No value can end itself and begin another."""
    text = "".join(_entry(name, value) for name, value in values.items())
    _append(path, text.encode("utf-8", "replace"))


def write_summary(path: Path, page: Callable[[int], str]) -> None:
    """Append to the file that `GITHUB_STEP_SUMMARY` names; `page` is asked for so many characters.

    It is asked again for fewer where these come to too many bytes: of a summary that is larger than
    the limit the runner shows nothing.
    """
    written = path.stat().st_size if path.exists() else 0
    room = STEP_SUMMARY.most - written - 1
    characters = room
    while len(data := page(max(characters, 0)).encode("utf-8", "replace")) > room:
        if characters <= 0:
            return  # what other programs of this step wrote has filled it
        characters = min(characters * 3 // 4, characters - 1)
    _append(path, data + b"\n")


def table() -> str:
    """Return a Markdown table of every output."""
    rows = ["| output | meaning |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{name}` | {what} |" for name, what in OUTPUTS.items())])


def _entry(name: str, value: str) -> str:
    word = f"autoresearch_{secrets.token_hex(16)}"
    return f"{name}<<{word}\n{value}\n{word}\n"


def _append(path: Path, data: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        raise MachineError(
            f"{path} cannot be written: {error.strerror}.",
            remedy="The runner makes that file; look at its disk and its permissions.",
        ) from error


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _percent(history: History) -> float | None:
    first, best = history.baseline, history.incumbent
    if first is None or best is None or not first.value or best.value is None:
        return None
    return history.direction.gain(best.value, first.value) / abs(first.value) * 100


def _json(start: SessionStart, end: SessionEnd | None, mine: list[Experiment]) -> str:
    """Write as many of the newest experiments as there is room for, and count the others."""
    room = RESULTS_CHARACTERS
    shown: list[dict[str, Any]] = []
    for experiment in reversed(mine):
        each = _shown(experiment)
        room -= len(json.dumps(each)) + 2
        if room < 0:
            break
        shown.append(each)
    return json.dumps(
        {
            "tag": start.tag,
            "session": start.session,
            "metric": start.metric,
            "direction": start.direction,
            "target": start.target,
            "base": start.base,
            "stopped": end.reason if end else None,
            "omitted": len(mine) - len(shown),
            "experiments": shown[::-1],
        }
    )


def _shown(experiment: Experiment) -> dict[str, Any]:
    return {
        "experiment": experiment.experiment,
        "status": experiment.status,
        "reason": experiment.reason,
        "value": experiment.value,
        "prev": experiment.prev,
        "description": experiment.description,
        "commit": experiment.commit,
        "seconds": round(experiment.seconds, 3),
        "proposer": experiment.proposer,
        "tokens": experiment.tokens,
        "cost_usd": experiment.cost_usd,
        "error": experiment.error,
    }
