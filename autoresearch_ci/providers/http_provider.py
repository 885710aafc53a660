"""The common part of providers that speak HTTP: when to try again, and what it costs."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator

from autoresearch_ci import __version__
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import Options
from autoresearch_ci.providers.address import Address
from autoresearch_ci.providers.conversation import Conversation, Ending, Reply
from autoresearch_ci.providers.failure import Failure, Key
from autoresearch_ci.providers.http_exchange import Listener, Request, attempt

_TEMPLATE_TOKENS = 512
"""Most tokens that a server's own template adds to what was sent."""
_EVENT_BYTES = 1024
"""Most bytes of a streamed token, with all that is wrapped around it."""
_ANSWER_BYTES = 2**20


class HttpProvider(ABC):
    """Asks over HTTP, again where that can help; what the APIs differ in is left to each.

    Nothing is open between two questions. Ctrl-C ends a wait and a read at once.
    """

    name: str

    def __init__(
        self,
        *,
        model: str,
        address: Address,
        key: Key | None,
        options: Options,
    ) -> None:
        self.model = model
        self._address = address
        self._key = key
        self._max_output_tokens = options.max_output_tokens
        self._patience = options.patience

    @abstractmethod
    def _credential(self) -> Mapping[str, str]:
        """The headers that this API wants beside the usual ones; the key is in one of them."""

    @abstractmethod
    def _body(self, conversation: Conversation) -> dict[str, Any]:
        """The request, as this API wants it."""

    @abstractmethod
    def _listener(self) -> Listener:
        """Hears one answer of this API."""

    @abstractmethod
    def _price_factor(self, conversation: Conversation) -> float:
        """The most that an input token may cost, in full input prices: caches charge to write."""

    def _adapt(self, _failure: Failure) -> bool:
        """Change the request after this failure; False where it stays. At most once a reason."""
        return False

    def worst_case(self, conversation: Conversation) -> Usage:
        """No token is shorter than a byte of UTF-8, so the request's bytes bound the input."""
        tokens = len(self._encoded(conversation)) + _TEMPLATE_TOKENS
        return Usage(tokens, self._max_output_tokens, tokens * self._price_factor(conversation))

    def ask(self, conversation: Conversation) -> Reply:
        deadline = time.monotonic() + self._patience.total
        failures = 0
        while True:
            listener = self._listener()
            failure = attempt(self._request(self._encoded(conversation), deadline), listener)
            most = self.worst_case(conversation)
            if failure is None:
                return listener.reply(most)
            if failure.filtered:
                return Reply("", Ending.FILTERED, Usage())
            if self._adapt(failure):
                continue
            failures += 1
            wait = self._patience.wait(failures, failure.after)
            worthwhile = failure.passing and not failure.billable
            in_time = time.monotonic() + wait < deadline
            if not (worthwhile and in_time and failures < self._patience.tries):
                break
            time.sleep(wait)
        raise failure.error(replace(most, estimated=True) if failure.billable else Usage())

    def _request(self, body: bytes, deadline: float) -> Request:
        headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": f"autoresearch-ci/{__version__}",
            **self._credential(),
        }
        return Request(
            address=self._address,
            headers=headers,
            body=body,
            key=self._key,
            most_bytes=_ANSWER_BYTES + _EVENT_BYTES * self._max_output_tokens,
            deadline=deadline,
            patience=self._patience,
        )

    def _encoded(self, conversation: Conversation) -> bytes:
        text = json.dumps(self._body(conversation), ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="replace")


_TIMES, _OWN_PROMPT = 4, 100_000


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _counts(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


Count = Annotated[int | None, BeforeValidator(_count)]
"""A number of tokens; None for everything else."""

IsCounts = BeforeValidator(_counts)
"""On a model of counts: None for what is no object."""


def believable(count: int | None, most: int) -> int | None:
    """The count, unless it is far beyond the most that we know of: then it is none.

    What a server adds by itself, such as a prompt of its own, is allowed for.
    """
    return None if count is None or count > _TIMES * most + _OWN_PROMPT else count
