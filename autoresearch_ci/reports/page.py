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
from autoresearch_ci.reports.markdown import code, cut_diff, escape, fenced, held_out, jumps, table
from autoresearch_ci.reports.session import STOPPED
from autoresearch_ci.reports.table import costs, counts

_SHOWN = 20
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
    that the change is meant for, where that is not the reader's own.
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

    def readme(self) -> str:
        """For the logs branch: the state of the campaign, in at most 20,000 characters."""
        examined = self._examined()
        room = 16_000 - len(_joined(examined))
        parts = [f"# autoresearch campaign {code(self.tag)}", *self._head(), self._picture()]
        parts += examined
        parts.append(held_out(self.history.kept))
        parts += self._kept(room // 2)
        parts += self._tried(room // 2)
        parts.append(
            "Every experiment is in `results.tsv`; the whole record of each is a line of "
            "`.claude/logs/autoresearch.jsonl`; its patch and the end of its log are under "
            "`experiments/`."
        )
        return _joined(parts)

    def report(self, limit: int) -> str:
        """For people who follow the campaign: a summary of a job, or a comment."""
        parts = [*self._head(), *self._notes(), self._picture(), *self._ending()]
        parts += self._examined()
        room = limit - len(_joined(parts)) - 500
        if self.patch:
            shown = cut_diff(self.patch, int(room * _DIFF_SHARE))
            parts.append(_folded("The last kept change", shown))
            room -= len(shown)
        kept = self._kept(int(room * _KEPT_SHARE))
        parts += kept
        parts += self._tried(room - len(_joined(kept)), folded=True)
        return _joined(parts)

    def best_first(self, limit: int) -> str:
        """All that has a number, best first; then what has none."""
        history = self.history
        by_value = sorted(history.experiments, key=lambda e: _rank(e, history))
        parts = [*self._head(), self._picture()]
        parts.append(table(by_value, limit - len(_joined(parts)) - 100, _ELSEWHERE))
        return _joined(parts)

    def _head(self) -> Iterator[str]:
        history, first, best = self.history, self.history.baseline, self.history.incumbent
        if first is None or best is None or first.value is None or best.value is None:
            yield "There is no baseline yet."
        else:
            share = percent(best.value, first.value)
            change = f"{number(first.value)} → {number(best.value)}"
            yield f"**{escape(best.metric)} {change}{f' ({share})' if share else ''}**"
            yield f"{counts(history.experiments)}."
            for line in costs(history):
                yield escape(line)
            if history.confirmed:
                yield f"On fresh runs {escape(verdict(history.confirmed))}."
        if self.start is not None:
            yield (
                f"Target {code(self.start.target)}, metric {code(self.start.metric)} "
                f"({better(self.start.direction)}), branch {self._branch(self.start)}, "
                f"begun from `{self.start.base[:7]}`."
            )
        if jumped := jumps(self.history.kept):
            yield jumped

    def _branch(self, start: SessionStart) -> str:
        name = code(start.branch)
        return f"[{name}]({self.web}/tree/{quote(start.branch)})" if self.web else name

    def _notes(self) -> Iterator[str]:
        for note in self.notes:
            yield f"> {escape(note)}"

    def _picture(self) -> str:
        return f"![every experiment, and the best so far]({self.chart})" if self.chart else ""

    def _ending(self) -> Iterator[str]:
        """Why the session stopped, and what can be done now."""
        if self.end is None:
            yield "The session is running."
            return
        yield f"Stopped: {STOPPED[self.end.reason]}."
        if self.start is None or not self.history.kept_changes:
            return
        branch = self.start.branch
        if self.web:
            yield f"[Look at the change]({self.web}/compare/{self.start.base}...{quote(branch)})"
        yield f"To take it:\n\n{fenced(self._taking(branch), 'sh')}"

    def _taking(self, branch: str) -> str:
        """Commands to paste. Whoever named a branch may have meant to have some run."""
        if not self.into:
            return f"git fetch origin {quoted(branch)} && git merge --ff-only FETCH_HEAD"
        return (
            f"git fetch origin && git switch {quoted(self.into)} && git pull --ff-only\n"
            f"git merge origin/{quoted(branch)} && git push origin {quoted(self.into)}"
        )

    def _kept(self, room: int) -> list[str]:
        kept = self.history.kept_changes
        return ["## Kept", table(kept[::-1], room, _ELSEWHERE)] if kept else []

    def _examined(self) -> list[str]:
        found = self.history.diagnosis
        return [*section(found)] if found else []

    def _tried(self, room: int, *, folded: bool = False) -> list[str]:
        kept = {each.experiment for each in self.history.kept_changes}
        tried = [e for e in self.history.experiments[:0:-1] if e.experiment not in kept]
        if not tried:
            return []
        rows = table(tried, room, _ELSEWHERE)
        title = "Tried and not kept"
        return [_folded(f"{title}, newest first", rows)] if folded else [f"## {title}", rows]


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


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text.rstrip()}\n\n</details>"


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"
