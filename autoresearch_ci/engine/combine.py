"""A session that combines what lanes have kept, and has no ideas of its own."""

from __future__ import annotations

from collections.abc import Generator

from autoresearch_ci.core.lane_group import LaneSession, combined_by, company
from autoresearch_ci.core.model import Event, StopReason
from autoresearch_ci.engine.loop import attempt, held
from autoresearch_ci.engine.session import Session


def combine(session: Session) -> Generator[Event, None, None]:
    """Try the keeps that do not count on the branch's tip, and publish the whole.

    Where there are none nothing is run.
    """
    waiting = bool(session.next_idea.waiting)
    yield from held(session, _combination(session), measure=waiting)


def combined_lanes(session: Session) -> list[LaneSession]:
    """The sessions of the lanes that this one combines."""
    sessions = session.ledger.campaign.sessions
    return company(sessions, combined_by(session.start, sessions))


def _combination(session: Session) -> Generator[Event, None, StopReason]:
    while (limit := session.limits.reached(session.progress)) is None:
        idea = session.next_idea.again()
        if idea is None:
            return StopReason.COMBINED
        yield from attempt(session, idea)
    return limit
