"""An API as the conformance suites see it: a server, a provider, a manner of speaking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autoresearch_ci.providers import Provider
from autoresearch_ci.providers.conversation import Block, Conversation, Message, Role
from autoresearch_ci.providers.failure import Patience
from tests.servers.sockets import Act, Seen, Server

QUICK = Patience(connect=5, silence=5, total=20, tries=4, first_wait=0.01, longest_wait=0.02)
TALK = Conversation(
    (Block("You are careful."),), (Message(Role.USER, (Block("What next? " * 50, cache=True),)),)
)
TEXT = "Hello, wörld 🌍\n"


@dataclass(frozen=True)
class Api:
    """One API: a server for it, a provider for the server, and how to say things in it.

    `stream` and `body` are the same answer, `farewell` is how many events of the stream come after
    the one that says why the model stopped. `counts` is where a body has its counts of tokens, and
    what the count of input and of output is called there.
    """

    serve: Callable[..., Server]
    provide: Callable[..., Provider]
    says: Callable[..., Any]
    error: Callable[..., Act]
    asks_to_stream: Callable[[Seen], bool]
    stream: bytes
    farewell: int
    body: Mapping[str, Any]
    counts: tuple[str, str, str]
    error_event: bytes
    limit: str
    refused: Callable[[], Any]
