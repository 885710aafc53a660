"""What a session says at its beginning and at its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch_ci.history import History
from autoresearch_ci.model import SessionEnd, SessionStart, StopReason
from autoresearch_ci.reports.table import counts, standing
from autoresearch_ci.reports.terminal import Paint, better, clean, number, plural

_STOPPED = {
    StopReason.MAX_EXPERIMENTS: "max_experiments reached",
    StopReason.TIME_LIMIT: "time_limit reached",
    StopReason.PATIENCE: "patience: no improvement for long enough",
    StopReason.TARGET_VALUE: "target_value reached",
    StopReason.EXHAUSTED: "the proposer has nothing left to try",
    StopReason.SETUP_ONLY: "set up, as asked",
    StopReason.INTERRUPTED: "interrupted; the experiment under way was undone",
    StopReason.ERROR: "an error",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the user stands and where the repository is: makes commands that can be pasted."""

    repo: Path
    cwd: Path

    def git(self, words: str) -> str:
        return f"git {words}" if self._here else f"git -C {shlex.quote(str(self.repo))} {words}"

    def program(self, words: str) -> str:
        option = "" if self._here else f"--repo {shlex.quote(str(self.repo))} "
        return f"autoresearch-ci {option}{words}"

    @property
    def _here(self) -> bool:
        return self.cwd == self.repo or self.repo in self.cwd.parents


def opening(
    start: SessionStart, history: History, limits: Sequence[str], notes: Sequence[str], paint: Paint
) -> str:
    """What is about to happen: campaign, branch, target, metric, where it stands, when it stops."""
    best = history.incumbent
    if best is None:
        where = "the baseline is measured first"
    else:
        done = plural(history.next_number - 1, "experiment")
        where = f"{number(best.value)} after {done}; measured again first"
    rows = [
        ("campaign", f"{clean(start.tag)} on branch {clean(start.branch)}"),
        ("target", clean(start.target)),
        ("metric", f"{clean(start.metric)}, {better(start.direction)}"),
        ("best", where),
        ("stops", " or ".join([*limits, "at Ctrl-C"])),
    ]
    lines = [f"{paint(name.ljust(8), 'dim')}  {text}" for name, text in rows]
    lines += [f"{paint('note'.ljust(8), 'warn')}  {clean(note)}" for note in notes]
    return "\n".join(lines)


def outcome(start: SessionStart, history: History) -> str:
    """One line: the campaign and where it stands."""
    return f"{clean(start.tag)}: {clean(start.metric)} {standing(history)}"


def closing(
    start: SessionStart, end: SessionEnd | None, history: History, place: Place, paint: Paint
) -> str:
    """What came of the session, how to look at it, how to take it, how to go on."""
    reason = end.reason if end else StopReason.INTERRUPTED
    session = [e for e in history.experiments if e.session == start.session]
    best = history.incumbent
    lines = [
        f"stopped: {_STOPPED[reason]}",
        f"this session  {counts(session)}",
        f"the campaign  {paint(standing(history), 'bold')}",
    ]
    improved = best is not None and best.experiment > 0
    if best is not None and improved:
        lines.append(f"last kept     {clean(best.description)}")
    lines.append("")
    lines += [f"  {what:<16}  {paint(how, 'bold')}" for what, how in _next(start, place, improved)]
    return "\n".join(lines)


def _next(start: SessionStart, place: Place, improved: bool) -> list[tuple[str, str]]:
    base, branch = start.base[:7], shlex.quote(start.branch)
    tag = f"--tag {shlex.quote(start.tag)}"
    ways = [("see results", place.program(f"results {tag}"))]
    if improved:
        ways += [
            ("see commits", place.git(f"log --oneline {base}..{branch}")),
            ("see the change", place.git(f"diff {base} {branch}")),
            ("take it", place.git(f"merge --ff-only {branch}")),
        ]
    return [*ways, ("go on", place.program(f"run {tag}"))]
