"""One session of the Action: the loop's events go to the job's log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from autoresearch_ci.action.confirming import confirmed
from autoresearch_ci.action.inputs import Given
from autoresearch_ci.action.outputs import Result, result_of
from autoresearch_ci.action.remarks import remarks
from autoresearch_ci.action.site import Site, base_branch, push_target
from autoresearch_ci.archive import PICTURE
from autoresearch_ci.doctor import admit
from autoresearch_ci.errors import MachineError
from autoresearch_ci.executors.user import Users
from autoresearch_ci.forge import Annotation
from autoresearch_ci.history import History
from autoresearch_ci.interrupts import Interrupted
from autoresearch_ci.lab import open_lab
from autoresearch_ci.loop import research
from autoresearch_ci.model import Confirmation, Event, Finding, SessionEnd, StopReason
from autoresearch_ci.publisher import Alone
from autoresearch_ci.reports.confirmation import finding, verdict
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.progress import PlainProgress
from autoresearch_ci.reports.session import opening, outcome
from autoresearch_ci.reports.terminal import Paint, clean, duration, number, percent, plural
from autoresearch_ci.session import Session

_NOTHING_RAN = {
    StopReason.EXHAUSTED: "Whoever has the ideas has none left. Begin a new campaign (the input "
    "new_campaign), or set proposer to a model.",
    StopReason.TIME_LIMIT: "One experiment takes longer than time_limit. Raise it, or make the "
    "experiment shorter.",
}


@dataclass
class Held:
    """What became of a session. `failure` is what the user has to change, if anything.

    `title` is a line on it, `annotations` are on the target at the event's commit.
    It is `shown` on that commit unless there was no session to be held.
    """

    result: Result
    page: Callable[[int], str]
    failure: BaseException | None = None
    title: str = ""
    confirmation: Confirmation | None = None
    annotations: tuple[Annotation, ...] = ()
    shown: bool = True


def hold(workspace: Path, given: Given, users: Users | None, stream: TextIO, where: Site) -> Held:
    """Hold one session, and tell what came of it whatever happens.

    It is pushed where the workflow gave a token. What is raised on the way is the
    `failure`, beside what the session came to before.
    """
    progress = PlainProgress(stream)
    held: Held | None = None
    lab: Session | None = None
    try:
        with open_lab(
            workspace,
            given.overrides,
            new=given.new_campaign,
            push=push_target(workspace, given.token),
            base_branch=base_branch(workspace, where),
            users=users,
        ) as lab:
            admit(lab, workspace, given.overrides, progress.show, auto="report", users=users)
            paint = Paint(colour=False)
            limits = _limits(lab)
            progress.begin(
                opening(lab.start, lab.history, limits, lab.notes, paint),
                lab.history,
                lab.settings.time_budget,
            )
            _run(lab, progress)
            held = _told(lab, where)
            print(outcome(lab.start, lab.history), file=stream, flush=True)
            if held.result.result == "improved":
                held = _confirmed(lab, where, stream)
            if lab.campaign.base == where.sha:
                path, base = lab.settings.target_file, lab.campaign.at_base()
                held.annotations = remarks(path, base, lab.campaign.source())
    except BaseException as failure:  # noqa: BLE001 - every way out has a summary and outputs
        stopped = isinstance(failure, KeyboardInterrupt)
        none = Result("stopped" if stopped else "error")
        held = held or (_told(lab, where) if lab else Held(none, _blank))
        held.failure = failure
        if stopped and lab and not ended(lab):  # before the first record: nothing was amiss
            held.result = replace(held.result, result="stopped")
    return held


def ended(lab: Session) -> SessionEnd | None:
    """The record of this session's end; None where it was not written."""
    end = lab.ledger.campaign.ended
    return end if end and end.session == lab.start.session else None


def _run(lab: Session, progress: PlainProgress) -> None:
    events = research(lab)
    try:
        for event in events:
            progress.show(event)
    except KeyboardInterrupt:
        # It may have come between two events: the loop has to hear of it before we go.
        with suppress(KeyboardInterrupt, StopIteration):
            events.throw(Interrupted())
        raise
    finally:
        events.close()


def _confirmed(lab: Session, where: Site, stream: TextIO) -> Held:
    """What the session came to, seen again on fresh runs."""

    def show(event: Event) -> None:
        if isinstance(event, Finding):
            print(finding(event), file=stream, flush=True)
        elif isinstance(event, Confirmation):
            print(verdict(event), file=stream, flush=True)

    print("Measuring again what was kept, before anybody believes it", file=stream, flush=True)
    found, why = confirmed(lab, show)
    if why:
        print(f"note: {clean(why)}", file=stream, flush=True)
    held = _told(lab, where, (why,) if why else ())
    held.confirmation = found
    return held


def _told(lab: Session, where: Site, notes: tuple[str, ...] = ()) -> Held:
    """What a session came to, and its page, which is all in memory: the lab may be closed."""
    end, best = ended(lab), lab.history.incumbent
    trouble, logs = lab.publisher.trouble, f"autoresearch-logs/{lab.start.tag}"
    notes = (*lab.notes, *((trouble,) if trouble else ()), *notes)
    published = not isinstance(lab.publisher, Alone) and not trouble
    web = where.web if published else ""
    chart = where.file(logs, PICTURE) if web and lab.campaign.read(PICTURE) else ""
    patch = ""
    if best and best.experiment:
        patch = lab.archive.recall(best.experiment, "patch", lab.campaign.read)
    page = Page(lab.start.tag, lab.history, lab.start, end, notes, patch, web, chart)
    failure = None
    if end and not end.experiments and end.reason in _NOTHING_RAN:
        failure = MachineError("No experiment could run.", remedy=_NOTHING_RAN[end.reason])
    title = headline(lab.history)
    return Held(result_of(lab.start, end, lab.history), page.report, failure, title)


def headline(history: History) -> str:
    """The campaign in a line of plain text; empty where there is no baseline."""
    first, best = history.baseline, history.incumbent
    if first is None or best is None or first.value is None or best.value is None:
        return ""
    share = percent(best.value, first.value)
    change = f"{number(first.value)} → {number(best.value)}"
    return f"{clean(best.metric)} {change}{f' ({share})' if share else ''}"


def _limits(lab: Session) -> list[str]:
    most, longest = lab.settings.max_experiments, lab.settings.time_limit
    return [
        *([f"after {plural(most, 'experiment')}"] if most else []),
        *([f"after {duration(longest)}"] if longest else []),
    ]


def _blank(_limit: int) -> str:
    return ""
