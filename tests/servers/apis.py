"""Each API as the conformance suites see it: a server, a provider, a manner of speaking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autoresearch_ci.providers import Provider
from autoresearch_ci.providers.anthropic import AnthropicProvider
from autoresearch_ci.providers.conversation import Block, Conversation, Message, Role
from autoresearch_ci.providers.failure import Patience
from autoresearch_ci.providers.openai import OpenAIProvider
from tests.servers import anthropic as anthropic_api
from tests.servers import openai as openai_api
from tests.servers.anthropic import AnthropicServer
from tests.servers.openai import OpenAIServer
from tests.servers.sockets import Act, Server

QUICK = Patience(connect=5, silence=5, total=20, tries=4, first_wait=0.01, longest_wait=0.02)
TALK = Conversation(
    (Block("You are careful."),), (Message(Role.USER, (Block("What next? " * 50, cache=True),)),)
)
TEXT = "Hello, wörld 🌍\n"


@dataclass(frozen=True)
class Api:
    """One API: a server for it, a provider for the server, and how to say things in it."""

    serve: Callable[..., Server]
    provide: Callable[..., Provider]
    says: Callable[..., Any]
    error: Callable[..., Act]
    stream: bytes
    body: dict[str, Any]
    key: str
    error_event: bytes
    limit: str
    refused: Callable[[], Any]


def anthropic_provider(url: str, patience: Patience = QUICK, **rest: Any) -> AnthropicProvider:
    rest = {"key": anthropic_api.KEY, "max_output_tokens": 1000} | rest
    return AnthropicProvider(base_url=url, patience=patience, **rest)


def openai_provider(url: str, patience: Patience = QUICK, **rest: Any) -> OpenAIProvider:
    rest = {"key": openai_api.KEY, "max_output_tokens": 1000, "model": "gpt-6.1-terra"} | rest
    return OpenAIProvider(base_url=f"{url}/v1", patience=patience, **rest)


APIS = {
    "anthropic": Api(
        serve=AnthropicServer,
        provide=anthropic_provider,
        says=lambda ending="end_turn", **rest: anthropic_api.Says(stop_reason=ending, **rest),
        error=lambda status, said="", **headers: anthropic_api.error(
            status, "some_error", said, **headers
        ),
        stream=anthropic_api.sse(anthropic_api.Says().events("claude-sonnet-5-5")),
        body=anthropic_api.Says().whole("claude-sonnet-5-5"),
        key=anthropic_api.KEY,
        error_event=anthropic_api.sse(
            [{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}]
        ),
        limit="max_tokens",
        refused=lambda: anthropic_api.Says(pieces=("I",), stop_reason="refusal"),
    ),
    "openai": Api(
        serve=OpenAIServer,
        provide=openai_provider,
        says=lambda ending="stop", **rest: openai_api.Says(finish_reason=ending, **rest),
        error=lambda status, said="", **headers: openai_api.error(status, said, **headers),
        stream=openai_api.sse(openai_api.Says().events("gpt-6.1-terra", counted=True)),
        body=openai_api.Says().whole("gpt-6.1-terra"),
        key=openai_api.KEY,
        error_event=openai_api.sse(
            [{"error": {"message": "Overloaded", "type": "server_error", "code": 529}}]
        ),
        limit="length",
        refused=lambda: openai_api.Says(refusal="I will not do that."),
    ),
}
