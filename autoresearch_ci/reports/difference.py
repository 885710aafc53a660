"""The difference of two versions, in a sentence, and as JSON."""

from __future__ import annotations

from typing import Any

from autoresearch_ci.core.model import Difference
from autoresearch_ci.core.text import clean, number, percent, plural
from autoresearch_ci.reports.markdown import escape

_VERDICTS = {
    "better": "better",
    "worse": "worse",
    "equal": "the same: the metric repeats exactly",
    "too_close": "too close to tell",
    "broken": "broken",
}


def sentence(found: Difference) -> str:
    """One line for people: the verdict, both medians, and the interval."""
    metric, what = clean(found.metric), _VERDICTS[found.verdict]
    if found.verdict == "broken":
        return f"{what}: the head {found.head[:12]} gives no {metric}: {clean(found.reason)}"
    after = found.head_value
    assert after is not None  # it gave numbers
    share = percent(after, found.base_value)
    values = f"{metric} {number(found.base_value)} -> {number(after)}"
    runs = plural(len(found.base_values), "pair") + " of runs"
    return f"{what}: {values}{f' ({share})' if share else ''}, {_reach(found)} in {runs}"


def _reach(found: Difference) -> str:
    gain, low, high = found.gain, found.low, found.high
    if gain is None or low is None or high is None:
        return "with too few runs to say how sure that is"
    if found.exact:
        return f"better by {number(gain)} exactly" if gain else "exactly"
    if found.verdict != "too_close":
        way = gain if found.verdict == "better" else -gain
        ends = sorted((abs(low), abs(high)))
        return f"{found.verdict} by {number(way)} (99 %: {number(ends[0])} to {number(ends[1])})"
    largest = max(-low, high)
    size = percent(found.base_value + largest, found.base_value).lstrip("+") or number(largest)
    return (
        f"better by {number(low)} to {number(high)} (99 %): a difference of {size} or more would "
        "have been seen"
    )


def page(found: Difference) -> str:
    """The same as Markdown: the sentence, then every run and how it was measured, folded."""
    rows = ["| run | base | head |", "|---|---|---|"]
    for count in range(max(len(found.base_values), len(found.head_values))):
        values = [
            number(side[count]) if count < len(side) else ""
            for side in (found.base_values, found.head_values)
        ]
        rows.append(f"| {count + 1} | {values[0]} | {values[1]} |")
    said = escape(sentence(found))
    table = "\n".join(rows)
    return (
        f"**{said}**\n\n<details><summary>Every run</summary>\n\n{table}\n\n"
        f"Base {found.base[:12]}, head {found.head[:12]}. Both ran in turns, each in a tree of its "
        "own, by the base's settings. Of two equal versions at most one in a hundred is called "
        "different.\n\n</details>\n"
    )


def document(found: Difference) -> dict[str, Any]:
    """The same for programs; `gain` is positive where the head is better, in the metric's unit."""
    base, head = list(found.base_values), list(found.head_values)
    return {
        "verdict": found.verdict,
        "metric": found.metric,
        "base": {"commit": found.base, "value": found.base_value, "runs": base},
        "head": {"commit": found.head, "value": found.head_value, "runs": head},
        "gain": found.gain,
        "low": found.low,
        "high": found.high,
        "pairs": found.pairs,
        "exact": found.exact,
        "reason": found.reason,
    }
