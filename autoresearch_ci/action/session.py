"""One session of the Action: the loop's events go to the job's log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from autoresearch_ci.action.inputs import Given
from autoresearch_ci.action.outputs import Result, result_of
from autoresearch_ci.errors import MachineError
from autoresearch_ci.executors.user import Users
from autoresearch_ci.interrupts import Interrupted
from autoresearch_ci.lab import open_lab
from autoresearch_ci.loop import research
from autoresearch_ci.model import SessionEnd, StopReason
from autoresearch_ci.reports.page import Page
from autoresearch_ci.reports.progress import PlainProgress
from autoresearch_ci.reports.session import opening, outcome
from autoresearch_ci.reports.terminal import Paint, duration, plural
from autoresearch_ci.session import Session

_NOTHING_RAN = {
    StopReason.EXHAUSTED: "Whoever has the ideas has none left. Begin a new campaign (the input "
    "new_campaign), or set proposer to a model.",
    StopReason.TIME_LIMIT: "One experiment takes longer than time_limit. Raise it, or make the "
    "experiment shorter.",
}


@dataclass
class Held:
    """What became of a session. `failure` is what the user has to change, if anything."""

    result: Result
    page: Callable[[int], str]
    failure: BaseException | None = None


def hold(workspace: Path, given: Given, users: Users | None, stream: TextIO) -> Held:
    """Hold one session, and tell what came of it whatever happens.

    What is raised on the way is the `failure`, beside what the session came to before.
    """
    progress = PlainProgress(stream)
    held: Held | None = None
    lab: Session | None = None
    try:
        with open_lab(workspace, given.overrides, new=given.new_campaign, users=users) as lab:
            paint = Paint(colour=False)
            limits = _limits(lab)
            progress.begin(
                opening(lab.start, lab.history, limits, lab.notes, paint),
                lab.history,
                lab.settings.time_budget,
            )
            _run(lab, progress)
            held = _told(lab)
            print(outcome(lab.start, lab.history), file=stream, flush=True)
    except BaseException as failure:  # noqa: BLE001 - every way out has a summary and outputs
        stopped = isinstance(failure, KeyboardInterrupt)
        none = Result("stopped" if stopped else "error")
        held = held or (_told(lab) if lab else Held(none, _blank))
        held.failure = failure
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


def _told(lab: Session) -> Held:
    """What a session came to, and its page, which is all in memory: the lab may be closed."""
    end, best = ended(lab), lab.history.incumbent
    patch = ""
    if best and best.experiment:
        patch = lab.archive.recall(best.experiment, "patch", lab.campaign.read)
    page = Page(lab.start.tag, lab.history, lab.start, end, lab.notes, patch=patch)
    failure = None
    if end and not end.experiments and end.reason in _NOTHING_RAN:
        failure = MachineError("No experiment could run.", remedy=_NOTHING_RAN[end.reason])
    return Held(result_of(lab.start, end, lab.history), page.report, failure)


def _limits(lab: Session) -> list[str]:
    most, longest = lab.settings.max_experiments, lab.settings.time_limit
    return [
        *([f"after {plural(most, 'experiment')}"] if most else []),
        *([f"after {duration(longest)}"] if longest else []),
    ]


def _blank(_limit: int) -> str:
    return ""
