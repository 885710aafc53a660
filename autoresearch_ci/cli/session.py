"""A session at a terminal, from its opening to the last line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autoresearch_ci.cli.error_boundary import DONE, INTERRUPTED
from autoresearch_ci.cli.paths import called, repository_root
from autoresearch_ci.cli.requests import PUSH_TOKEN
from autoresearch_ci.core.errors import OutOfTimeError, SettingsError
from autoresearch_ci.core.history import History
from autoresearch_ci.core.interrupts import Interrupted, interruptible
from autoresearch_ci.core.lane_group import combined_by, company, end_of_all
from autoresearch_ci.core.model import (
    Check,
    Event,
    Experiment,
    Finding,
    IncumbentMeasured,
    Lane,
    Note,
    Phase,
    Reason,
    SessionEnd,
    StopRequest,
)
from autoresearch_ci.core.text import duration, plural, timestamp
from autoresearch_ci.engine.forecast import fruitless
from autoresearch_ci.forge.webhook import VARIABLE, messenger
from autoresearch_ci.reports import notice
from autoresearch_ci.reports.progress import Progress
from autoresearch_ci.reports.session import closing, opening, outcome
from autoresearch_ci.reports.terminal import Paint, has_colour, is_live

if TYPE_CHECKING:
    from autoresearch_ci.config import Settings
    from autoresearch_ci.engine.session import Session
    from autoresearch_ci.workspace import Target


def hold(
    repo: Path,
    overrides: Mapping[str, object],
    *,
    quiet: bool = False,
    as_json: bool = False,
    new: bool = False,
    base: str | None = None,
    setup_only: bool = False,
    push: str | None = None,
    lane: Lane | None = None,
    combine: bool = False,
    stopped: bool = False,
    show_more: Callable[[], None] | None = None,
    last_words: Callable[[Session, SessionEnd | None], None] | None = None,
) -> int:
    """Hold one session and show it; returns the exit code.

    `push` names the remote to share with, with the token in AUTORESEARCH_TOKEN if there is one.
    `lane` is the one that it works in; with `combine` it brings all of them together, and runs
    nothing for that where they were `stopped`.
    With `as_json` standard output carries the records and people read standard
    error. `show_more` is called before the last words, where people read them, and `last_words`
    in their place.
    """
    people = sys.stderr if as_json else sys.stdout
    progress = Progress(None if quiet else people, live=not as_json and is_live(people))
    code = DONE
    to = messenger(os.environ.get(VARIABLE, ""))
    end: SessionEnd | None = None
    with interruptible(progress.stopping), ExitStack() as stack:
        stack.enter_context(progress)
        from autoresearch_ci.doctor import admit  # noqa: PLC0415 - heavy; the live line is up
        from autoresearch_ci.engine.assembly import open_session  # noqa: PLC0415
        from autoresearch_ci.engine.loop import research  # noqa: PLC0415
        from autoresearch_ci.engine.session_request import SessionRequest  # noqa: PLC0415

        request = SessionRequest(
            repo,
            overrides,
            new=new,
            base=base,
            setup_only=setup_only,
            push=target(push),
            tell=progress.show,
            needs_idea=(base is None or new) and not combine,
            lane=lane,
            combine=combine,
        )
        session = stack.enter_context(open_session(request))
        if base is not None and not new and session.history.baseline:
            raise SettingsError(
                f"Campaign {session.start.tag} has begun already, at {session.start.base[:7]}: "
                "--base is for a new one.",
                remedy="Begin a new campaign there with --new, or leave --base out to go on.",
            )
        admit(session, request, _shown(progress, as_json=as_json), auto="off")
        paint = Paint(colour=has_colour(people))
        limits = None if setup_only or combine else _limits(session.settings)
        progress.begin(
            opening(session.start, session.history, limits, session.notes, paint),
            session.history,
            session.settings.kill_after,
        )
        work = _combination(session, stopped=stopped) if combine else research(session)
        events = watched(work, progress)
        try:
            for event in events:
                notice.tell(to, event, session.history)
                if as_json:
                    _write_record(event)
                if isinstance(event, SessionEnd):
                    end = event
        except KeyboardInterrupt:
            code = INTERRUPTED
            # It may have come between two events: the loop has to hear of it before it is asked.
            with suppress(KeyboardInterrupt, StopIteration):
                events.throw(Interrupted())
            for experiment in cut_short(session.history, session.start.session):
                progress.show(experiment)
            if as_json:
                _write_last_records(session)
        # It is closed and the live line gone before the last words; signals are still ours.
        stack.close()
        if progress.gone:
            return INTERRUPTED
        if show_more is not None and not quiet and not as_json:
            show_more()
        say = last_words or partial(_last_words, people, paint, quiet=quiet, repo=repo)
        say(session, end)
    # Where somebody else has combined meanwhile, theirs is to be taken in.
    again = partial(hold, repo, overrides, quiet=quiet, as_json=as_json, push=push, combine=True)
    return again() if session.remote_sync.raced and code == DONE else code


def target(remote: str | None) -> Target | None:
    """The place to push to, with what that may need; None where nothing is named."""
    from autoresearch_ci.workspace import Target  # noqa: PLC0415 - heavy

    return None if remote is None else Target(remote, os.environ.get(PUSH_TOKEN, ""))


def _combination(session: Session, *, stopped: bool) -> Generator[Event, None, None]:
    """Bring together what lanes have found; where they were stopped nothing is run for it."""
    from autoresearch_ci.campaign.requests import request_id  # noqa: PLC0415 - heavy
    from autoresearch_ci.engine.combine import combine  # noqa: PLC0415

    if stopped:
        tag = session.start.tag
        session.stops.leave(StopRequest(tag, request_id(), timestamp(), now=True))
    return combine(session)


def cut_short(history: History, session: str) -> list[Experiment]:
    """The experiment that the end of this session interrupted: recorded, and not yet shown."""
    last = history.experiments[-1:]
    return [e for e in last if e.session == session and e.reason is Reason.INTERRUPTED]


def watched(events: Generator[Event], progress: Progress) -> Generator[Event]:
    """Each event after it was shown.

    What interrupts the showing is raised inside the loop as well, which so gets
    to undo and record; where it came from the loop, this changes nothing.
    """
    try:
        for event in events:
            progress.show(event)
            yield event
            if progress.gone:
                raise Interrupted
    except (KeyboardInterrupt, BrokenPipeError):
        events.throw(Interrupted())
        raise Interrupted from None
    finally:
        events.close()


def _shown(progress: Progress, *, as_json: bool) -> Callable[[Event], None]:
    def show(event: Event) -> None:
        progress.show(event)
        if as_json:
            _write_record(event)

    return show


def _write_record(event: Event) -> None:
    if isinstance(event, IncumbentMeasured | Finding | Check | Note | Phase):
        return
    from autoresearch_ci.campaign.ledger import encode  # noqa: PLC0415

    print(json.dumps(encode(event), ensure_ascii=False), flush=True)


def _write_last_records(session: Session) -> None:
    """Write what was recorded while the session was stopped, and so was not yielded."""
    for experiment in cut_short(session.history, session.start.session):
        _write_record(experiment)
    if ended := session.ledger.campaign.ended:
        _write_record(ended)


def _limits(settings: Settings) -> list[str]:
    limits = []
    if settings.max_experiments is not None:
        limits.append(f"after {plural(settings.max_experiments, 'experiment')}")
    if settings.time_limit is not None:
        limits.append(f"after {duration(settings.time_limit)}")
    if settings.patience is not None:
        limits.append(f"after {plural(settings.patience, 'experiment')} without a keep")
    if settings.target_value is not None:
        limits.append(f"when {settings.metric_name} is {settings.target_value:g}")
    return limits


def _last_words(
    people: TextIO,
    paint: Paint,
    session: Session,
    end: SessionEnd | None,
    *,
    quiet: bool,
    repo: Path,
) -> None:
    if quiet:
        text = outcome(session.start, session.history)
    else:
        place = None if _is_here(repo) else repo
        start = replace(session.start, base=session.campaign.base)  # it may have moved since
        sessions = session.ledger.campaign.sessions
        lanes = company(sessions, combined_by(session.start, sessions))
        if end and lanes:
            end = end_of_all(end, lanes, session.history)
        names = [each.start.session for each in lanes]
        text = "\n" + closing(start, end, session.history, paint, place, called(), names)
    print(text, file=people, flush=True)
    if end and not session.start.lanes and fruitless(end, session.history):
        raise OutOfTimeError("No experiment came to a verdict.", remedy=end.note)


def _is_here(repo: Path) -> bool:
    """Tell whether git finds the repository from where the user is.

    A folder that the campaign's branch did not have is another one now, of the same name.
    """
    try:
        return Path.cwd().is_relative_to(repository_root(repo))
    except FileNotFoundError:
        return False
