"""An agent's API keys: behind a proxy where the agent can be told the address of its API.

The agent is given a placeholder for the key and the address of a proxy that adds the key, so
neither it nor anything that it starts sees it. What has no known variable for its address is
handed on as it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from autoresearch_ci.core.environment import handed_on
from autoresearch_ci.providers.key_proxy import KeyProxy


@dataclass(frozen=True, slots=True)
class Service:
    """An API that agents ask: variables of its keys and of its address, and where it is else."""

    keys: tuple[str, ...]
    addresses: tuple[str, ...]
    url: str


SERVICES = (
    Service(
        ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
        ("ANTHROPIC_BASE_URL",),
        "https://api.anthropic.com",
    ),
    Service(
        ("OPENAI_API_KEY",), ("OPENAI_BASE_URL", "OPENAI_API_BASE"), "https://api.openai.com/v1"
    ),
    Service(
        ("GEMINI_API_KEY",),
        ("GOOGLE_GEMINI_BASE_URL",),
        "https://generativelanguage.googleapis.com",
    ),
)


class AgentKeys:
    """Context manager for one run of an agent: `env` is what the agent gets.

    `variables` are those of `proposer_env`, NAME or NAME=value. Raises SettingsError for the
    address of an API that is none, ProviderError for a key that is none.
    """

    def __init__(self, variables: Sequence[str], *, proxied: bool) -> None:
        self._given = handed_on(variables)
        self._proxies = [
            (service, KeyProxy(keys, self._address(service)))
            for service in SERVICES
            if proxied and (keys := self._keys(service))
        ]

    def __enter__(self) -> Self:
        self.env = dict(self._given)
        with ExitStack() as stack:
            for service, proxy in self._proxies:
                stack.enter_context(proxy)
                self.env |= proxy.placeholders | dict.fromkeys(service.addresses, proxy.url)
            if self._proxies:
                self.env |= _direct(self.env)
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def values(self) -> dict[str, str]:
        """All that may be secret, by name: the keys themselves too."""
        return self._given

    def trouble(self) -> str:
        """The trouble between an agent that failed and its API; empty where there was none."""
        for service, proxy in self._proxies:
            if proxy.failure:
                return f"{proxy.failure.message} {proxy.failure.remedy}"
            if not proxy.asked:
                return (
                    f"It asked nothing at the address in {service.addresses[0]}: set proposer_proxy"
                    " to off if it does not know that variable."
                )
        return ""

    def _keys(self, service: Service) -> dict[str, str]:
        given = ((name, self._given.get(name, "")) for name in service.keys)
        return {name: value for name, value in given if value.strip()}

    def _address(self, service: Service) -> str:
        given = (self._given.get(name, "").strip() for name in service.addresses)
        return next(filter(None, given), service.url)


def _direct(env: Mapping[str, str]) -> dict[str, str]:
    """The variables by which a program asks this machine itself, whatever proxy there is."""
    found = (env.get(name) or os.environ.get(name) for name in ("NO_PROXY", "no_proxy"))
    hosts = ",".join([*filter(None, [next(filter(None, found), "")]), "127.0.0.1"])
    return {"NO_PROXY": hosts, "no_proxy": hosts}
