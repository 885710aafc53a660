"""The cost of tokens, and the limits that the next call has to fit into.

Pure counting: asked before a call with the worst case of that call, so that a limit is a limit
and not the place where a session notices that it went too far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Experiment, ExperimentStart, ProposalRejected, Record
from autoresearch_ci.core.model.values import Usage

_MILLION = 1_000_000
_REFUSAL = "The next call may "


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; None is unknown."""

    price_in: float | None = None
    price_out: float | None = None

    @property
    def known(self) -> bool:
        """True where a cost can be said at all."""
        return self.price_in is not None and self.price_out is not None

    def cost(self, usage: Usage) -> float:
        """In US dollars; 0 where a price is unknown."""
        if self.price_in is None or self.price_out is None:
            return 0.0
        return (usage.billed_input * self.price_in + usage.output * self.price_out) / _MILLION


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and US dollars."""

    tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.tokens + other.tokens, self.cost_usd + other.cost_usd)


def out_of_money(rejected: ProposalRejected) -> bool:
    """True where a spend limit kept the model from being asked."""
    return rejected.error.startswith(_REFUSAL)


def spent_on(records: Iterable[Record], day: str) -> Spent:
    """The spending of one day of UTC, written `2026-03-17`, as a ledger has it.

    `records` are in the order of the ledger and may be of several campaigns. An idea whose
    experiment is still under way, or was cut short, counts when it began.
    """
    total, begun = Spent(), dict[tuple[str, int], ExperimentStart]()
    for record in records:
        if isinstance(record, ExperimentStart):
            begun[record.tag, record.experiment] = record
        elif isinstance(record, Experiment | ProposalRejected):
            total += _spent_by(record, day)
        if isinstance(record, Experiment):
            begun.pop((record.tag, record.experiment), None)
    return sum((_spent_by(start, day) for start in begun.values()), total)


def spent_by(history: History, sessions: Collection[str]) -> Spent:
    """The spending of these sessions on ideas that came to an end, and on answers without one."""
    answers: list[Experiment | ProposalRejected] = [*history.experiments, *history.rejected]
    mine = (each for each in answers if each.session in sessions)
    return sum((Spent(each.tokens, each.cost_usd) for each in mine), Spent())


def _spent_by(record: Experiment | ExperimentStart | ProposalRejected, day: str) -> Spent:
    if not (record.tokens or record.cost_usd) or day_of(record.timestamp) != day:
        return Spent()
    return Spent(record.tokens, record.cost_usd)


def day_of(timestamp: str) -> str:
    """The day of UTC in which a record was written; empty for what is no timestamp."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).date().isoformat()


class Share(Protocol):
    """A session's own part of limits that it has together with `count` - 1 others."""

    @property
    def count(self) -> int: ...

    def tokens(self, total: int) -> int: ...

    def cost(self, total: float) -> float: ...


class Whole:
    """The share of a session that has its limits to itself."""

    count = 1

    def tokens(self, total: int) -> int:
        return total

    def cost(self, total: float) -> float:
        return total


class Allowance:
    """The spend limits of a session, and what it has spent. Limits that are None do not limit.

    `max_tokens` and `max_cost_usd` are of the session, `max_cost_usd_per_day` of the day of UTC;
    `earlier` is what was spent on `day`, on which the session begins, before it began. Of each
    the session has its `share`.
    """

    def __init__(
        self,
        prices: Prices,
        *,
        max_tokens: int | None = None,
        max_cost_usd: float | None = None,
        max_cost_usd_per_day: float | None = None,
        day: str = "",
        earlier: Spent | None = None,
        share: Share | None = None,
    ) -> None:
        self._prices, self._share = prices, share or Whole()
        self._max_tokens = max_tokens
        self._max_cost_usd = max_cost_usd
        self._max_cost_usd_per_day = max_cost_usd_per_day
        self._day = day
        self._earlier = self._today = (earlier or Spent()).cost_usd
        self._session = Spent()

    def cost(self, usage: Usage) -> float:
        """In US dollars; 0 where a price is unknown."""
        return self._prices.cost(usage)

    @property
    def session(self) -> Spent:
        """The tokens and dollars that this session has spent."""
        return self._session

    def refuses(self, worst: Usage, day: str) -> str | None:
        """The sentence why a call that may use so much is not to be made; None if it may be."""
        cost = self._prices.cost(worst)
        self._turn_to(day)
        if self._max_tokens is not None:
            most = self._share.tokens(self._max_tokens)
            left = max(0, most - self._session.tokens)
            if worst.tokens > left:
                return (
                    f"{_REFUSAL}take {worst.tokens:,} tokens and {left:,} of "
                    f"max_tokens ({most:,}) are left."
                )
        session, daily = self._max_cost_usd, self._max_cost_usd_per_day
        if session is not None:
            session = self._share.cost(session)
        if daily is not None:
            daily = self._earlier + max(0.0, daily - self._earlier) / self._share.count
        for name, limit, spent in (
            ("max_cost_usd", session, self._session.cost_usd),
            ("max_cost_usd_per_day", daily, self._today),
        ):
            if limit is not None and spent + cost > limit:
                left_usd = max(0.0, limit - spent)
                return (
                    f"{_REFUSAL}cost {cost:.4f} USD and {left_usd:.4f} of "
                    f"{name} ({limit:g}) are left."
                )
        return None

    def spend(self, usage: Usage, day: str) -> Spent:
        """Count what a call has used; the answer is what that comes to."""
        spent = Spent(usage.tokens, self._prices.cost(usage))
        self._turn_to(day)
        self._session += spent
        self._today += spent.cost_usd
        return spent

    def _turn_to(self, day: str) -> None:
        """A session may see midnight, after which the day's limit begins anew."""
        if day != self._day:
            self._day = day
            self._earlier = self._today = 0.0
