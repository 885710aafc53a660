"""One session of the Action: the loop's events go to the job's log."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from autoresearch_ci.action.after_session import FAILED, afterwards
from autoresearch_ci.action.annotations import remarks
from autoresearch_ci.action.confirm import confirmed, is_due
from autoresearch_ci.action.outputs import Result, result_of
from autoresearch_ci.action.session_request import Order
from autoresearch_ci.action.session_result import SessionResult
from autoresearch_ci.action.status import Live, SessionStatus
from autoresearch_ci.campaign.archive import PICTURE
from autoresearch_ci.campaign.sync import NoRemote
from autoresearch_ci.core.errors import AutoresearchError, MachineError, OutOfTimeError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.interrupts import Interrupted
from autoresearch_ci.core.model import Confirmation, Event, Finding, Note, SessionEnd, StopReason
from autoresearch_ci.core.text import clean, duration, number, percent, plural
from autoresearch_ci.doctor import admit
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.forecast import fruitless
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session import Session
from autoresearch_ci.executors.users import Users
from autoresearch_ci.reports.confirmation import finding, verdict
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.progress import Progress
from autoresearch_ci.reports.session import opening, outcome
from autoresearch_ci.reports.terminal import Paint

_NOTHING_RAN = {
    StopReason.EXHAUSTED: "Whoever has the ideas has none left. Begin a new campaign (the input "
    "new_campaign), or set proposer to a model.",
}


def hold(
    workspace: Path, order: Order, users: Users | None, stream: TextIO, board: SessionStatus
) -> SessionResult:
    """Hold one session, and return what came of it whatever happens.

    It is pushed where the workflow gave a token. What is raised on the way is the
    `failure`, beside what the session came to before.
    """
    given, where = order.given, order.where
    progress = Progress(stream)
    held: SessionResult | None = None
    lab: Session | None = None
    try:
        request = order.session(workspace, board.forge, users, progress.show)
        with progress, open_session(request) as lab:
            admit(lab, request, progress.show, auto="report")
            paint = Paint(colour=False)
            limits = None if order.setup_only else _limits(lab)
            progress.begin(
                opening(lab.start, lab.history, limits, lab.notes, paint),
                lab.history,
                lab.settings.time_budget,
            )
            live = Live(lab, order, board, lambda room: page(lab, order).report(room))
            _run(lab, progress, live)
            order.head.look(last=True)
            held = _told(lab, order)
            print(outcome(lab.start, lab.history), file=stream, flush=True)
            if is_due(lab, held.result.result):
                held = _confirmed(lab, order, stream)
            if lab.campaign.base == where.sha:
                base = lab.campaign.at_base()
                held.annotations = tuple(
                    remark
                    for path, text in lab.campaign.source().items()
                    for remark in remarks(path, base[path], text)
                )
            done = afterwards(lab, ended(lab), order, board.forge)
            held.result = replace(held.result, pull_request_url=done.pull_request)
            held.news = done.said
    except BaseException as failure:  # noqa: BLE001 - every way out has a summary and outputs
        stopped = isinstance(failure, KeyboardInterrupt)
        none = Result("stopped" if stopped else "error")
        held = held or (_told(lab, order) if lab else SessionResult(none, _blank))
        held.failure = failure
        if stopped and lab and not ended(lab):  # before the first record: nothing was amiss
            held.result = replace(held.result, result="stopped")
        held.news = held.news or ((FAILED,) if given.goes_on else ())
    return held


def ended(lab: Session) -> SessionEnd | None:
    """Return the record of this session's end; None where it was not written."""
    end = lab.ledger.campaign.ended
    return end if end and end.session == lab.start.session else None


def _run(lab: Session, progress: Progress, live: Live) -> None:
    events = research(lab)
    try:
        live.begin()
        for event in events:
            progress.show(event)
            live.show(event)
    except KeyboardInterrupt:
        # It may have come between two events: the loop has to hear of it before we go.
        with suppress(KeyboardInterrupt, StopIteration):
            events.throw(Interrupted())
        raise
    finally:
        events.close()


def _confirmed(lab: Session, order: Order, stream: TextIO) -> SessionResult:
    """The session's result, seen again on fresh runs."""

    def show(event: Event) -> None:
        if isinstance(event, Note):
            print(clean(event.text), file=stream, flush=True)
        elif isinstance(event, Finding):
            print(finding(event), file=stream, flush=True)
        elif isinstance(event, Confirmation):
            print(verdict(event), file=stream, flush=True)

    print("Measuring again what was kept, before anybody believes it", file=stream, flush=True)
    found, why = confirmed(lab, show)
    if why:
        print(f"note: {clean(why)}", file=stream, flush=True)
    order.head.look(last=True)
    held = _told(lab, order, why)
    held.confirmation = found
    return held


def page(lab: Session, order: Order, *more: str) -> Page:
    """Write the state of the campaign, with what there is to know first: `more` last."""
    best, where = lab.history.incumbent, order.where
    trouble, logs = lab.remote_sync.trouble, f"autoresearch-logs/{lab.start.tag}"
    notes = tuple(note for note in (*lab.notes, order.head.note, trouble, *more) if note)
    published = not isinstance(lab.remote_sync, NoRemote) and not trouble and best is not None
    web = where.web if published else ""
    chart = where.file(logs, PICTURE) if web and lab.campaign.read(PICTURE) else ""
    patch = ""
    if best and best.experiment:
        patch = lab.archive.recall(best.experiment, "patch", lab.campaign.read)
    return Page(
        lab.start.tag, lab.history, lab.start, ended(lab), notes, patch, web, chart, order.into
    )


def _told(lab: Session, order: Order, *more: str) -> SessionResult:
    """The session's result and page, which is all in memory: the session may be closed."""
    end, shown = ended(lab), page(lab, order, *more)
    failure: AutoresearchError | None = None
    if end and not end.experiments and end.reason in _NOTHING_RAN:
        failure = MachineError("No experiment could run.", remedy=_NOTHING_RAN[end.reason])
    elif end and fruitless(end, lab.history):
        failure = OutOfTimeError("No experiment came to a verdict.", remedy=end.note)
    result = result_of(lab.start, end, lab.history)
    return SessionResult(result, shown.report, failure, headline(lab.history), tag=lab.start.tag)


def headline(history: History) -> str:
    """Write the campaign in a line of plain text; empty where there is no baseline."""
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
