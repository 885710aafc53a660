"""One session of the Action: the loop's events go to the job's log."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from autoresearch_ci.action.after_session import FAILED, after_session
from autoresearch_ci.action.annotations import remarks
from autoresearch_ci.action.confirm import confirmed, is_due
from autoresearch_ci.action.inputs import Mode
from autoresearch_ci.action.outputs import Outputs, outputs_of
from autoresearch_ci.action.session_request import ActionRequest
from autoresearch_ci.action.session_result import SessionResult
from autoresearch_ci.action.status import Live, SessionStatus
from autoresearch_ci.campaign.archive import PICTURE
from autoresearch_ci.campaign.sync import NoRemote
from autoresearch_ci.core.errors import (
    AutoresearchError,
    MachineError,
    OutOfTimeError,
    WorkspaceError,
)
from autoresearch_ci.core.history import History
from autoresearch_ci.core.interrupts import Interrupted
from autoresearch_ci.core.lane_group import end_of_all
from autoresearch_ci.core.model import (
    Confirmation,
    Event,
    Finding,
    Lane,
    Note,
    SessionEnd,
    StopReason,
)
from autoresearch_ci.core.text import clean, duration, number, percent, plural
from autoresearch_ci.doctor import admit
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.combine import combine, combined_lanes
from autoresearch_ci.engine.forecast import fruitless
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session import Session
from autoresearch_ci.reports.confirmation import finding, verdict
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.progress import Progress
from autoresearch_ci.reports.session import opening, outcome
from autoresearch_ci.reports.terminal import Paint

_NOTHING_RAN = {
    StopReason.EXHAUSTED: "Whoever has the ideas has none left. Begin a new campaign (the input "
    "new_campaign), or set proposer to a model.",
}

_LANES_FAILED = (
    "Read why in the logs of the jobs of the lanes, mend it, and run the workflow again: the "
    "campaign goes on."
)


def hold_session(
    workspace: Path,
    request: ActionRequest,
    stream: TextIO,
    status: SessionStatus,
) -> SessionResult:
    """Hold one session, and return what came of it whatever happens.

    It is pushed where the workflow gave a token. What is raised on the way is the
    `failure`, beside what the session came to before.
    """
    given = request.given
    progress = Progress(stream)
    result: SessionResult | None = None
    session: Session | None = None
    try:
        engine_request = request.for_engine(workspace, status.forge, progress.show)
        with progress, open_session(engine_request) as session:
            admit(session, engine_request, progress.show, auto="report")
            paint = Paint(colour=False)
            limits = None if request.setup_only else _limits(session)
            progress.begin(
                opening(session.start, session.history, limits, session.notes, paint),
                session.history,
                session.settings.kill_after,
            )
            live = Live(session, request, status, lambda room: page(session, request).report(room))
            _run(session, request, progress, live)
            request.head.look(last=True)
            result = _told(session, request)
            print(outcome(session.start, session.history), file=stream, flush=True)
            if request.lanes:
                result = _begun(session, request, result, status)
            elif request.given.lane is None:
                result = _offered(session, request, result, stream, status)
    except BaseException as failure:  # noqa: BLE001 - every way out has a summary and outputs
        stopped = isinstance(failure, KeyboardInterrupt)
        none = Outputs("stopped" if stopped else "error")
        result = result or (_told(session, request) if session else SessionResult(none, _blank))
        result.failure = failure
        if stopped and session and not ended(session):  # before the first record: nothing was amiss
            result.outputs = replace(result.outputs, result="stopped")
        result.news = result.news or ((FAILED,) if given.goes_on else ())
    return result


def _begun(
    session: Session, request: ActionRequest, result: SessionResult, status: SessionStatus
) -> SessionResult:
    """The result of what comes before lanes, which they find where they look: it is published.

    None follow where there is nothing for them to do, and then it is the end.
    """
    sync = session.remote_sync
    if isinstance(sync, NoRemote) or sync.trouble:
        raise WorkspaceError(
            "The campaign is not published, where lanes on other machines would find it.",
            detail=sync.trouble,
            remedy="Lanes need a remote origin and a token with `permissions: contents: write` in "
            "the jobs begin, lane and combine.",
        )
    if session.stops.requested or replace(session.limits, setup_only=False).reached(
        session.progress
    ):
        return result
    lanes = [str(Lane(number, request.lanes)) for number in range(1, request.lanes + 1)]
    result.outputs = replace(result.outputs, lanes=json.dumps(lanes))
    result.shown = False
    status.hand_on()
    return result


def _offered(
    session: Session,
    request: ActionRequest,
    result: SessionResult,
    stream: TextIO,
    status: SessionStatus,
) -> SessionResult:
    """The result, seen again on fresh runs and offered as the inputs ask for."""
    if is_due(session, result.outputs.result):
        result = _confirmed(session, request, stream)
    if session.campaign.base == request.where.sha:
        result.annotations = remarks(session.campaign, session.history)
    done = after_session(session, ended(session), request, status.forge)
    result.outputs = replace(result.outputs, pull_request_url=done.pull_request)
    result.news = done.said
    return result


def ended(session: Session) -> SessionEnd | None:
    """Return the record of this session's end, with what the lanes did that it has combined.

    None where it was not written.
    """
    ends = (each for each in session.ledger.campaign.sessions if isinstance(each, SessionEnd))
    own = next((end for end in ends if end.session == session.start.session), None)
    lanes = combined_lanes(session)
    return end_of_all(own, lanes, session.history) if own and lanes else own


def _run(session: Session, request: ActionRequest, progress: Progress, live: Live) -> None:
    combines = request.given.mode is Mode.COMBINE
    events = combine(session) if combines else research(session)
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


def _confirmed(session: Session, request: ActionRequest, stream: TextIO) -> SessionResult:
    """The session's result, seen again on fresh runs."""

    def show(event: Event) -> None:
        if isinstance(event, Note):
            print(clean(event.text), file=stream, flush=True)
        elif isinstance(event, Finding):
            print(finding(event), file=stream, flush=True)
        elif isinstance(event, Confirmation):
            print(verdict(event), file=stream, flush=True)

    print("Measuring again what was kept, before anybody believes it", file=stream, flush=True)
    found, why = confirmed(session, show)
    if why:
        print(f"note: {clean(why)}", file=stream, flush=True)
    request.head.look(last=True)
    result = _told(session, request, why)
    result.confirmation = found
    return result


def page(session: Session, request: ActionRequest, *more: str) -> Page:
    """Write the state of the campaign, with what there is to know first: `more` last."""
    best, where = session.history.incumbent, request.where
    trouble, logs = session.remote_sync.trouble, f"autoresearch-logs/{session.start.tag}"
    notes = tuple(note for note in (*session.notes, request.head.note, trouble, *more) if note)
    published = not isinstance(session.remote_sync, NoRemote) and not trouble and best is not None
    web = where.web if published else ""
    chart = where.file(logs, PICTURE) if web and session.campaign.read(PICTURE) else ""
    patch = ""
    if best and best.experiment:
        patch = session.archive.recall(best.experiment, "patch", session.campaign.read)
    return Page(
        session.start.tag,
        session.history,
        session.start,
        ended(session),
        notes,
        patch,
        web,
        chart,
        request.into,
        tuple(combined_lanes(session)),
    )


def _told(session: Session, request: ActionRequest, *more: str) -> SessionResult:
    """The session's result and page, which is all in memory: the session may be closed."""
    end, shown = ended(session), page(session, request, *more)
    failure: AutoresearchError | None = None
    lanes = combined_lanes(session)
    if request.given.mode is Mode.COMBINE and not any(lane.end for lane in lanes):
        failure = MachineError("No lane came to its end.", remedy=_LANES_FAILED)
    elif end and not end.experiments and end.reason in _NOTHING_RAN:
        failure = MachineError("No experiment could run.", remedy=_NOTHING_RAN[end.reason])
    elif end and not lanes and fruitless(end, session.history):
        failure = OutOfTimeError("No experiment came to a verdict.", remedy=end.note)
    names = {session.start.session, *(lane.start.session for lane in lanes)}
    outputs = outputs_of(session.start, end, session.history, names)
    return SessionResult(
        outputs, shown.report, failure, headline(session.history), tag=session.start.tag
    )


def headline(history: History) -> str:
    """Write the campaign in a line of plain text; empty where there is no baseline."""
    first, best = history.baseline, history.incumbent
    if first is None or best is None or first.value is None or best.value is None:
        return ""
    share = percent(best.value, first.value)
    change = f"{number(first.value)} → {number(best.value)}"
    return f"{clean(best.metric)} {change}{f' ({share})' if share else ''}"


def _limits(session: Session) -> list[str]:
    most, longest = session.settings.max_experiments, session.settings.time_limit
    return [
        *([f"after {plural(most, 'experiment')}"] if most else []),
        *([f"after {duration(longest)}"] if longest else []),
    ]


def _blank(_limit: int) -> str:
    return ""
