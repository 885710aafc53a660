"""A proxy on loopback that adds an API key: who asks through it never sees the key.

It serves one vendor for as long as one agent works. A request has to carry the placeholder that
the agent was given in place of the key, so nobody else on the machine can use it; it goes to the
vendor's host and to no other, and the answer comes back as it arrives, streamed or whole.
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from weakref import WeakSet

import httpx

from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers.address import address
from autoresearch_ci.providers.failure import Failure, Key, of_status
from autoresearch_ci.providers.http_exchange import (
    MISCONFIGURED,
    around_proxies,
    is_about_certificate,
    misconfigured,
)

_CONNECT, _SILENCE = 10.0, 600.0
_ERROR_BYTES = 65_536
_MOST_BYTES = 256 * 1024 * 1024
_OF_THE_CONNECTION = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)


class KeyProxy:
    """Context manager: listens at `url`, and takes `placeholders` for the keys of these names.

    `base_url` is the vendor's address. Raises SettingsError for one over which a key would travel
    readable, ProviderError for what is no key. `asked` counts the requests that carried a
    placeholder; `failure` is how the last of them failed, if it did.
    """

    def __init__(self, keys: Mapping[str, str], base_url: str) -> None:
        self.upstream = address(base_url, "", keyed=True)
        self._keys = {name: Key(value) for name, value in keys.items()}

    def __enter__(self) -> Self:
        """Raise ProviderError where the environment's proxies or certificates cannot be used."""
        self.placeholders = {name: f"sk-{secrets.token_hex(24)}" for name in self._keys}
        self.asked = 0
        self.failure: Failure | None = None
        timeout = httpx.Timeout(_SILENCE, connect=_CONNECT)
        try:
            self._client = httpx.Client(timeout=timeout, mounts=around_proxies(self.upstream))
        except MISCONFIGURED as error:
            raise misconfigured(error).error(Usage()) from error
        self._client.headers.clear()  # what the agent sends is sent, and nothing else
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._server = _Server(("127.0.0.1", 0), _Request)
        self._server.proxy = self
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for each in list(self._sockets):  # closing alone does not end a read in another thread
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._client.close()

    @property
    def url(self) -> str:
        """The address to give to the agent; it ends as the vendor's does."""
        port = self._server.server_address[1]
        return f"http://127.0.0.1:{port}{urlsplit(self.upstream.url).path.rstrip('/')}"

    def asked_for(self, headers: Sequence[tuple[str, str]]) -> tuple[str, Key] | None:
        """The placeholder that a request's headers carry, and the key that it stands for."""
        said = {word for _, value in headers for word in value.split()}
        name = next((name for name, each in self.placeholders.items() if each in said), None)
        return (self.placeholders[name], self._keys[name]) if name else None

    def send(
        self, method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> httpx.Response:
        """The vendor's answer, to be read and closed by the caller."""
        parts = urlsplit(self.upstream.url)
        url = f"{parts.scheme}://{parts.netloc}{path}"
        request = self._client.build_request(
            method, url, headers=list(headers), content=body, extensions={"trace": self._trace}
        )
        return self._client.send(request, stream=True)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._sockets.add(info["return_value"].get_extra_info("socket"))

    def note_unreachable(self, error: Exception) -> Failure:
        """Remember that a request had no answer."""
        self.asked += 1
        host, does = self.upstream.host, "cannot be reached."
        remedy = "Check the network, and the agent's variable for the address of its API."
        if is_about_certificate(error):
            does = "has a certificate that this machine does not trust."
            remedy = "Set SSL_CERT_FILE to the file with your organisation's certificates."
        self.failure = Failure(f"{host} {does}", remedy)
        return self.failure

    def note(self, response: httpx.Response, body: bytes, key: Key) -> None:
        """Remember how a request was answered."""
        self.asked += 1
        if response.is_error:
            status, headers = response.status_code, response.headers
            self.failure = of_status(self.upstream.host, status, headers, body, key)
        else:
            self.failure = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: KeyProxy

    def handle_error(self, *_: object) -> None:
        """An agent that hangs up in the middle of an answer has its reasons."""


class _Request(BaseHTTPRequestHandler):
    """One request of an agent's."""

    protocol_version = "HTTP/1.1"
    timeout = 60.0  # of a line on which nothing comes
    server: _Server

    def _forward(self) -> None:
        proxy = self.server.proxy
        found = proxy.asked_for(self.headers.items())
        if found is None:
            self._refuse(401, "This address is only for the agent that was given it.")
            return
        if not self.path.startswith("/"):
            self._refuse(400, f"Only {proxy.upstream.host} can be asked here.")
            return
        if "upgrade" in self.headers:  # agents that try WebSockets first go on without at once
            self._refuse(426, "WebSockets are not spoken here; ask by POST.")
            return
        if "transfer-encoding" in self.headers:
            self._refuse(411, "Send a body with its length.")
            return
        length = int(self.headers.get("content-length") or 0)
        if not 0 <= length <= _MOST_BYTES:
            self._refuse(413, f"A body may have {_MOST_BYTES:,} bytes.")
            return
        body = self.rfile.read(length)
        placeholder, key = found
        try:
            response = proxy.send(self.command, self.path, self._headers(placeholder, key), body)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError, ValueError) as error:
            # RuntimeError: the agent's time is up, and the client closed.
            self._refuse(502, proxy.note_unreachable(error).message)
            return
        with closing(response):
            self._hand_on(response, key)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _forward  # noqa: N815

    def _headers(self, placeholder: str, key: Key) -> list[tuple[str, str]]:
        left_out = _OF_THE_CONNECTION | {"host", "content-length"}
        return [
            (name, value.replace(placeholder, key.reveal()))
            for name, value in self.headers.items()
            if name.lower() not in left_out
        ]

    def _hand_on(self, response: httpx.Response, key: Key) -> None:
        """Send the answer as it comes; an error is noted before the agent can end because of it."""
        whole = "content-length" in response.headers or self.command == "HEAD"
        whole = whole or response.status_code in {204, 304}
        chunks, begin = response.iter_raw(), b""
        try:
            while response.is_error and len(begin) < _ERROR_BYTES and (chunk := next(chunks, b"")):
                begin += chunk
            self.server.proxy.note(response, begin, key)
            self._send_headers(response, chunked=not whole)
            for chunk in chain([begin] if begin else [], chunks):
                self.wfile.write(chunk if whole else b"%x\r\n%b\r\n" % (len(chunk), chunk))
            if not whole:
                self.wfile.write(b"0\r\n\r\n")
        except (httpx.HTTPError, OSError, RuntimeError):
            self.close_connection = True  # cut off there, so it is cut off here

    def _send_headers(self, response: httpx.Response, *, chunked: bool) -> None:
        self.send_response_only(response.status_code, response.reason_phrase)
        for name, value in response.headers.multi_items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        if chunked:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _refuse(self, status: int, message: str) -> None:
        said = {"type": "autoresearch_ci", "message": f"autoresearch-ci: {message}"}
        body = json.dumps({"type": "error", "error": said}).encode()
        self.close_connection = True
        with suppress(OSError):
            self.send_response_only(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged: what an agent asks is its own."""
