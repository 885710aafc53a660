"""Sessions that worked as lanes of one campaign at once, and what they came to together."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import IdeaRequest, SessionEnd, SessionStart, StopReason

_RANK = (
    StopReason.TARGET_VALUE,
    StopReason.STOPPED,
    StopReason.TIME_LIMIT,
    StopReason.MAX_EXPERIMENTS,
    StopReason.PATIENCE,
    StopReason.EXHAUSTED,
    StopReason.INTERRUPTED,
    StopReason.ERROR,
)
"""Reasons that lanes ended for: the first that any of them had is that of all."""


@dataclass(frozen=True, slots=True)
class LaneSession:
    """A session of a lane; one that was killed, or is at work, has no `end`."""

    start: SessionStart
    end: SessionEnd | None = None


def begun_by(sessions: Iterable[SessionStart | SessionEnd], before: str = "") -> str:
    """The group of lanes that begin now, or did before the session of this name.

    It is named after the last session that neither is a lane nor combines any.
    """
    name = ""
    for each in sessions:
        if each.session == before:
            break
        if isinstance(each, SessionStart) and not each.lanes:
            name = each.session
    return name


def combined_by(start: SessionStart, sessions: Iterable[SessionStart | SessionEnd]) -> str:
    """The group of the lanes that this session combines; empty for one that combines none."""
    return begun_by(sessions, start.session) if start.lanes and not start.lane else ""


def company(sessions: Sequence[SessionStart | SessionEnd], group: str) -> list[LaneSession]:
    """The sessions of the lanes of a group, in the order in which they began."""
    ends = {each.session: each for each in sessions if isinstance(each, SessionEnd)}
    return [
        LaneSession(each, ends.get(each.session))
        for each in sessions
        if isinstance(each, SessionStart) and each.lane and each.group and each.group == group
    ]


def ends(sessions: Sequence[SessionStart | SessionEnd], group: str) -> Iterator[int]:
    """The numbers of lanes that have ended and not begun again, in the order in which they did."""
    lanes = {each.start.session: each.start.lane for each in company(sessions, group)}
    ended: dict[int, None] = {}
    for each in sessions:
        if number := lanes.get(each.session):
            ended.pop(number, None)
            if isinstance(each, SessionEnd):
                ended[number] = None
    yield from ended


def takes(
    idea: IdeaRequest, start: SessionStart, starts: Iterable[SessionStart], at_work: Collection[str]
) -> bool:
    """Tell whether a queued idea is for the lane that `start` began: each is for one of them.

    When a lane ends or dies only its own ideas are another's.
    """

    def rank(lane: int) -> str:
        return hashlib.sha256(f"{idea.session}/{lane}".encode()).hexdigest()

    others = {e.lane for e in starts if e.group == start.group and e.session in at_work}
    return max({*others, start.lane}, key=rank) == start.lane


def end_of_all(own: SessionEnd, lanes: Sequence[LaneSession], history: History) -> SessionEnd:
    """The end of a session that combined these lanes, as that of all of them together."""
    names = {own.session, *(each.start.session for each in lanes)}
    reason = own.reason
    if reason not in {StopReason.ERROR, StopReason.INTERRUPTED, StopReason.STOPPED}:
        reasons = {each.end.reason for each in lanes if each.end}
        reason = next((each for each in _RANK if each in reasons), reason)
    return replace(
        own,
        reason=reason,
        experiments=made(history, names),
        kept=sum(each.session in names for each in history.kept_changes),
    )


def made(history: History, sessions: Collection[str]) -> int:
    """The number of experiments of these sessions; baselines are not counted."""
    return sum(each.session in sessions for each in history.experiments if not each.is_baseline)
