"""A server on a real socket that does to a client whatever a test wants: the common part.

What it says as one API or the other is in the files beside this one.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Act = Callable[["Connection"], None]


class Connection(BaseHTTPRequestHandler):
    """One request being answered."""

    protocol_version = "HTTP/1.1"
    server: _Listening

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.rfile.read(length))
        self.server.owner.seen.append(seen)
        try:
            self.server.owner.act(seen)(self)
        except ConnectionError:
            self.close_connection = True  # the client had enough

    @property
    def closing(self) -> threading.Event:
        return self.server.owner.closing

    def log_message(self, *_: object) -> None:
        pass


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    owner: Server

    def handle_error(self, *_: object) -> None:
        """A client that does not like our certificate hangs up; that is its right."""


class Server:
    """Context manager. `act` says how to answer; `seen` holds what came, in order."""

    def __init__(self, act: Callable[[Seen], Act]) -> None:
        self.act = act
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._listening = _Listening(("127.0.0.1", 0), Connection)
        self._listening.owner = self
        self._scheme = "http"

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS; before the server is entered."""
        self._scheme = "https"
        self._listening.socket = context.wrap_socket(
            self._listening.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._listening.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._listening.shutdown()
        self._listening.server_close()
        self._thread.join()


def whole(status: int, body: bytes | dict[str, Any], **headers: str) -> Act:
    """An answer with its length; underscores in header names stand for dashes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def act(connection: Connection) -> None:
        connection.send_response(status)
        sent = {"content_type": "application/json", "content_length": str(len(content)), **headers}
        for name, value in sent.items():
            connection.send_header(name.replace("_", "-"), value)
        connection.end_headers()
        connection.wfile.write(content)

    return act


def streamed(
    chunks: Iterable[bytes],
    *,
    pause: float = 0.0,
    cut: bool = False,
    content_type: str = "text/event-stream; charset=utf-8",
) -> Act:
    """Chunks as they are, each in a packet of its own where the network lets it.

    With `cut` the connection breaks where the next one would come; the chunks may hold an
    endless iterator.
    """

    def act(connection: Connection) -> None:
        connection.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.send_response(200)
        connection.send_header("content-type", content_type)
        connection.send_header("transfer-encoding", "chunked")
        connection.end_headers()
        for chunk in chunks:
            if chunk:
                connection.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            connection.closing.wait(pause)
            if connection.closing.is_set():
                break
        if cut:
            cut_off(connection)
        else:
            connection.wfile.write(b"0\r\n\r\n")

    return act


def hang(connection: Connection) -> None:
    """Take the request and never say a word."""
    connection.closing.wait(60)
    connection.close_connection = True


def cut_off(connection: Connection) -> None:
    """Reset the connection, as a machine does that falls over."""
    connection.wfile.flush()
    connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close_connection = True


def rubbish(connection: Connection) -> None:
    """Bytes that are no HTTP."""
    connection.wfile.write(b"\x16\x03\x01\x00 what?\r\n\r\n")
    connection.close_connection = True


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """`data`, `size` bytes at a time."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
