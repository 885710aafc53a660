"""The doctor at the beginning of a campaign, before its first run."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace

from autoresearch_ci.config import DoctorMode, Settings
from autoresearch_ci.core.errors import AutoresearchError, UntrustedError
from autoresearch_ci.core.model import Diagnosis, Event, Note
from autoresearch_ci.core.text import duration, plural, timestamp
from autoresearch_ci.doctor.examination import Examination
from autoresearch_ci.engine.scratch import scratch_of
from autoresearch_ci.engine.session import Session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers import select
from autoresearch_ci.workspace import Workspace

SHARE = 0.1
"""Of `time_limit` at most; what it takes is the session's time."""

BY_HAND = "By hand, without a limit: autoresearch-ci doctor"


def admit(
    session: Session, request: SessionRequest, show: Callable[[Event], None], *, auto: DoctorMode
) -> None:
    """Have the doctor look at the project where the campaign has no baseline yet, and record it.

    `request` is what the session was opened with, `auto` what that setting means here.
    With `require` UntrustedError is raised unless every verdict is right, or what kept the doctor
    from looking; then nothing is recorded.
    """
    mode = auto if session.settings.doctor == "auto" else session.settings.doctor
    if mode == "off" or session.history.baseline is not None:
        return
    limit = session.settings.time_limit
    share = math.inf if limit is None else SHARE * limit
    most = "" if limit is None else f", for at most {duration(share)}"
    show(Note(f"The doctor looks at the project first{most}"))
    settings = {**request.overrides, "proposer": select.chosen(session.settings, os.environ)}
    found = Diagnosis(session.start.tag, session.start.session, timestamp(), ())
    try:
        found = _look(found, session, request, settings, share, show)
    except AutoresearchError as error:
        if mode == "require":
            raise
        found = replace(found, note=f"{error.message} {error.remedy}")
    if mode == "require":
        try:
            require(found)
        except UntrustedError:
            show(found)
            raise
    show(session.ledger.append(found))


def require(found: Diagnosis) -> None:
    """Raise UntrustedError unless every verdict is known, and right."""
    if found.wrong:
        titles = ", ".join(check.title for check in found.wrong)
        raise UntrustedError(
            f"The loop cannot be trusted with this project: {plural(len(found.wrong), 'verdict')} "
            f"wrong, on {titles}.",
            detail="\n".join(dict.fromkeys(check.note for check in found.wrong)),
            remedy="Do what stands above; autoresearch-ci doctor shows whether it helped. With "
            "doctor: report a session goes on all the same.",
        )
    if found.unseen:
        raise UntrustedError(
            f"The doctor did not get to look at: {', '.join(found.unseen)}.",
            detail=found.note,
            remedy="Raise time_limit or make a run shorter. With doctor: report a session goes on "
            "all the same.",
        )


def _look(
    found: Diagnosis,
    session: Session,
    request: SessionRequest,
    settings: Mapping[str, object],
    share: float,
    show: Callable[[Event], None],
) -> Diagnosis:
    until = time.monotonic() + share
    checks = []
    workspace = Workspace.open(request.repository)
    with scratch_of(workspace, session.campaign.head, session.trees) as place:
        asked = replace(request, overrides=settings)
        examination = Examination(place, asked, until, prepared=True)
        with closing(examination.checks()) as looking:
            for check in looking:
                checks.append(check)
                show(check)
        return replace(
            found,
            checks=tuple(checks),
            weaknesses=tuple(weaknesses(place.workspace, examination.settings)),
            unseen=tuple(examination.unseen),
            note=_time_is_up(share, began=bool(checks)) if examination.unseen else "",
        )


def _time_is_up(share: float, *, began: bool) -> str:
    given = f"{duration(share)}, a tenth of time_limit,"
    if began:
        return f"It was cut short: {given} were over. {BY_HAND}"
    return f"It was left out: {given} were over before its first verdict. {BY_HAND}"


_SHOWN = 4


def weaknesses(workspace: Workspace, settings: Settings) -> list[str]:
    """Each in a sentence or two that end in what to do."""
    found = []
    if settings.guard_command is None:
        found.append(
            "There is no guard_command: a change that breaks the program and improves "
            f"{settings.metric_name} is kept. Set it to the tests."
        )
    if settings.metric_min is None and settings.metric_max is None:
        found.append(
            f"Any {settings.metric_name} is believed. Set metric_min or metric_max to what it can "
            "be at best."
        )
    open_files = workspace.ignored(settings.readonly_files)
    if open_files:
        shown = ", ".join(open_files[:_SHOWN])
        more = f" and {len(open_files) - _SHOWN} more" if len(open_files) > _SHOWN else ""
        found.append(
            f"Git ignores {shown}{more}, so a run can change what it is measured with. Name what "
            "decides the number (data, dependencies) in readonly_files."
        )
    return found
