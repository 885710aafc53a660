"""A campaign as a page on a forge: the logs branch's README, a job's summary, a comment.

Whatever comes from models, code or logs is escaped: it cannot mention anybody,
link, load an image or inject markup. Every page has a limit, and is cut from its
oldest end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote as quoted
from urllib.parse import quote

from autoresearch_ci.core.history import History
from autoresearch_ci.core.lane_group import LaneSession
from autoresearch_ci.core.model import (
    Experiment,
    Reason,
    SessionEnd,
    SessionStart,
    Status,
    StopReason,
)
from autoresearch_ci.core.text import better, number, percent
from autoresearch_ci.reports.confirmation import verdict
from autoresearch_ci.reports.examination import section
from autoresearch_ci.reports.lane_table import lane_table
from autoresearch_ci.reports.markdown import (
    code,
    cut_diff,
    escape,
    fenced,
    folded,
    held_out,
    jumps,
    kept_table,
    table,
)
from autoresearch_ci.reports.session import STOPPED
from autoresearch_ci.reports.table import beside, costs, counts

_KEPT_SHARE = 0.3
_DIFF_SHARE = 0.3
_MEASURED = {Reason.WORSE, Reason.EQUAL, Reason.WITHIN_NOISE}
_ELSEWHERE = "more are in `results.tsv` on the logs branch."


@dataclass(frozen=True, slots=True)
class Page:
    """Content of a page.

    `end` is None while the session runs. `patch` is the best kept change, `notes`
    what the reader has to know first. `web` is the repository's address on the
    forge, without it nothing is linked; `chart` that of the picture. `into` is the branch
    that the change is meant for, where that is not the reader's own. `lanes` are those that the
    session has combined.
    """

    tag: str
    history: History
    start: SessionStart | None
    end: SessionEnd | None = None
    notes: tuple[str, ...] = ()
    patch: str = ""
    web: str = ""
    chart: str = ""
    into: str = ""
    lanes: tuple[LaneSession, ...] = ()

    def readme(self) -> str:
        """For the logs branch: the state of the campaign, in at most 20,000 characters."""
        top = [f"# autoresearch campaign {code(self.tag)}", self._sentence(), self._picture()]
        facts = ["## How it was measured", *self._facts()]
        rest = [*facts, *self._examined(), *self._held_out()]
        room = 15_500 - len(_joined([*top, *rest]))
        end = (
            "Every experiment is in `results.tsv`; the whole record of each is a line of "
            "`.claude/logs/autoresearch.jsonl`; its patch and the end of its log are under "
            "`experiments/`."
        )
        tried = self._tried(room // 2)
        return _joined([*top, *self._kept(room // 2), *rest, tried, end])

    def report(self, limit: int) -> str:
        """For people who follow the campaign: a summary of a job, or a comment.

        The sentence and the picture, what was kept and how to take it; the rest is folded.
        """
        top = [self._sentence(), self._picture(), self._state(), *self._notes()]
        top.append(lane_table(self.lanes, self.history))
        facts = folded("How it was measured", "\n\n".join(self._facts()))
        examined, rest = self._examined(), [facts, *self._held_out()]
        # Where the doctor was lied to, that comes before what was kept.
        doubted = self.history.diagnosis is not None and self.history.diagnosis.wrong
        (top if doubted else rest).extend(examined)
        take = self._take()
        room = limit - len(_joined([*top, *take, *rest])) - 600
        patch = cut_diff(self.patch, int(room * _DIFF_SHARE)) if self.patch else ""
        kept = self._kept(int(room * _KEPT_SHARE))
        tried = self._tried(room - len(patch) - len(_joined(kept)))
        change = folded("The last kept change", patch)
        return _joined([*top, *kept, *take, change, tried, *rest])

    def best_first(self, limit: int) -> str:
        """All that has a number, best first; then what has none."""
        history = self.history
        by_value = sorted(history.experiments, key=lambda e: _rank(e, history))
        parts = [self._sentence(), self._picture(), *self._facts()]
        parts.append(table(by_value, limit - len(_joined(parts)) - 100, _ELSEWHERE))
        return _joined(parts)

    def _sentence(self) -> str:
        history, first, best = self.history, self.history.baseline, self.history.incumbent
        if first is None or best is None or first.value is None or best.value is None:
            return "**There is no baseline yet.**"
        share = percent(best.value, first.value)
        change = f"{number(first.value)} → {number(best.value)}{f' ({share})' if share else ''}"
        if best is first:
            change = f"{number(first.value)}, nothing better yet"
        return f"**{escape(best.metric)} {change}**, {counts(history.experiments)}."

    def _facts(self) -> Iterator[str]:
        if self.start is not None:
            yield (
                f"Target {code(self.start.target)}, metric {code(self.start.metric)} "
                f"({better(self.start.direction)}), branch {self._branch(self.start)}, "
                f"begun from `{self.start.base[:7]}`."
            )
        if shown := "; ".join(beside(self.history)):
            yield f"Beside it: {escape(shown)}."
        for line in costs(self.history):
            yield escape(line)

    def _branch(self, start: SessionStart) -> str:
        name = code(start.branch)
        return f"[{name}]({self.web}/tree/{quote(start.branch)})" if self.web else name

    def _notes(self) -> Iterator[str]:
        for note in self.notes:
            yield f"> {escape(note)}"

    def _picture(self) -> str:
        return f"![every experiment, and the best so far]({self.chart})" if self.chart else ""

    def _state(self) -> str:
        return (
            "The session is running."
            if self.end is None
            else f"Stopped: {STOPPED[self.end.reason]}."
        )

    def _take(self) -> list[str]:
        """The way to take the branch; nothing while the session runs."""
        if self.end is None or self.start is None or not self.history.kept_changes:
            return []
        branch = self.start.branch
        parts = ["## How to take it"]
        if self.web:
            address = f"{self.web}/compare/{self.start.base}...{quote(branch)}"
            parts.append(f"[Look at the change]({address}), then:")
        return [*parts, fenced(self._taking(branch), "sh")]

    def _taking(self, branch: str) -> str:
        """Commands to paste. Whoever named a branch may have meant to have some run."""
        if not self.into:
            return f"git fetch origin {quoted(branch)} && git merge --ff-only FETCH_HEAD"
        return (
            f"git fetch origin && git switch {quoted(self.into)} && git pull --ff-only\n"
            f"git merge origin/{quoted(branch)} && git push origin {quoted(self.into)}"
        )

    def _kept(self, room: int) -> list[str]:
        kept, found = self.history.kept_changes, self.history.confirmed
        if not kept:
            return []
        parts = ["## What was kept"]
        if jumped := jumps(self.history.kept):
            parts.append(jumped)
        if found:
            parts.append(f"On fresh runs {escape(verdict(found))}.")
        left = max(room - len(_joined(parts)), 0)
        return [*parts, kept_table(kept[::-1], found, left, _ELSEWHERE)]

    def _held_out(self) -> list[str]:
        return [folded("Held out: numbers that no proposer sees", held_out(self.history.kept))]

    def _examined(self) -> list[str]:
        """The doctor's findings; folded where they are no reason to doubt anything."""
        found = self.history.diagnosis
        if found is None:
            return []
        head, *parts = section(found)
        return [head, *parts] if found.wrong else [folded("Doctor", "\n\n".join(parts))]

    def _tried(self, room: int) -> str:
        kept = {each.experiment for each in self.history.kept_changes}
        tried = [e for e in self.history.experiments[:0:-1] if e.experiment not in kept]
        title = f"Tried and not kept: {len(tried)}, newest first"
        return folded(title, table(tried, room, _ELSEWHERE))


def _rank(experiment: Experiment, history: History) -> tuple[bool, float, int]:
    """Best first; a discard for a broken rule is not better than anything, whatever it scored."""
    sound = experiment.status is Status.KEEP or experiment.reason in _MEASURED
    value = experiment.value
    if value is None or not sound:
        return True, math.inf, experiment.experiment
    return False, -history.direction.gain(value, 0.0), experiment.experiment


def conclusion(end: SessionEnd | None) -> str:
    """`improved`, `no_improvement`, `stopped` or `error`: a session's result in a word."""
    if end is None or end.reason is StopReason.ERROR:
        return "error"
    if end.reason is StopReason.INTERRUPTED:
        return "stopped"
    return "improved" if end.kept else "no_improvement"


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"
