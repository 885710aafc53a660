"""Words of a session at its beginning and at its end."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import SessionEnd, SessionStart, StopReason
from autoresearch_ci.core.text import better, clean, number, plural
from autoresearch_ci.reports.table import counts, standing
from autoresearch_ci.reports.terminal import Paint

STOPPED = {
    StopReason.MAX_EXPERIMENTS: "max_experiments reached",
    StopReason.TIME_LIMIT: "time_limit reached",
    StopReason.PATIENCE: "patience: no improvement for long enough",
    StopReason.TARGET_VALUE: "target_value reached",
    StopReason.EXHAUSTED: "the proposer has nothing left to try",
    StopReason.COMBINED: "what the lanes kept is combined",
    StopReason.SETUP_ONLY: "set up, as asked",
    StopReason.STOPPED: "somebody asked for it",
    StopReason.INTERRUPTED: "interrupted; what was under way was undone",
    StopReason.ERROR: "an error",
}


def opening(
    start: SessionStart,
    history: History,
    limits: Sequence[str] | None,
    notes: Sequence[str],
    paint: Paint,
) -> str:
    """Announce a session: campaign, branch, target, metric, where it stands, when it stops.

    `limits` is None for a session that only sets up.
    """
    best = history.incumbent
    if best is None:
        where = "the baseline is measured first"
    else:
        done = plural(history.next_number - 1, "experiment")
        where = f"{number(best.value)} after {done}"
        where += "; it is set up already" if limits is None else "; measured again first"
    stops = ["after the baseline"] if limits is None else limits
    rows = [
        ("campaign", f"{clean(start.tag)} on branch {clean(start.branch)}"),
        ("target", clean(start.target)),
        ("metric", f"{clean(start.metric)}, {better(start.direction)}"),
        *([("goal", clean(start.goal))] if start.goal else []),
        ("best", where),
        *([("runs", f"isolated by {clean(start.isolation)}")] if start.isolation else []),
        ("stops", " or ".join([*stops, "at Ctrl-C"])),
    ]
    lines = [f"{paint(name.ljust(8), 'dim')}  {text}" for name, text in rows]
    lines += [f"{paint('note'.ljust(8), 'warn')}  {clean(note)}" for note in notes]
    return "\n".join(lines)


def outcome(start: SessionStart, history: History) -> str:
    """One line: the campaign and where it stands."""
    return f"{clean(start.tag)}: {clean(start.metric)} {standing(history)}"


def closing(
    start: SessionStart,
    end: SessionEnd | None,
    history: History,
    paint: Paint,
    elsewhere: Path | None = None,
    program: str = "autoresearch-ci",
    lanes: Collection[str] = (),
) -> str:
    """Sum the session up: its result, how to look at it, how to take it, how to go on.

    `elsewhere` is the repository where the user does not stand in it, `program`
    what to type to call this program, `lanes` the sessions that it has combined.
    """
    reason = end.reason if end else StopReason.INTERRUPTED
    names = {start.session, *lanes}
    session = [e for e in history.experiments if e.session in names]
    changes = history.kept_changes
    lines = [f"stopped: {clean(end.note) if end and end.note else STOPPED[reason]}"]
    if reason is not StopReason.SETUP_ONLY:
        lines.append(f"{'all lanes' if lanes else 'this session':<12}  {counts(session)}")
    lines.append(f"the campaign  {paint(standing(history), 'bold')}")
    if changes:
        lines.append(f"last kept     {clean(changes[-1].description)}")
    jumps = [e.experiment for e in history.kept if e.jump]
    if jumps:
        listed = ", ".join(map(str, jumps))
        lines.append(
            f"{paint('jumps', 'warn')}         look at these yourself: experiment {listed}"
        )
    lines.append("")
    finished = reason in {StopReason.EXHAUSTED, StopReason.TARGET_VALUE}
    ways = _next(start, elsewhere, program, improved=bool(changes), finished=finished)
    lines += [f"  {what:<14}  {paint(how, 'bold')}" for what, how in ways]
    return "\n".join(lines)


def _next(
    start: SessionStart, elsewhere: Path | None, program: str, *, improved: bool, finished: bool
) -> Iterator[tuple[str, str]]:
    """Next steps for the user, with commands that can be pasted."""
    base, branch, tag = start.base[:7], shlex.quote(start.branch), shlex.quote(start.tag)
    if elsewhere is not None:
        yield "go there", f"cd {shlex.quote(str(elsewhere))}"
    yield "see results", f"{program} results --tag {tag}"
    if improved:
        yield "see commits", f"git log --oneline {base}..{branch}"
        yield "see the change", f"git diff {base} {branch}"
        yield "take it", f"git merge --ff-only {branch}"
    if finished:
        yield "begin anew", f"{program} run --new"
    else:
        yield "go on", f"{program} run --tag {tag}"
