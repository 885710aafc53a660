"""What is special about servers that speak chat completions."""

from __future__ import annotations

from typing import Any

import pytest

from autoresearch_ci.core.errors import ProviderError, SettingsError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import Options
from autoresearch_ci.providers.conversation import Block, Conversation, Ending, Message, Role
from autoresearch_ci.providers.openai import OpenAIProvider
from tests.servers.api import QUICK, TALK, TEXT
from tests.servers.openai import KEY, OpenAIServer, Says, error, openai_provider, sse
from tests.servers.sockets import in_pieces, streamed, whole


def events(*choices: dict[str, Any], **rest: Any) -> bytes:
    return sse([{"choices": [choice]} | rest for choice in choices])


def test_local_server_needs_no_key() -> None:
    """Ollama and its like are asked without any credential."""
    with OpenAIServer(Says(), key=None) as server:
        provider = OpenAIProvider(
            "", Options(base_url=server.url, model="qwen3-coder", patience=QUICK)
        )
        assert provider.ask(TALK).text == TEXT
    assert not {"authorization", "api-key"} & set(server.seen[0].headers)


def test_openai_needs_a_key() -> None:
    """Without a key the error says which variable to set, before anything is sent."""
    for key in ("", "  "):
        with pytest.raises(ProviderError, match="OPENAI_API_KEY"):
            OpenAIProvider(key, Options())


def test_other_servers_need_a_model() -> None:
    """No name is made up for a server whose models we cannot know."""
    with pytest.raises(SettingsError, match="Set `model`"):
        OpenAIProvider("", Options(base_url="http://localhost:8000/v1"))


def test_azure_gets_its_own_header() -> None:
    """Azure's key travels as Azure wants it."""
    provider = OpenAIProvider(
        "k" * 20, Options(base_url="https://r.openai.azure.com/openai/v1", model="d")
    )
    assert provider._credential() == {"api-key": "k" * 20}
    assert "max_completion_tokens" in provider._body(TALK)


@pytest.mark.parametrize("rejected", ["max_tokens", "stream_options", "stream"])
def test_parameter_that_a_server_rejects_is_not_sent_again(rejected: str) -> None:
    """A server's refusal of a parameter costs one request in a session, and no tokens."""
    with OpenAIServer(Says(), rejects=frozenset({rejected})) as server:
        provider = openai_provider(server.url)
        first, second = provider.ask(TALK), provider.ask(TALK)
    assert first.text == second.text == TEXT
    assert len(server.seen) == 3
    assert not server.seen[1].json.get(rejected)
    assert server.seen[1].json == server.seen[2].json
    assert first.usage.estimated == (rejected == "stream_options")


def test_several_rejections_are_all_learnt() -> None:
    """Also a server that knows hardly anything is asked in the end."""
    with OpenAIServer(
        Says(), rejects=frozenset({"max_tokens", "stream_options", "stream"})
    ) as server:
        assert openai_provider(server.url).ask(TALK).text == TEXT
    assert set(server.seen[-1].json) == {"model", "messages", "max_completion_tokens", "stream"}


def test_server_that_takes_neither_limit_is_given_up() -> None:
    """Nothing goes back and forth for ever."""
    with (
        OpenAIServer(Says(), rejects=frozenset({"max_tokens", "max_completion_tokens"})) as server,
        pytest.raises(ProviderError, match="max_completion_tokens"),
    ):
        openai_provider(server.url).ask(TALK)
    assert len(server.seen) == 2


def test_openai_itself_is_asked_with_the_new_name_of_the_limit() -> None:
    """What each server is known to take is what it gets first."""
    assert OpenAIProvider(KEY, Options())._body(TALK)["max_completion_tokens"] == 16_384
    local = OpenAIProvider(
        "", Options(base_url="http://localhost:1/v1", model="m", max_output_tokens=5)
    )
    assert local._body(TALK)["max_tokens"] == 5


def test_filtered_answer_and_filtered_question_are_both_told() -> None:
    """A content filter is no error of the user's, whichever side it objects to."""
    with OpenAIServer(Says(finish_reason="content_filter", pieces=("He",))) as server:
        reply = openai_provider(server.url).ask(TALK)
    assert (reply.text, reply.ending) == ("He", Ending.FILTERED)
    with OpenAIServer(error(400, "The response was filtered", code="content_filter")) as server:
        reply = openai_provider(server.url).ask(TALK)
    assert (reply.text, reply.ending, reply.usage) == ("", Ending.FILTERED, Usage())


def test_exhausted_quota_is_not_waited_for() -> None:
    """429 means two things; where it means that money is needed, waiting does not help."""
    act = error(429, "You exceeded your quota", code="insufficient_quota")
    with OpenAIServer(act) as server, pytest.raises(ProviderError, match="Add credit") as caught:
        openai_provider(server.url).ask(TALK)
    assert len(server.seen) == 1
    assert not caught.value.passing


@pytest.mark.parametrize(
    "data",
    [
        events(
            {"delta": {"content": "He"}}, {"delta": {"content": "llo"}, "finish_reason": "stop"}
        ),
        events(
            {"delta": {"content": [{"type": "text", "text": "Hello"}]}, "finish_reason": "stop"}
        ),
        events(
            {"delta": {"reasoning_content": "Hm."}},
            {"delta": {"content": "Hello"}},
            {"index": 1, "delta": {"content": "no"}},
            {"delta": {"content": None}, "finish_reason": "eos"},
        ),
        events({"delta": {"content": "Hello"}}),
        sse([{"choices": [{"delta": {"content": "Hello"}}]}], end="\r\n"),
        b'data: {"choices": [], "prompt_filter_results": []}\n\n'
        + events({"delta": {"content": "Hello"}, "finish_reason": "stop"}),
    ],
)
def test_dialects_of_the_stream_are_understood(data: bytes) -> None:
    """Servers differ in what they send around an answer; the answer is the same."""
    with OpenAIServer(streamed(in_pieces(data, 17))) as server:
        reply = openai_provider(server.url).ask(TALK)
    assert (reply.text, reply.ending) == ("Hello", Ending.DONE)
    assert reply.usage.estimated


def test_usage_in_every_chunk_is_not_added_up() -> None:
    """Some servers count as they go; the last count is the count."""
    chunks = [
        {
            "choices": [{"delta": {"content": "a"}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": n},
        }
        for n in (1, 2, 3)
    ]
    with OpenAIServer(streamed([sse(chunks)])) as server:
        assert openai_provider(server.url).ask(TALK).usage == Usage(5, 3, 5.0)


def test_writing_to_the_cache_costs_more() -> None:
    """Where a server says that it cached, that is counted at its price."""
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 1,
        "total_tokens": 101,
        "prompt_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 40},
    }
    with OpenAIServer(Says(usage=usage)) as server:
        assert openai_provider(server.url).ask(TALK).usage == Usage(100, 1, 110.0)


@pytest.mark.parametrize(
    "said", [{"error": "model crashed"}, {"choices": [{"delta": {}, "finish_reason": "error"}]}]
)
def test_error_within_an_answer_is_an_error(said: dict[str, Any]) -> None:
    """A failure that comes with status 200 is not taken for an answer."""
    with OpenAIServer(streamed([sse([said])])) as server, pytest.raises(ProviderError) as caught:
        openai_provider(server.url).ask(TALK)
    assert caught.value.passing


def test_body_without_choices_is_an_error() -> None:
    """An answer with nothing in it is none."""
    with (
        OpenAIServer(whole(200, {"choices": [], "object": "chat.completion"})) as server,
        pytest.raises(ProviderError),
    ):
        openai_provider(server.url).ask(TALK)


def test_blocks_are_joined_and_no_system_is_no_message() -> None:
    """Each turn is one text, which every server takes."""
    talk = Conversation((), (Message(Role.USER, (Block("a", cache=True), Block("b"))),))
    assert OpenAIProvider(KEY, Options())._body(talk)["messages"] == [
        {"role": "user", "content": "ab"}
    ]
