"""Pieces of Markdown that are safe to show on a forge, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autoresearch_ci.core.model import Confirmation, Experiment, Reason
from autoresearch_ci.core.text import (
    BREAK,
    change,
    number,
    one_line,
    percent,
)
from autoresearch_ci.reports.confirmation import said

_HEAD = "| # | value | change | verdict | idea |\n|---:|---:|---:|---|---|\n"
_KEPT_HEAD = ("| # | idea | value | change |", "|---:|---|---:|---:|")
# Words that a forge makes links of: `@name`, `#1`, `GH-1`, `a:b`, `www.`.
_LINKS = re.compile(r"([@#:](?=\w|//)|\b(?:GH-|www\.)(?=\w))", re.IGNORECASE)
_FILES = 4
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
        f"| {verdict} | {_idea(experiment)} |\n"
    )


def _idea(experiment: Experiment) -> str:
    """Title of an idea, and the files that it changes where that is not the target alone."""
    idea, files = escape(experiment.description), experiment.files
    more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
    return f"{idea} (in {', '.join(map(code, files[:_FILES]))}{more})" if files else idea


def kept_table(kept: Sequence[Experiment], found: Confirmation | None, room: int, more: str) -> str:
    """A table of what was kept, as `table` makes one, with what it is worth by fresh runs."""
    worth = (
        {each.experiment: f" {escape(said(each))} |" for each in found.findings} if found else {}
    )
    last = (" on fresh runs |", "---|") if worth else ("", "")
    head = "".join(f"{line}{end}\n" for line, end in zip(_KEPT_HEAD, last, strict=True))
    empty = " |" if worth else ""
    lines = (f"{_kept(each)}{worth.get(each.experiment, empty)}\n" for each in kept)
    return _filled(head, lines, len(kept), room, more)


def _kept(experiment: Experiment) -> str:
    """A line on a kept change; an idea that was kept for being simpler says so, as a jump does."""
    value, prev = experiment.value, experiment.prev
    gained = "" if value is None or prev is None else change(value, prev)
    share = "" if value is None or prev is None else percent(value, prev)
    idea = _idea(experiment)
    idea += " (simpler)" if experiment.reason is Reason.SIMPLER else ""
    idea += ", **jump**" if experiment.jump else ""
    gained += f" ({share})" if share else ""
    return f"| {experiment.experiment} | {idea} | {number(value)} | {gained} |"


def table(experiments: Sequence[Experiment], room: int, more: str) -> str:
    """Make as many rows as fit into `room` characters, the first ones first.

    `more` says where the rest is, after their number. Empty where there are none.
    """
    return _filled(_HEAD, map(row, experiments), len(experiments), room, more)


def _filled(head: str, lines: Iterable[str], count: int, room: int, more: str) -> str:
    if not count:
        return ""
    rows: list[str] = []
    room -= len(head) + len(more) + 20
    for line in lines:
        room -= len(line)
        if room < 0:
            break
        rows.append(line)
    left = count - len(rows)
    note = f"\n{left} {more}\n" if left else ""
    return head + "".join(rows) + note


def held_out(kept: Sequence[Experiment]) -> str:
    """A table of what `holdout_command` said of the last of these; empty where it said nothing.

    No proposer sees such numbers.
    """
    told = [each for each in kept if each.holdout is not None or each.holdout_error]
    if not told:
        return ""
    rows = ["| # | value | held out |", "|---:|---:|---|"]
    for each in told[: -_LATEST - 1 : -1]:
        held = escape(each.holdout_error) if each.holdout is None else number(each.holdout)
        rows.append(f"| {each.experiment} | {number(each.value)} | {held} |")
    return "\n".join(rows)


def jumps(kept: Sequence[Experiment]) -> str:
    """A warning on kept values that nobody would have expected; empty without one."""
    numbers = [str(each.experiment) for each in kept if each.jump]
    if not numbers:
        return ""
    named = f"experiment{'s' if numbers[1:] else ''} {', '.join(numbers[-_LATEST:])}"
    return (
        f"**A jump: {named}.** Such a value is far outside what the campaign had seen. Measured "
        "again, it held up, and the guard passed; read the change before you take it."
    )


def cut_diff(patch: str, room: int) -> str:
    """A patch as a code block of at most about `room` characters."""
    if len(patch) <= room:
        return fenced(patch, "diff")
    lines = patch[: max(room, 0)].splitlines()[:-1]
    return f"{fenced(chr(10).join(lines), 'diff')}\nThe rest of this change is on the branch."


def folded(title: str, text: str) -> str:
    """A part that a reader opens; nothing where there is no text."""
    if not text.strip():
        return ""
    return f"<details><summary>{title}</summary>\n\n{text.rstrip()}\n\n</details>"
