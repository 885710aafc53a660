"""A real HTTP server on this machine that stands for a forge: its API and its git, at one address.

Applications are mounted by the start of a path and are plain functions from a
`Request` to a `Response`. What a test wants to go wrong is a `Fault`, whatever the
application; what came in is in `Site.requests`.

    with Site() as site:
        site.mount("/api/v3", api)
        site.fault("POST /api/v3/.*/check-runs", status=500, times=2)
"""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Request:
    """One request as it came in; `path` has no query, header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    time: float = 0.0
    """When it came in, in `time.monotonic` seconds."""

    @property
    def line(self) -> str:
        """As `POST /o/r.git/git-receive-pack` or `GET /o/r.git/info/refs?service=...`."""
        return f"{self.method} {self.path}{'?' if self.query else ''}{self.query}"


@dataclass(frozen=True)
class Response:
    """One answer; the length is added."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Application = Callable[[Request], Response]


@dataclass
class Fault:
    """What goes wrong with requests whose `line` has a match of `pattern`.

    It lets `after` of them pass, then meets `times` of them (None: all). It
    waits `delay` seconds, calls `before`, and then cuts the connection (`cut`),
    answers with `status`, lets the application act but cuts off its answer
    (`lose`), or lets it answer.
    """

    pattern: str
    times: int | None = 1
    after: int = 0
    delay: float = 0.0
    cut: bool = False
    lose: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    before: Callable[[], object] | None = None
    met: int = 0
    """How many it has met so far."""

    def meets(self, request: Request) -> bool:
        if not re.search(self.pattern, request.line):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None and self.met >= self.times:
            return False
        self.met += 1
        return True


class Site:
    """The server; `url` is its address without a slash at the end. Close it, or use `with`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self._applications: dict[str, Application] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def mount(self, prefix: str, application: Application) -> None:
        """Let `application` answer below `prefix`; it sees the path without it."""
        self._applications[prefix] = application

    def fault(self, pattern: str, **what: object) -> Fault:
        """Ask for a fault, and keep it: its `met` counts, `times = 0` ends it."""
        fault = Fault(pattern, **what)
        self.faults.append(fault)
        return fault

    def lines(self, pattern: str = "") -> list[str]:
        """The lines of the requests so far that have a match of `pattern`."""
        return [r.line for r in list(self.requests) if re.search(pattern, r.line)]

    def answer(self, request: Request) -> Response | None:
        """The response, or None where the connection is to be cut."""
        with self._lock:
            self.requests.append(request)
            fault = next((fault for fault in self.faults if fault.meets(request)), None)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.before is not None:
                fault.before()
            if fault.cut:
                return None
            if fault.status is not None:
                return Response(fault.status, fault.headers, fault.body)
        prefixes = [prefix for prefix in self._applications if request.path.startswith(prefix)]
        if not prefixes:
            return Response(404, {}, b"nothing is mounted here")
        prefix = max(prefixes, key=len)
        response = self._applications[prefix](
            replace(request, path=request.path.removeprefix(prefix))
        )
        return None if fault is not None and fault.lose else response

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        # Connections that are kept alive hold a thread each, which waits for the next request.
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the other side was faster
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them: no answer outlives its test
    request_queue_size = 128

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        # A client that goes away in the middle of an answer is part of what is tested.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; with Nagle's algorithm each answer would take 40 ms.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.site.opened(self.connection)

    def finish(self) -> None:
        self.server.site.closed(self.connection)
        super().finish()

    def serve(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(headers)
        response = self.server.site.answer(
            Request(self.command, path, query, headers, body, time.monotonic())
        )
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(parts)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing: `Site.requests` is the log."""

    do_GET = do_HEAD = serve  # noqa: N815 - their names
    do_POST = do_PATCH = do_PUT = do_DELETE = serve  # noqa: N815 - their names
