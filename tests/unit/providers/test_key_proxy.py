"""The proxy that adds a key: what goes through it, what does not, and for whom."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from autoresearch_ci.core.errors import ProviderError, SettingsError
from autoresearch_ci.providers.key_proxy import KeyProxy
from tests.servers import anthropic, openai
from tests.servers.anthropic import AnthropicServer
from tests.servers.openai import OpenAIServer
from tests.servers.sockets import Server, hang, streamed, whole

NAME = "ANTHROPIC_API_KEY"
ASKED = {"model": "claude-sonnet-5-5", "max_tokens": 9, "stream": True}
ASKED |= {"messages": [{"role": "user", "content": "hi"}]}


def proxy_for(server, key=anthropic.KEY, path=""):
    return KeyProxy({NAME: key}, f"{server.url}{path}")


def post(proxy, path="/v1/messages", **more):
    headers = {"x-api-key": proxy.placeholders[NAME], "anthropic-version": anthropic.VERSION}
    return httpx.post(f"{proxy.url}{path}", **{"headers": headers, "json": ASKED, **more})


def test_the_key_is_added_and_nothing_else_changes():
    """The vendor sees the key and the request as it was sent; the agent the answer as it came."""
    with AnthropicServer(anthropic.Says()) as server, proxy_for(server) as proxy:
        answer = post(proxy)
        direct = httpx.post(
            f"{server.url}/v1/messages",
            headers={"x-api-key": anthropic.KEY, "anthropic-version": anthropic.VERSION},
            json=ASKED,
        )
        there, bare = server.seen
    assert answer.status_code == 200
    assert answer.text == direct.text
    assert answer.headers["content-type"] == direct.headers["content-type"]
    assert there.body == bare.body
    assert there.headers == {k: v for k, v in bare.headers.items() if k != "connection"}
    assert proxy.placeholders[NAME] not in str(there)
    assert (proxy.asked, proxy.failure) == (1, None)


def test_a_bearer_token_and_the_path_of_the_address():
    """A key that travels as a bearer token is added too, and the address ends as the vendor's does."""
    body = {"model": "gpt-6.1-terra", "messages": [{"role": "user", "content": "hi"}]}
    with OpenAIServer(openai.Says()) as server, proxy_for(server, openai.KEY, "/v1") as proxy:
        assert urlsplit(proxy.url).path == "/v1"
        headers = {"authorization": f"Bearer {proxy.placeholders[NAME]}"}
        answer = post(proxy, "/chat/completions", headers=headers, json=body)
    assert (
        answer.json()["choices"][0]["message"]["content"]
        == openai.Says().whole("m")["choices"][0]["message"]["content"]
    )
    assert server.seen[0].headers["authorization"] == f"Bearer {openai.KEY}"


def test_a_stream_comes_as_it_is_sent():
    """What the vendor has said is heard before it goes on."""
    go_on = threading.Event()

    def says():
        yield b"data: one\n\n"
        go_on.wait(20)
        yield b"data: two\n\n"

    with Server(lambda _: streamed(says())) as server, proxy_for(server) as proxy:
        headers = {"x-api-key": proxy.placeholders[NAME]}
        with httpx.stream("POST", f"{proxy.url}/v1/messages", headers=headers) as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == b"data: one\n\n"
            go_on.set()
            assert b"".join(pieces) == b"data: two\n\n"


def test_an_answer_that_breaks_off_breaks_off():
    """A stream that the vendor cuts is no whole answer for the agent either."""
    act = streamed([b"data: one\n\n"], cut=True)
    with (
        Server(lambda _: act) as server,
        proxy_for(server) as proxy,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        post(proxy)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "sk-guessed"}, {"x-api-key": anthropic.KEY}])
def test_nobody_else_can_use_it(headers):
    """Without the placeholder of this run nothing is asked, whoever on the machine tries."""
    with AnthropicServer(anthropic.Says()) as server:
        with proxy_for(server) as before:
            old = before.placeholders[NAME]
        with proxy_for(server) as proxy:
            for given in (headers, {"authorization": f"Bearer {old}"}):
                answer = post(proxy, headers=given)
                assert answer.status_code == 401
                assert "only for the agent" in answer.json()["error"]["message"]
        assert not server.seen
    assert proxy.asked == 0


@pytest.mark.parametrize("target", ["http://{other}/v1/messages", "{other}/v1/messages", "*"])
def test_only_the_vendors_host_is_reached(target):
    """A request for another host, as one asks a proxy of the usual kind, goes nowhere."""
    with Server(lambda _: whole(200, b"")) as other, Server(lambda _: whole(200, b"")) as server:
        with proxy_for(server) as proxy:
            there = http.client.HTTPConnection("127.0.0.1", urlsplit(proxy.url).port, timeout=10)
            there.putrequest("POST", target.format(other=other.url.removeprefix("http://")))
            there.putheader("x-api-key", proxy.placeholders[NAME])
            there.putheader("content-length", "0")
            there.endheaders()
            assert there.getresponse().status == 400
            there.close()
        assert not other.seen
        assert not server.seen


def test_another_host_in_the_header_or_the_path():
    """What an agent says of a host in its header or in its path is not where the key goes."""
    with (
        Server(lambda _: whole(200, b"{}")) as other,
        Server(lambda _: whole(200, b"{}")) as server,
    ):
        with proxy_for(server) as proxy:
            host = other.url.removeprefix("http://")
            headers = {"x-api-key": proxy.placeholders[NAME], "host": host}
            port = urlsplit(proxy.url).port
            for path in ("/v1", f"//{host}/v1", f"/@{host}/v1", "/../../v1?x=http://a"):
                with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                    said = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                    line.sendall(
                        f"POST {path} HTTP/1.1\r\n{said}content-length: 0\r\n\r\n".encode()
                    )
                    assert b" 200 " in line.recv(1000)
        assert len(server.seen) == 4
        assert not other.seen


def test_a_body_without_its_length_is_refused():
    """What could be read in two ways is not sent on."""
    with Server(lambda _: whole(200, b"")) as server, proxy_for(server) as proxy:
        answer = post(proxy, json=None, content=iter([b"{}"]))
        assert answer.status_code == 411
        assert not server.seen


def test_a_web_socket_is_declined_at_once():
    """An agent that would speak by WebSocket first hears that it has to ask; the vendor hears nothing."""
    with Server(lambda _: whole(200, b"")) as server, proxy_for(server) as proxy:
        headers = {"x-api-key": proxy.placeholders[NAME], "connection": "upgrade"}
        answer = httpx.get(f"{proxy.url}/v1/responses", headers={**headers, "upgrade": "websocket"})
        assert answer.status_code == 426
        assert not server.seen
    assert proxy.failure is None


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (anthropic.error(401, "authentication_error", "invalid x-api-key"), "refuses the API key"),
        (anthropic.error(429, "rate_limit_error", "slow down"), "gets too many requests"),
        (anthropic.error(529, "overloaded_error", "Overloaded"), "is overloaded"),
    ],
)
def test_what_the_vendor_refuses_is_told(act, says):
    """The agent gets the vendor's own answer, and we can say in a sentence what it was."""
    with Server(lambda _: act) as server, proxy_for(server) as proxy:
        answer = post(proxy)
    assert answer.json()["type"] == "error"
    assert says in proxy.failure.message
    assert proxy.failure.remedy.endswith(".")


def test_a_vendor_that_is_not_there():
    """Nobody there is an answer in the form of the APIs, and a sentence."""
    with Server(lambda _: whole(200, b"")) as server:
        gone = proxy_for(server)
    with gone as proxy:
        answer = post(proxy)
    assert answer.status_code == 502
    assert "cannot be reached" in answer.json()["error"]["message"]
    assert "cannot be reached" in proxy.failure.message


def test_a_later_success_is_a_success():
    """An agent that tried again and was answered had no trouble."""
    acts = [whole(429, b"{}"), whole(200, b"{}")]
    with Server(lambda _: acts.pop(0)) as server, proxy_for(server) as proxy:
        post(proxy)
        assert proxy.failure
        post(proxy)
        assert proxy.failure is None


def test_it_ends_with_its_agent():
    """After the run nobody listens, also where a request was under way."""
    statuses = []
    with Server(lambda _: hang) as server:
        with proxy_for(server) as proxy:
            asks = lambda: statuses.append(post(proxy, timeout=30).status_code)  # noqa: E731
            thread = threading.Thread(target=asks)
            thread.start()
            while not server.seen:
                time.sleep(0.01)
            address = ("127.0.0.1", urlsplit(proxy.url).port)
        with pytest.raises(ConnectionError):
            socket.create_connection(address, timeout=5)
        thread.join(20)
    assert statuses == [502]


@pytest.mark.long
def test_many_at_once():
    """An agent may ask several things at the same time."""
    answers = []
    with AnthropicServer(anthropic.Says()) as server, proxy_for(server) as proxy:
        asks = [threading.Thread(target=lambda: answers.append(post(proxy))) for _ in range(20)]
        for each in asks:
            each.start()
        for each in asks:
            each.join()
    assert [answer.status_code for answer in answers] == [200] * 20


def test_what_cannot_be_an_address_or_a_key():
    """An address over which everybody could read the key is refused at once, and so is no key."""
    with pytest.raises(SettingsError, match="everybody on the way"):
        KeyProxy({NAME: "k"}, "http://api.example.com")
    with pytest.raises(ProviderError, match="white space"):
        KeyProxy({NAME: "a b"}, "https://api.example.com")


def test_the_key_is_in_no_repr():
    """Whatever is printed of a proxy, its keys are not in it."""
    with (
        Server(lambda _: whole(200, json.dumps({}).encode())) as server,
        proxy_for(server) as proxy,
    ):
        assert anthropic.KEY not in repr(vars(proxy))
