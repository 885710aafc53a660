"""The official clients are the yardstick, for what is sent and for the servers of the tests."""

from __future__ import annotations

from typing import Any

import pytest

from autoresearch_ci.providers import Options
from autoresearch_ci.providers.anthropic import AnthropicProvider
from autoresearch_ci.providers.conversation import Block, Conversation, Ending, Message, Role
from autoresearch_ci.providers.openai import OpenAIProvider
from tests.servers import anthropic as anthropic_api
from tests.servers import openai as openai_api
from tests.servers.anthropic import AnthropicServer
from tests.servers.openai import OpenAIServer
from tests.servers.sockets import Seen

# The clients take a second to import, so a test that asks one imports it; they start `uname`.
pytestmark = [pytest.mark.git, pytest.mark.xdist_group("official clients")]

TALK = Conversation(
    (Block("You are a careful researcher."), Block("Rules: ünïcode «ok» 🌍", cache=True)),
    (Message(Role.USER, (Block("Goal.\n", cache=True), Block('def f():\n\treturn "x"\n'))),),
).plus("<answer/>", "Once more, please.")


def same_request(ours: Seen, theirs: Seen, headers: tuple[str, ...]) -> None:
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    assert ours.json == theirs.json
    for name in ("content-type", "accept", *headers):
        assert ours.headers[name] == theirs.headers[name], name


def part(text: str, **cache: Any) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"cache_control": cache} if cache else {})


@pytest.mark.parametrize("cache_for", ["5m", "1h"])
def test_anthropic_is_asked_as_its_own_client_asks(cache_for: Any) -> None:
    """Method, path, headers and every field of the body are those of the official client."""
    import anthropic

    mark = {"type": "ephemeral"} | ({"ttl": "1h"} if cache_for == "1h" else {})
    with AnthropicServer(anthropic_api.Says()) as server:
        options = Options(base_url=server.url, max_output_tokens=1000, cache_for=cache_for)
        provider = AnthropicProvider(anthropic_api.KEY, options)
        reply = provider.ask(TALK)
        with anthropic.Anthropic(
            api_key=anthropic_api.KEY, base_url=server.url, max_retries=0
        ) as client:
            stream: Any = client.messages.create(
                model="claude-sonnet-5-5",
                max_tokens=1000,
                system=[
                    part("You are a careful researcher."),
                    part("Rules: ünïcode «ok» 🌍", **mark),
                ],  # type: ignore[arg-type]
                messages=[
                    {
                        "role": "user",
                        "content": [
                            part("Goal.\n", **mark),
                            part('def f():\n\treturn "x"\n'),
                        ],  # type: ignore[list-item]
                    },
                    {"role": "assistant", "content": [part("<answer/>")]},  # type: ignore[list-item]
                    {"role": "user", "content": [part("Once more, please.")]},  # type: ignore[list-item]
                ],
                stream=True,
            )
            for _ in stream:
                pass
        ours, theirs = server.seen
    same_request(ours, theirs, ("authorization", "anthropic-version"))
    assert reply.ending is Ending.DONE


@pytest.mark.parametrize("key", [openai_api.KEY, None])
def test_openai_is_asked_as_its_own_client_asks(key: str | None) -> None:
    """Method, path, headers and every field of the body are those of the official client."""
    import openai

    with OpenAIServer(openai_api.Says(), key=key) as server:
        options = Options("gpt-6.1-terra", f"{server.url}/v1", max_output_tokens=1000)
        provider = OpenAIProvider(key or "", options)
        reply = provider.ask(TALK)
        with openai.OpenAI(
            api_key=key or "none", base_url=f"{server.url}/v1", max_retries=0
        ) as client:
            stream = client.chat.completions.create(
                model="gpt-6.1-terra",
                max_tokens=1000,
                messages=[
                    {
                        "role": "system",
                        "content": "You are a careful researcher.Rules: ünïcode «ok» 🌍",
                    },
                    {"role": "user", "content": 'Goal.\ndef f():\n\treturn "x"\n'},
                    {"role": "assistant", "content": "<answer/>"},
                    {"role": "user", "content": "Once more, please."},
                ],
                stream=True,
                stream_options={"include_usage": True},
            )
            for _ in stream:
                pass
        ours, theirs = server.seen
    same_request(ours, theirs, ("authorization",) if key else ())
    assert ("authorization" in ours.headers) == (key is not None)
    assert reply.ending is Ending.DONE


ANTHROPIC_SAYS = [
    anthropic_api.Says(),
    anthropic_api.Says(stop_reason="max_tokens", thinking="Hm, wörlds."),
    anthropic_api.Says(
        pieces=(),
        stop_reason="refusal",
        stop_details={"type": "refusal", "category": "cyber", "explanation": None},
    ),
    anthropic_api.Says(
        usage={
            "input_tokens": 5,
            "output_tokens": 7,
            "cache_creation_input_tokens": 100,
            "cache_read_input_tokens": 1000,
            "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
        }
    ),
]


@pytest.mark.parametrize("says", ANTHROPIC_SAYS)
def test_anthropic_server_of_the_tests_is_understood_by_the_official_client(
    says: anthropic_api.Says,
) -> None:
    """The tests' server is no image of our own reading of the API, streamed or not."""
    import anthropic

    with (
        AnthropicServer(says) as server,
        anthropic.Anthropic(
            api_key=anthropic_api.KEY, base_url=server.url, max_retries=0
        ) as client,
    ):
        asked: Any = {
            "model": "claude-sonnet-5-5",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "?"}],
        }
        whole = client.messages.create(**asked)
        with client.messages.stream(**asked) as stream:
            streamed = stream.get_final_message()
    for message in (whole, streamed):
        texts = [part.text for part in message.content if part.type == "text"]
        assert "".join(texts) == "".join(says.pieces)
        assert message.stop_reason == says.stop_reason
        assert message.usage.model_dump(exclude_none=True) == says.usage
        assert (message.stop_details is not None) == (says.stop_details is not None)


OPENAI_SAYS = [
    openai_api.Says(),
    openai_api.Says(finish_reason="length"),
    openai_api.Says(finish_reason="content_filter", pieces=("He",)),
    openai_api.Says(refusal="I will not do that."),
]


@pytest.mark.parametrize("says", OPENAI_SAYS)
def test_openai_server_of_the_tests_is_understood_by_the_official_client(
    says: openai_api.Says,
) -> None:
    """The tests' server is no image of our own reading of the API, streamed or not."""
    import openai

    with (
        OpenAIServer(says) as server,
        openai.OpenAI(api_key=openai_api.KEY, base_url=f"{server.url}/v1", max_retries=0) as client,
    ):
        asked: Any = {
            "model": "gpt-6.1-terra",
            "messages": [{"role": "user", "content": "?"}],
        }
        whole = client.chat.completions.create(**asked)
        chunks = list(
            client.chat.completions.create(
                **asked, stream=True, stream_options={"include_usage": True}
            )
        )
    choices = [choice for chunk in chunks for choice in chunk.choices]
    text = "" if says.refusal else "".join(says.pieces)
    assert (whole.choices[0].message.content or "") == text
    assert "".join(choice.delta.content or "" for choice in choices) == text
    assert (whole.choices[0].message.refusal or "") == says.refusal
    assert whole.choices[0].finish_reason == choices[-1].finish_reason == says.finish_reason
    for usage in (whole.usage, chunks[-1].usage):
        assert usage is not None
        assert usage.model_dump(exclude_none=True) == says.usage


def test_official_clients_take_the_servers_errors_as_what_they_are() -> None:
    """A wrong key and an unknown model are refused in the way of the original."""
    import anthropic
    import openai

    messages: Any = [{"role": "user", "content": "?"}]
    with AnthropicServer(anthropic_api.Says()) as server:
        with (
            anthropic.Anthropic(api_key="wrong", base_url=server.url, max_retries=0) as client,
            pytest.raises(anthropic.AuthenticationError),
        ):
            client.messages.create(model="claude-sonnet-5-5", max_tokens=1, messages=messages)
        with (
            anthropic.Anthropic(api_key=anthropic_api.KEY, base_url=server.url) as client,
            pytest.raises(anthropic.NotFoundError),
        ):
            client.messages.create(model="claude-none", max_tokens=1, messages=messages)
    with OpenAIServer(openai_api.Says()) as other:
        url = f"{other.url}/v1"
        with (
            openai.OpenAI(api_key="wrong", base_url=url) as talker,
            pytest.raises(openai.AuthenticationError),
        ):
            talker.chat.completions.create(model="gpt-6.1-terra", messages=messages)
        with (
            openai.OpenAI(api_key=openai_api.KEY, base_url=url) as talker,
            pytest.raises(openai.NotFoundError),
        ):
            talker.chat.completions.create(model="gpt-none", messages=messages)
