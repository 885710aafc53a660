"""What every provider does when a server is slow, broken, hostile or not there."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers.conversation import Ending, Reply
from autoresearch_ci.providers.failure import Patience
from tests.servers.api import QUICK, TALK, TEXT, Api
from tests.servers.apis import APIS
from tests.servers.sockets import Server, cut_off, hang, in_pieces, rubbish, streamed, whole


@pytest.fixture(params=APIS)
def api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


def half(data: bytes) -> list[bytes]:
    return list(in_pieces(data, 11))[: len(data) // 22]


def fails(api: Api, *answers: Any, patience: Patience = QUICK) -> tuple[ProviderError, Server]:
    with api.serve(*answers) as server, pytest.raises(ProviderError) as caught:
        api.provide(server.url, patience).ask(TALK)
    assert caught.value.remedy.endswith(".")
    return caught.value, server


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_passing_trouble_is_tried_again(api: Api, status: int) -> None:
    """Rate limits and a server's bad moments cost time, not the experiment, and no tokens."""
    with api.serve(api.error(status), api.error(status), api.says()) as server:
        reply = api.provide(server.url).ask(TALK)
    assert reply == Reply(TEXT, Ending.DONE, Usage(25, 12, 25.0))
    assert len(server.seen) == 3


def test_trying_again_has_an_end(api: Api) -> None:
    """A server that stays down is given up after a few tries; later may be better."""
    error, server = fails(api, api.error(503, "Down for maintenance"))
    assert len(server.seen) == QUICK.tries
    assert error.passing
    assert error.usage == Usage()
    assert "503" in error.message
    assert "Down for maintenance" in error.detail


@pytest.mark.parametrize(
    "headers", [{"retry_after_ms": "300"}, {"retry_after": "0.3"}, {"retry_after": "1"}]
)
def test_server_is_given_the_time_that_it_asks_for(api: Api, headers: dict[str, str]) -> None:
    """Retry-After is respected: never asked again earlier."""
    wish = float(headers.get("retry_after", "0.3"))
    with api.serve(api.error(429, **headers), api.says()) as server:
        api.provide(server.url).ask(TALK)
    assert wish <= server.seen[1].at - server.seen[0].at < wish + 3


def test_wait_that_is_too_long_is_not_begun(api: Api) -> None:
    """Who asks for an hour is not waited for: the session goes on without the model."""
    begin = time.monotonic()
    error, server = fails(api, api.error(429, retry_after="3600"))
    assert (len(server.seen), error.passing) == (1, True)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(("said", "tries"), [("false", 1), ("true", 3)])
def test_server_may_say_itself_whether_to_try_again(api: Api, said: str, tries: int) -> None:
    """`x-should-retry` wins over what the status says."""
    status = 503 if said == "false" else 400
    patience = replace(QUICK, tries=3)
    _, server = fails(api, api.error(status, x_should_retry=said), patience=patience)
    assert len(server.seen) == tries


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "Check `model`"),
        (401, "Check that the key"),
        (402, "Add credit"),
        (403, "Check what the key may do"),
        (404, "Set `model`"),
        (405, "Set `model`"),
        (413, "Show the model less"),
        (418, "Try again later"),
        (422, "Check `model`"),
    ],
)
def test_lasting_trouble_is_told_at_once(api: Api, status: int, remedy: str) -> None:
    """What has to be changed by somebody is not tried again; the error says what to change."""
    error, server = fails(api, api.error(status, "No such thing."))
    assert (len(server.seen), error.passing) == (1, False)
    assert error.remedy.startswith(remedy)
    assert "No such thing." in error.detail


def test_unknown_model_says_to_set_model(api: Api) -> None:
    """The default model of today is gone one day; the error says which setting to change."""
    with api.serve(api.says()) as server, pytest.raises(ProviderError, match="Set `model`"):
        api.provide(server.url, model="gone").ask(TALK)


def test_wrong_key_is_refused(api: Api) -> None:
    """A wrong key is told as what it is."""
    with api.serve(api.says()) as server, pytest.raises(ProviderError, match="refuses the API key"):
        api.provide(server.url, key="sk-wrong-wrong-wrong").ask(TALK)


def test_context_too_long_says_what_to_lower(api: Api) -> None:
    """A brief that does not fit the model is told as that."""
    error, _ = fails(api, api.error(400, "This model's maximum context length is 8192 tokens"))
    assert "max_output_tokens" in error.remedy


@pytest.mark.parametrize("broken", ["cut", "ended", "error", "nothing", "rubbish"])
def test_broken_answer_is_counted_and_not_repeated_unasked(api: Api, broken: str) -> None:
    """What may have been billed is told with the most it can have cost; asking again works."""
    begun = api.stream.split(b"\n\n")[0] + b"\n\n"
    act = {
        "cut": streamed(half(api.stream), cut=True),
        "ended": streamed(half(api.stream)),
        "error": streamed([begun, api.error_event]),
        "nothing": cut_off,
        "rubbish": rubbish,
    }[broken]
    with api.serve(act, api.says()) as server:
        provider = api.provide(server.url)
        with pytest.raises(ProviderError) as caught:
            provider.ask(TALK)
        assert len(server.seen) == 1
        assert provider.ask(TALK).text == TEXT
    assert caught.value.passing
    assert caught.value.usage == replace(provider.worst_case(TALK), estimated=True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1, 2]",
        b'"yes"',
        b"{}",
        b'{"type": "message", "content": "text"}',
        b'{"choices": [{"message": {"content": {"a": 1}}}]}',
        b"<html><body>Welcome to the hotel's network</body></html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"data: {nonsense}\n\n",
        b"event: x\ndata: []\n\n",
    ],
)
def test_wrong_body_is_a_providers_error(api: Api, body: bytes) -> None:
    """Whatever comes in place of an answer ends in an error that says where to look."""
    error, server = fails(api, whole(200, body))
    assert len(server.seen) == 1
    assert len(str(error)) < 1000


def test_huge_answer_is_cut_short(api: Api) -> None:
    """A server that never stops does not fill the memory."""

    def endless() -> Any:
        yield api.stream.split(b"\n\n")[0] + b"\n\n"
        while True:
            yield b": " + b"x" * 65_000 + b"\n"

    error, _ = fails(api, streamed(endless()))
    assert "more than" in error.message
    error, _ = fails(api, streamed(endless(), content_type="application/json"))
    assert "more than" in error.message


def test_huge_error_is_quoted_in_one_short_line(api: Api) -> None:
    """An error page of megabytes becomes one line without control characters."""
    page = b"<html>\x1b[31m\r\n\x00" + "\u202e\u200b bad ".encode() * 500_000
    error, _ = fails(api, whole(400, page, content_type="text/html"))
    assert len(error.detail) < 400
    assert error.detail.isprintable()


def test_silent_server_is_given_up(api: Api) -> None:
    """A server that hangs costs the time that was allowed and no more."""
    begin = time.monotonic()
    error, server = fails(api, hang, patience=replace(QUICK, silence=0.3))
    assert len(server.seen) == 1  # it may have worked, and billed, all the while
    assert "too long" in error.message
    assert 0.3 <= time.monotonic() - begin < 10


def test_dripping_server_is_given_up(api: Api) -> None:
    """A server that always says a little, and never all of it, is bounded by the total time."""

    def drips() -> Any:
        while True:
            yield b": \n"

    begin = time.monotonic()
    fails(api, streamed(drips(), pause=0.05), patience=replace(QUICK, total=0.8))
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("slow", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 ", b""])
def test_header_that_trickles_is_given_up(api: Api, slow: bytes) -> None:
    """A server that sends its header byte by byte has said nothing until the header ended."""

    def trickle(connection: Any) -> None:
        connection.wfile.write(slow)
        while not connection.closing.wait(0.05):
            connection.wfile.write(b"2")

    begin = time.monotonic()
    patience = replace(QUICK, connect=0.2, silence=0.4)
    error, server = fails(api, trickle, patience=patience)
    assert len(server.seen) == 1
    assert "too long" in error.message
    assert error.usage.estimated
    assert time.monotonic() - begin < 10


@pytest.fixture
def ctrl_c() -> Iterator[threading.Timer]:
    """Presses it half a second after it was started; at a terminal, whoever started the tests."""
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield timer
    timer.cancel()
    signal.signal(signal.SIGINT, previous)


@pytest.mark.parametrize("waiting", ["for an answer", "between two tries"])
def test_ctrl_c_ends_it_at_once(api: Api, waiting: str, ctrl_c: threading.Timer) -> None:
    """Nobody waits for a server after Ctrl-C."""
    slow = replace(QUICK, silence=60, total=120, first_wait=60, longest_wait=60)
    answer = hang if waiting == "for an answer" else api.error(503, retry_after="50")
    begin = time.monotonic()
    with api.serve(answer) as server, pytest.raises(KeyboardInterrupt):
        ctrl_c.start()
        api.provide(server.url, slow).ask(TALK)
    assert time.monotonic() - begin < 10


def test_nobody_there_is_a_providers_error(api: Api) -> None:
    """A server that is not started is told as that, and nothing was spent."""
    with api.serve(api.says()) as server:
        url = server.url
    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        api.provide(url).ask(TALK)
    assert caught.value.passing
    assert caught.value.usage == Usage()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(api: Api, status: int) -> None:
    """The key goes to the host in `base_url` and to no other, whatever that one says."""
    with api.serve(api.says()) as other:
        error, _ = fails(api, whole(status, b"", location=f"{other.url}/v1/messages"))
    assert not other.seen
    assert "base_url" in error.remedy
