"""A campaign as a pull request: what somebody has to know before it is merged.

The headline is what fresh runs found. The sum of what each keep claimed is not, since of many
tries the lucky ones were kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote as quoted
from urllib.parse import quote

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Confirmation, Experiment, SessionStart
from autoresearch_ci.core.text import better, clean, number, one_line, percent, plural
from autoresearch_ci.reports.confirmation import finding, interval, verdict
from autoresearch_ci.reports.markdown import (
    code,
    escape,
    fenced,
    folded,
    held_out,
    jumps,
    kept_table,
    table,
)
from autoresearch_ci.reports.table import costs, counts

BODY = 60_000
"""Characters of a body: there is room for what escaping may have been counted short by."""

_SHOWN = 20
_REASON = 300
_TRIED = 8_000
_FINDINGS = 12_000
_SHORT = {"not_confirmed": "not confirmed by fresh runs", "worse": "worse on fresh runs"}


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Content on a campaign that has kept something.

    `start` is how its newest session began. `web` is the repository's address on the
    forge, without it nothing is linked.
    """

    history: History
    start: SessionStart
    web: str = ""

    def title(self) -> str:
        """Plain text: the campaign, and its worth as far as that was seen on fresh runs."""
        start, found = self.start, self.history.confirmed
        what = f"autoresearch {clean(start.tag)}: {clean(start.metric)}"
        if found and found.verdict == "confirmed":
            return f"{what} {_step(found)}"
        changes = plural(len(self.history.kept_changes), "change")
        said = _SHORT.get(found.verdict, "") if found else "not confirmed yet"
        return f"{what}, {changes}, {said}"

    def body(self) -> str:
        """Markdown, the most important part first."""
        history = self.history
        top = [self._headline(), *self._standing()]
        if jumped := jumps(history.kept):
            top.append(jumped)
        rest = [*self._evidence(), *self._measured(), *self._repeat(), *self._after()]
        room = BODY - sum(len(part) + 2 for part in (*top, *rest)) - 200
        kept = self._changes(int(room * 0.7))
        tried = self._tried(min(room - sum(map(len, kept)), _TRIED))
        return (
            "\n\n".join(part for part in (*top, *kept, *rest[:-1], tried, rest[-1]) if part) + "\n"
        )

    def _changes(self, room: int) -> list[str]:
        """The kept changes, and the reason that whoever had the idea gave for each."""
        kept = self.history.kept_changes[::-1]
        left = room // 2 if self._reasons(kept, 1) else room
        table = kept_table(kept, None, left, "more are on the branch.")
        return ["## What changed", table.rstrip(), self._reasons(kept, room - len(table))]

    def _reasons(self, kept: Sequence[Experiment], room: int) -> str:
        lines = []
        for each in kept:
            note = each.change.get("hypothesis")
            if not isinstance(note, str) or not note.strip():
                continue
            lines.append(f"- **{each.experiment}**: {escape(one_line(note, _REASON))}")
            room -= len(lines[-1]) + 1
            if room < 0 and len(lines) > 1:
                lines.pop()
                break
        return "\n".join(["Why, in the words of who had the idea:\n", *lines]) if lines else ""

    def _headline(self) -> str:
        found = self.history.confirmed
        if found is None:
            return (
                f"**Not confirmed yet.** The numbers below are what each change was worth on the "
                f"day that it was kept; of {escape(self.start.metric)} on fresh runs nothing is "
                "known. Before you merge: `autoresearch-ci confirm`"
            )
        if found.verdict == "confirmed":
            worth = interval(found.gain, found.low, found.high)
            return (
                f"**{escape(found.metric)} {_step(found)}**, on fresh runs of the branch and of "
                f"where it began: worth {escape(worth)} in {plural(found.pairs, 'pair')} of runs."
            )
        return f"**On fresh runs {escape(verdict(found))}.**"

    def _standing(self) -> Iterator[str]:
        first, best = self.history.baseline, self.history.incumbent
        if first and best and first.value is not None and best.value is not None:
            share = percent(best.value, first.value)
            yield (
                f"The campaign's own account: {number(first.value)} → {number(best.value)}"
                f"{f' ({share})' if share else ''}. "
                f"{counts(self.history.experiments)}."
            )

    def _evidence(self) -> Iterator[str]:
        """The whole on fresh runs, each change left out once, and numbers that nobody was shown."""
        found = self.history.confirmed
        parts = []
        if found and found.findings:
            parts.append("Each change left out once, on fresh runs:")
            parts.append(fenced("\n".join(map(finding, found.findings))[:_FINDINGS], "text"))
        if unseen := held_out(self.history.kept):
            parts += ["Held out, which no proposer sees:", unseen]
        if parts:
            yield "## Evidence"
            yield from parts

    def _tried(self, room: int) -> str:
        """Ideas that did not help, the nearest first: it saves somebody the trouble."""
        kept, best = set(map(id, self.history.kept)), self.history.incumbent
        if best is None or best.value is None:
            return ""
        tried = [e for e in self.history.experiments if id(e) not in kept and e.value is not None]
        tried.sort(key=lambda e: -self.history.direction.gain(e.value or 0.0, e.prev or 0.0))
        title = f"Tried, and did not help: {len(tried)} with a value, the best first"
        return folded(title, table(tried, room, "more are on the logs branch."))

    def _repeat(self) -> Iterator[str]:
        command = f"git fetch origin && autoresearch-ci confirm --tag {quoted(self.start.tag)}"
        yield "## How to repeat it"
        yield fenced(command, "sh")

    def _files(self) -> str:
        """The files of all kept changes, the target first."""
        kept = (path for each in self.history.kept_changes for path in each.files)
        files = list(dict.fromkeys((self.start.target, *kept)))
        more = f" and {len(files) - _SHOWN} more files" if len(files) > _SHOWN else ""
        return f"{', '.join(map(code, files[:_SHOWN]))}{more}"

    def _measured(self) -> Iterator[str]:
        start, tried = self.start, self.history.experiments
        runs = sum(len(experiment.samples) for experiment in tried)
        machines = dict.fromkeys(e.machine or start.machine for e in tried)
        who = dict.fromkeys(e.proposer for e in tried if not e.is_baseline)
        yield "## How it was measured"
        yield (
            f"Only {self._files()} was changed, from {code(start.base[:12])} on, by "
            f"{', '.join(map(code, list(who)[:_SHOWN]))}. {code(start.metric)} "
            f"({better(start.direction)}) was measured {runs} times, for the baseline and "
            f"{plural(len(tried) - 1, 'experiment')}; each change was kept against runs of what "
            "was the best until then. Nothing but the program that measures decided."
        )
        yield f"On {'; on '.join(code(each) for each in list(machines)[-_SHOWN:])}."
        yield from (escape(line) for line in costs(self.history))

    def _after(self) -> Iterator[str]:
        logs = f"autoresearch-logs/{self.start.tag}"
        where = f"[{logs}]({self.web}/tree/{quote(logs)})" if self.web else code(logs)
        yield (
            f"Everything that was tried, with its patch and its log: {where}. Merge it any way "
            "you like, squashed too: the next run then begins a new campaign. While this is open, "
            "the next run goes on with the branch, and writes this text anew when it offers it."
        )


def _step(found: Confirmation) -> str:
    share = percent(found.value, found.base_value)
    change = f"{number(found.base_value)} → {number(found.value)}"
    return f"{change} ({share})" if share else change
