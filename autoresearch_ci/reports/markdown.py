"""The state of a campaign as Markdown, for people who read it on a forge."""

from __future__ import annotations

import re

from autoresearch_ci.history import History
from autoresearch_ci.model import Experiment, SessionStart, Status
from autoresearch_ci.reports.terminal import change, number, plural, step

KEPT_ROWS = 50
LAST_ROWS = 20


def campaign(tag: str, history: History, start: SessionStart | None) -> str:
    """A page: where the campaign began and stands, what was kept, what was tried last.

    Its length is bounded however long the campaign is; the whole table is
    `results.tsv` beside it.
    """
    parts = [f"# autoresearch campaign `{tag}`", _headline(history)]
    if start is not None:
        parts.append(
            f"Target `{start.target}`, metric `{start.metric}` "
            f"({start.direction.replace('_', ' ')}), branch `{start.branch}`, "
            f"begun from `{start.base[:7]}`."
        )
    kept = history.kept[1:]
    if kept:
        parts += ["## Kept", _table(list(kept[-KEPT_ROWS:]), len(kept))]
    tried = history.experiments[1:]
    if tried:
        parts += ["## Tried last", _table(list(tried[-LAST_ROWS:]), len(tried))]
    parts.append(
        "Every experiment is in `results.tsv`; the whole record of each is a line of "
        "`.claude/logs/autoresearch.jsonl`; its patch and the end of its log are under "
        "`experiments/`."
    )
    return "\n\n".join(parts) + "\n"


def _headline(history: History) -> str:
    baseline, best = history.baseline, history.incumbent
    if baseline is None or best is None or baseline.value is None or best.value is None:
        return "There is no baseline yet."
    counts = dict.fromkeys(Status, 0)
    for experiment in history.experiments[1:]:
        counts[experiment.status] += 1
    tally = (
        f"{plural(history.next_number - 1, 'experiment')}: {counts[Status.KEEP]} kept, "
        f"{counts[Status.DISCARD]} discarded, {counts[Status.CRASH]} crashed."
    )
    return f"**{best.metric} {step(baseline.value, best.value)}**\n\n{tally}"


def _table(experiments: list[Experiment], total: int) -> str:
    rows = ["| # | value | change | verdict | idea |", "|---:|---:|---:|---|---|"]
    for item in reversed(experiments):
        value = "" if item.value is None else number(item.value)
        delta = "" if item.value is None or item.prev is None else change(item.value, item.prev)
        verdict = f"{item.status}: {item.reason}" if item.reason else str(item.status)
        rows.append(
            f"| {item.experiment} | {value} | {delta} | {verdict} | {escape(item.description)} |"
        )
    if total > len(experiments):
        rows.append(f"\n{total - len(experiments)} older ones are in `results.tsv`.")
    return "\n".join(rows)


def escape(text: str) -> str:
    """Text from outside, as one line of plain words: no link, mention, image, table or markup."""
    flat = " ".join(text.split())
    escaped = re.sub(r"([\\`*_{}\[\]<>()#+!|~&$])", r"\\\1", flat)
    # A zero-width space keeps `@name` and `#1` from reaching anybody.
    return re.sub(r"([@:])(?=\w|//)", "\\1\u200b", escaped)
