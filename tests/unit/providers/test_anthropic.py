"""What is special about the Messages API."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import Options
from autoresearch_ci.providers.anthropic import AnthropicProvider
from autoresearch_ci.providers.conversation import Block, Conversation, Ending, Message, Role
from tests.servers.anthropic import KEY, AnthropicServer, Says, anthropic_provider, error, sse
from tests.servers.api import TALK, TEXT
from tests.servers.sockets import streamed

blocks = st.lists(
    st.builds(Block, st.sampled_from(["", " ", "\n\t", "a", "b\n", "ü "]), st.booleans()),
    max_size=7,
).map(tuple)


def parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages = [part for message in body["messages"] for part in message["content"]]
    return [*body.get("system", []), *messages]


def test_no_key_says_which_variable_to_set() -> None:
    """Without a key the error says so before anything is sent."""
    for key in ("", " \n"):
        with pytest.raises(ProviderError, match="ANTHROPIC_API_KEY"):
            AnthropicProvider(key, Options())


@pytest.mark.long
@settings(max_examples=50, deadline=None)
@given(blocks, blocks, blocks)
def test_whatever_the_blocks_the_api_takes_them(
    system: tuple[Block, ...], first: tuple[Block, ...], second: tuple[Block, ...]
) -> None:
    """Empty texts, white space and too many marks never become a request that is refused."""
    turns = (Message(Role.USER, first), Message(Role.ASSISTANT, second), Message(Role.USER, first))
    talk = Conversation(system, turns).plus("", "?")
    with AnthropicServer(Says()) as server:
        assert anthropic_provider(server.url).ask(talk).text == TEXT


def test_last_marks_win_where_there_are_too_many() -> None:
    """The longest beginnings are cached; the API takes four marks."""
    many = tuple(Block(str(number), cache=True) for number in range(6))
    body = AnthropicProvider(KEY, Options())._body(
        Conversation(many[:3], (Message(Role.USER, many[3:]),))
    )
    assert ["cache_control" in part for part in parts(body)] == [False] * 2 + [True] * 4


def test_white_space_goes_to_the_part_before_it() -> None:
    """Nothing of a message is lost, and a mark on white space still counts."""
    talk = Conversation(
        (), (Message(Role.USER, (Block("a"), Block(" \n", cache=True), Block("b"))),)
    )
    assert parts(AnthropicProvider(KEY, Options())._body(talk)) == [
        {"type": "text", "text": "a \n", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "b"},
    ]


@pytest.mark.parametrize(
    ("usage", "cache_for", "expected"),
    [
        ({"input_tokens": 10, "output_tokens": 4}, "5m", Usage(10, 4, 10.0)),
        (
            {
                "input_tokens": 10,
                "output_tokens": 4,
                "cache_creation_input_tokens": 100,
                "cache_read_input_tokens": 1000,
            },
            "5m",
            Usage(1110, 4, 10 + 125 + 100),
        ),
        (
            {"input_tokens": 10, "output_tokens": 4, "cache_creation_input_tokens": 100},
            "1h",
            Usage(110, 4, 10 + 200),
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 4,
                "cache_creation_input_tokens": 100,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 60,
                    "ephemeral_1h_input_tokens": 40,
                },
            },
            "1h",
            Usage(110, 4, 10 + 60 * 1.25 + 40 * 2),
        ),
    ],
)
def test_cached_tokens_are_billed_at_their_price(
    usage: dict[str, Any], cache_for: Any, expected: Usage
) -> None:
    """Writing to the cache costs more than the input price, reading from it a tenth."""
    with AnthropicServer(Says(usage=usage)) as server:
        counted = anthropic_provider(server.url, cache_for=cache_for).ask(TALK).usage
    assert counted == expected


def test_worst_case_has_the_price_of_caching_in_it() -> None:
    """What may be billed for the cache is in the bound, and only where something is cached."""
    plain = Conversation((), (Message(Role.USER, (Block("x"),)),))
    for talk, cache_for, factor in ((plain, "1h", 1.0), (TALK, "5m", 1.25), (TALK, "1h", 2.0)):
        worst = AnthropicProvider(KEY, Options(cache_for=cache_for)).worst_case(talk)  # type: ignore[arg-type]
        assert worst.billed_input == worst.input * factor


def test_thinking_is_not_part_of_the_answer() -> None:
    """What a model thinks is paid for and not taken for its answer."""
    with AnthropicServer(Says(thinking="Let me see.")) as server:
        assert anthropic_provider(server.url).ask(TALK).text == TEXT


def test_events_of_a_later_day_are_passed_over() -> None:
    """The API may add kinds of events and blocks; ours goes on."""
    events = list(Says().events("m"))
    events[2:2] = [
        {"type": "weather", "delta": {"type": "rain"}},
        {"type": "content_block_start", "index": 9, "content_block": {"type": "song", "text": "x"}},
        {"type": "content_block_delta", "index": 9, "delta": {"type": "song_delta", "text": "x"}},
    ]
    with AnthropicServer(streamed([sse(events)])) as server:
        assert anthropic_provider(server.url).ask(TALK).text == TEXT


@pytest.mark.parametrize(
    ("stop_reason", "ending"),
    [
        ("end_turn", Ending.DONE),
        ("stop_sequence", Ending.DONE),
        ("max_tokens", Ending.LENGTH),
        ("model_context_window_exceeded", Ending.LENGTH),
        ("refusal", Ending.REFUSED),
    ],
)
def test_reasons_to_stop(stop_reason: str, ending: Ending) -> None:
    """Each way to stop is told apart as far as it matters here."""
    with AnthropicServer(Says(stop_reason=stop_reason)) as server:
        assert anthropic_provider(server.url).ask(TALK).ending is ending


def test_empty_account_is_not_waited_for() -> None:
    """What only money solves is told at once."""
    act = error(400, "invalid_request_error", "Your credit balance is too low to access the API.")
    with AnthropicServer(act) as server, pytest.raises(ProviderError, match="Add credit"):
        anthropic_provider(server.url).ask(TALK)
    assert len(server.seen) == 1
