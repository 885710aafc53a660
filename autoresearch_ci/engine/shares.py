"""Shares of limits that hold for several lanes together.

A lane that ends leaves what it has not used to those that remain. Each lane knows of the ends as
of its last sync alone. Whoever knows of fewer of them thinks that it has no more than those do
that know of all, so the lanes never use more than there is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.core import lane_group
from autoresearch_ci.core.model import Lane, SessionStart
from autoresearch_ci.proposers.llm.budget import Spent, spent_by

_N = TypeVar("_N", int, float)


def whole(total: int, count: int, rank: int) -> int:
    """The part of a whole number that the one of this rank gets, from 0; the first get more."""
    return max(0, -(-(total - rank) // count))


def even(total: float, count: int, _rank: int) -> float:
    """The same of what can be parted at will."""
    return total / count


def share(
    total: _N, lane: Lane, ended: Iterable[tuple[int, _N]], part: Callable[[_N, int, int], _N]
) -> _N:
    """The share of a lane, with its part of what each of the `ended` has left.

    Those are the numbers of lanes and what each has used, in the order in which they ended.
    """
    working = list(range(1, lane.count + 1))
    has = {number: part(total, lane.count, rank) for rank, number in enumerate(working)}
    for number, used in ended:
        if number == lane.number or number not in working:
            continue
        working.remove(number)
        left = max(has.pop(number) - used, 0)
        for rank, other in enumerate(working):
            has[other] += part(left, len(working), rank)
    return has[lane.number]


class Shares:
    """The shares that a session has of its limits: all of them, or those of its lane."""

    def __init__(self, start: SessionStart, ledger: Ledger) -> None:
        self._session, self._group, self._ledger = start.session, start.group, ledger
        self._lane = Lane(start.lane, start.lanes) if start.lane else None

    @property
    def count(self) -> int:
        """The number of sessions that have the limits together."""
        return self._lane.count if self._lane else 1

    def experiments(self, total: int) -> int:
        """The most experiments of this session."""
        return self._own(total, self._made, whole)

    def tokens(self, total: int) -> int:
        """The most tokens of this session."""
        return self._own(total, lambda names: self._spent(names).tokens, whole)

    def cost(self, total: float) -> float:
        """The most US dollars of this session."""
        return self._own(total, lambda names: self._spent(names).cost_usd, even)

    def together(self, own: int) -> int:
        """The experiments of all lanes together, of which so many are this session's own."""
        if self._lane is None:
            return own
        company = lane_group.company(self._ledger.campaign.sessions, self._group)
        return self._made({each.start.session for each in company})

    def _own(
        self,
        total: _N,
        used: Callable[[Collection[str]], _N],
        part: Callable[[_N, int, int], _N],
    ) -> _N:
        if self._lane is None:
            return total
        sessions = self._ledger.campaign.sessions
        names: dict[int, set[str]] = {}
        for each in lane_group.company(sessions, self._group):
            names.setdefault(each.start.lane, set()).add(each.start.session)
        ended = [(lane, used(names[lane])) for lane in lane_group.ends(sessions, self._group)]
        before = names.get(self._lane.number, set()) - {self._session}
        return share(total, self._lane, ended, part) - used(before)

    def _made(self, sessions: Collection[str]) -> int:
        return lane_group.made(self._ledger.history, sessions)

    def _spent(self, sessions: Collection[str]) -> Spent:
        return spent_by(self._ledger.history, sessions)
