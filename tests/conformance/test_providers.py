"""What every provider keeps to, whichever API it speaks; over HTTP on a real socket."""

from __future__ import annotations

import json
import logging
import time
import traceback
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers import PROVIDERS, Options, Provider, create
from autoresearch_ci.providers.conversation import Block, Conversation, Ending, Message, Reply, Role
from autoresearch_ci.providers.scripted import ScriptedProvider
from tests.servers.api import QUICK, TALK, TEXT, Api
from tests.servers.apis import APIS
from tests.servers.sockets import Server, in_pieces, streamed, whole


@pytest.fixture(params=APIS)
def api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


def test_answer_is_heard_with_its_usage(api: Api) -> None:
    """A model's words arrive as it said them, streamed in any pieces, and its tokens counted."""
    with api.serve(api.says(), chunk=3) as server:
        reply = api.provide(server.url).ask(TALK)
    assert reply == Reply(TEXT, Ending.DONE, Usage(25, 12, 25.0))
    assert api.asks_to_stream(server.seen[0])


def test_plain_body_is_as_good_as_a_stream(api: Api) -> None:
    """A server that answers whole although a stream was asked for is understood as well."""
    with api.serve(whole(200, api.body)) as server:
        reply = api.provide(server.url).ask(TALK)
    assert reply == Reply(TEXT, Ending.DONE, Usage(25, 12, 25.0))


def test_content_type_may_be_wrong(api: Api) -> None:
    """A stream that calls itself text, as from some proxies, is still a stream."""
    answer = streamed(in_pieces(api.stream, 9), content_type="text/plain")
    with api.serve(answer) as server:
        assert api.provide(server.url).ask(TALK).text == TEXT


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=30), crlf=st.booleans())
def test_any_chunking_of_a_stream_gives_the_same_reply(
    api: Api, sizes: list[int], crlf: bool
) -> None:
    """However the network cuts a stream, in the middle of a letter too, the reply is the same."""
    data = api.stream.replace(b"\n", b"\r\n") if crlf else api.stream
    chunks, at = [], 0
    for size in sizes:
        chunks.append(data[at : at + size])
        at += size
    with api.serve(streamed([*chunks, data[at:]])) as server:
        reply = api.provide(server.url).ask(TALK)
    assert reply == Reply(TEXT, Ending.DONE, Usage(25, 12, 25.0))


def test_comments_and_pings_are_no_words(api: Api) -> None:
    """Keep-alive lines between the events change nothing."""
    data = b": OPENROUTER PROCESSING\n\nretry: 10\n\n" + api.stream.replace(
        b"\n\n", b"\n\n: still here\n\n"
    )
    with api.serve(streamed(in_pieces(data, 13))) as server:
        assert api.provide(server.url).ask(TALK).text == TEXT


def test_length_stop_is_told(api: Api) -> None:
    """An answer that ran out of room comes with what there is of it, and says so."""
    with api.serve(api.says(api.limit)) as server:
        reply = api.provide(server.url).ask(TALK)
    assert (reply.text, reply.ending) == (TEXT, Ending.LENGTH)


@pytest.mark.parametrize("streams", [True, False])
def test_refusal_is_a_reply_without_text(api: Api, streams: bool) -> None:
    """A model that refuses raises nothing: it has replied, and its tokens count."""
    says = api.refused()
    answer = says if streams else whole(200, says.whole("m"))
    with api.serve(answer) as server:
        reply = api.provide(server.url).ask(TALK)
    assert (reply.text, reply.ending, reply.usage.output) == ("", Ending.REFUSED, 12)


def test_end_without_goodbye_is_an_end(api: Api) -> None:
    """A server that says why it stopped and then just hangs up has answered."""
    events = api.stream.split(b"\n\n")
    last = 1 + api.farewell
    with api.serve(streamed([b"\n\n".join(events[:-last]) + b"\n\n"], cut=True)) as server:
        reply = api.provide(server.url).ask(TALK)
    assert (reply.text, len(server.seen)) == (TEXT, 1)


def test_goodbye_is_an_end_even_if_the_line_stays_open(api: Api) -> None:
    """After the last event nothing is waited for."""
    begin = time.monotonic()
    with api.serve(streamed([api.stream, b""], pause=30)) as server:
        patience = replace(QUICK, silence=20, total=25)
        # The pause comes after the stream as a whole was sent.
        assert api.provide(server.url, patience).ask(TALK).text == TEXT
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("then", [b"", b": ping\n\n"])
def test_answer_without_goodbye_on_a_line_that_stays_open_is_heard(api: Api, then: bytes) -> None:
    """Once a server said why it stopped, what it goes on to say or not costs no answer."""
    events = api.stream.split(b"\n\n")
    last = 1 + api.farewell
    begun = b"\n\n".join(events[:-last]) + b"\n\n"
    begin = time.monotonic()
    with api.serve(streamed(chain([begun], repeat(then)), pause=0.05)) as server:
        patience = replace(QUICK, silence=0.4, total=20)
        assert api.provide(server.url, patience).ask(TALK).text == TEXT
    assert time.monotonic() - begin < 10


def test_goodbye_is_an_end_whatever_the_header_says(api: Api) -> None:
    """A stream is heard as it comes, also under another content type."""
    answer = streamed([api.stream, b""], pause=30, content_type="application/json")
    begin = time.monotonic()
    with api.serve(answer) as server:
        assert api.provide(server.url, replace(QUICK, silence=20)).ask(TALK).text == TEXT
    assert time.monotonic() - begin < 10


def test_missing_usage_is_the_most_that_it_can_have_been(api: Api) -> None:
    """A server that does not count is counted for, on the safe side, and that is said."""
    body = {name: value for name, value in api.body.items() if name != api.counts[0]}
    with api.serve(whole(200, body)) as server:
        provider = api.provide(server.url)
        usage = provider.ask(TALK).usage
    assert usage.estimated
    assert usage.output == 1000
    assert len(server.seen[0].body) <= usage.input <= provider.worst_case(TALK).input


@pytest.mark.parametrize("usage", [7, [], "many", {"sent": -1, "said": "x"}])
def test_nonsense_usage_does_not_cost_the_answer(api: Api, usage: Any) -> None:
    """An answer counts more than the count that comes with it."""
    at, sent, said = api.counts
    if isinstance(usage, dict):
        usage = {sent: usage["sent"], said: usage["said"]}
    with api.serve(whole(200, {**api.body, at: usage})) as server:
        reply = api.provide(server.url).ask(TALK)
    assert (reply.text, reply.usage.estimated) == (TEXT, True)


@pytest.mark.parametrize("tokens", [10**9, 10**29])
def test_usage_beyond_all_bounds_is_none(api: Api, tokens: int) -> None:
    """A count that cannot be is replaced by the most that it can have been, and that is said."""
    at, *names = api.counts
    with api.serve(whole(200, {**api.body, at: dict.fromkeys(names, tokens)})) as server:
        provider = api.provide(server.url)
        reply = provider.ask(TALK)
        most = provider.worst_case(TALK)
    assert (reply.text, reply.usage) == (TEXT, replace(most, estimated=True))


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts, st.lists(st.tuples(texts, texts), max_size=3))
def test_worst_case_bounds_the_bytes_that_are_sent(
    api: Api, first: str, more: list[tuple[str, str]]
) -> None:
    """No conversation is sent in more bytes, and so in more tokens, than was asked for before."""
    talk = Conversation((Block(first, cache=True),), (Message(Role.USER, (Block("x" + first),)),))
    for answer, question in more:
        talk = talk.plus(answer, "?" + question)
    with api.serve(api.says()) as server:
        provider = api.provide(server.url)
        reply = provider.ask(talk)
    worst = provider.worst_case(talk)
    assert len(server.seen[-1].body) <= worst.input
    assert reply.usage.output <= worst.output
    assert worst.billed_input >= worst.input


def every_text(error: BaseException | None, provider: Provider) -> str:
    texts = [repr(provider), repr(vars(provider)), str(vars(provider))]
    while error is not None:
        texts += [str(error), repr(error), repr(vars(error)), repr(error.args)]
        texts += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


REST = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=60)
KEYS = REST.map("k~{}".format)  # what no address, name or traceback has in it


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(KEYS, st.sampled_from([200, 302, 400, 401, 429]), st.text(max_size=20), st.booleans())
def test_key_is_in_no_error_log_or_repr(
    api: Api, caplog: pytest.LogCaptureFixture, key: str, status: int, around: str, streams: bool
) -> None:
    """A server that throws the key back at us, in an error or a stream, does not get it shown."""
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    said = f"{around} {key} {key[:-1]}\n{key}{around}"
    act = whole(status, {"error": {"message": said, "type": said, "code": said}, "type": "error"})
    if streams:
        event = json.dumps({"type": "error", "error": {"message": said}})
        act = streamed([f"data: {event}\n\n".encode()])
    with Server(lambda _: act) as server:
        provider = api.provide(server.url, replace(QUICK, tries=2), key=key)
        with pytest.raises(ProviderError) as caught:
            provider.ask(TALK)
    assert key not in every_text(caught.value, provider)
    assert key not in caplog.text
    assert not any(key in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("key", ["kéy-with-an-accent", "two words", "two\nlines", "\x00"])
def test_impossible_key_is_refused_without_quoting_it(api: Api, key: str) -> None:
    """A key with a line break in the middle is an error that names no part of it."""
    with pytest.raises(ProviderError) as caught:
        api.provide("http://127.0.0.1:9", key=key)
    assert key not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", [*PROVIDERS, "scripted"])
def test_provider_has_name_and_model(name: str) -> None:
    """Each provider says who it is, and the record can say who had an idea."""
    provider: Provider = (
        ScriptedProvider(["a"]) if name == "scripted" else create(name, "k", Options())
    )
    assert provider.name == name
    assert provider.model


@pytest.mark.parametrize("name", PROVIDERS)
def test_missing_key_says_which_variable_to_set(name: str) -> None:
    """Without a key the vendor is not asked: the error names the variable of the registry."""
    for key in ("", " \n"):
        with pytest.raises(ProviderError, match=PROVIDERS[name].key):
            create(name, key, Options())


def test_scripted_provider_gives_its_answers_in_order() -> None:
    """A rehearsal goes as it was written: texts, replies, errors, then silence."""
    reply = Reply("", Ending.REFUSED, Usage(1, 2, 3.0))
    error = ProviderError("down", remedy="wait.")
    provider = ScriptedProvider(["ä", reply, error])
    first = provider.ask(TALK)
    assert (first.text, first.ending, first.usage.output) == ("ä", Ending.DONE, 2)
    assert first.usage.input <= provider.worst_case(TALK).input
    assert provider.ask(TALK) is reply
    for expected in ("down", "no answer left"):
        with pytest.raises(ProviderError, match=expected):
            provider.ask(TALK)
    assert provider.asked == [TALK] * 4
