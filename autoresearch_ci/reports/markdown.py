"""Pieces of Markdown that are safe to show on a forge, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autoresearch_ci.core.model import Experiment
from autoresearch_ci.core.text import (
    BREAK,
    change,
    number,
    one_line,
)

_HEAD = "| # | value | change | verdict | idea |\n|---:|---:|---:|---|---|\n"
# Words that a forge makes links of: `@name`, `#1`, `GH-1`, `a:b`, `www.`.
_LINKS = re.compile(r"([@#:](?=\w|//)|\b(?:GH-|www\.)(?=\w))", re.IGNORECASE)
_LATEST = 20


def escape(text: str) -> str:
    """Text from outside as one line of plain words: no link, mention, image, table or markup."""
    apart = _LINKS.sub(lambda found: found[0] + BREAK, one_line(text))
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$])", r"\\\1", apart)


def code(text: str) -> str:
    """Text from outside as code within a line."""
    return f"`{one_line(text).replace('`', chr(39))}`"


def fenced(text: str, language: str = "") -> str:
    """Text as a code block that nothing in it can end."""
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def row(experiment: Experiment) -> str:
    """One line of a table of experiments, its newline included."""
    value, prev = experiment.value, experiment.prev
    delta = "" if value is None or prev is None else change(value, prev)
    verdict = f"{experiment.status}: {experiment.reason}" if experiment.reason else "baseline"
    verdict += ", **jump**" if experiment.jump else ""
    return (
        f"| {experiment.experiment} | {'' if value is None else number(value)} | {delta} "
        f"| {verdict} | {escape(experiment.description)} |\n"
    )


def table(experiments: Sequence[Experiment], room: int, more: str) -> str:
    """Make as many rows as fit into `room` characters, the first ones first.

    `more` says where the rest is, after their number. Empty where there are none.
    """
    if not experiments:
        return ""
    rows: list[str] = []
    room -= len(_HEAD) + len(more) + 20
    for experiment in experiments:
        line = row(experiment)
        room -= len(line)
        if room < 0:
            break
        rows.append(line)
    left = len(experiments) - len(rows)
    note = f"\n{left} {more}\n" if left else ""
    return _HEAD + "".join(rows) + note


def held_out(kept: Sequence[Experiment]) -> str:
    """A section on what `holdout_command` said of the last of these; empty where it said nothing.

    No proposer sees such numbers.
    """
    told = [each for each in kept if each.holdout is not None or each.holdout_error]
    if not told:
        return ""
    rows = ["## Held out\n", "| # | value | held out |", "|---:|---:|---|"]
    for each in told[: -_LATEST - 1 : -1]:
        held = escape(each.holdout_error) if each.holdout is None else number(each.holdout)
        rows.append(f"| {each.experiment} | {number(each.value)} | {held} |")
    return "\n".join(rows)


def jumps(kept: Sequence[Experiment]) -> str:
    """A warning on kept values that nobody would have expected; empty without one."""
    numbers = [str(each.experiment) for each in kept if each.jump]
    if not numbers:
        return ""
    return (
        f"**Jumps: {', '.join(numbers[-_LATEST:])}.** Their values were far outside what the "
        "campaign had seen. Measured again, they held up, and the guard passed; read such a "
        "change before you take it."
    )


def cut_diff(patch: str, room: int) -> str:
    """A patch as a code block of at most about `room` characters."""
    if len(patch) <= room:
        return fenced(patch, "diff")
    lines = patch[: max(room, 0)].splitlines()[:-1]
    return f"{fenced(chr(10).join(lines), 'diff')}\nThe rest of this change is on the branch."
