"""`serve`: the page of a campaign in a browser on this machine, live as the log grows."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser, Namespace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from autoresearch_ci.cli import results
from autoresearch_ci.cli.parser import port
from autoresearch_ci.cli.watch import stamp as log_stamp
from autoresearch_ci.core.errors import LedgerError, MachineError
from autoresearch_ci.core.text import clean
from autoresearch_ci.reports.formats import Report
from autoresearch_ci.reports.formats.html import shown
from autoresearch_ci.reports.web import dumps, page, policy
from autoresearch_ci.reports.web.data import of_one, stamp

LOOPBACK = "127.0.0.1"


def add_arguments(parser: ArgumentParser) -> None:
    """Take which campaign, and where."""
    parser.add_argument("--tag", help="the campaign (default: the one worked on last)")
    parser.add_argument(
        "--port",
        type=port,
        default=0,
        metavar="N",
        help="a port of 127.0.0.1 (default: a free one)",
    )
    parser.add_argument(
        "--theme", choices=("light", "dark"), help="colours (default: the system's)"
    )


def main(arguments: Namespace) -> int:
    """Serve it until Ctrl-C. Raises LedgerError where there is no campaign."""
    live = Live(arguments)
    try:
        server = Server(arguments.port, live)
    except OSError as error:
        raise MachineError(
            f"Port {arguments.port} of {LOOPBACK} cannot be had: {error.strerror}.",
            remedy="Give another --port, or none for a free one.",
        ) from error
    with server:
        if not arguments.quiet:
            print(f"Campaign {clean(live.look().tag)}, until Ctrl-C:")
        print(server.address, flush=True)
        server.serve_forever()
    return 0


class Live:
    """A campaign that is read again when its log has changed."""

    def __init__(self, arguments: Namespace) -> None:
        self._arguments, self._lock = arguments, Lock()
        self._read: object = None
        self._view = results.look(arguments.repo, arguments.tag)

    def look(self) -> Report:
        """The campaign as it is now."""
        with self._lock:
            now = log_stamp(self._view)
            if now != self._read:
                self._read = now
                self._view = results.look(self._arguments.repo, self._arguments.tag)
            return results.report(self._view, self._view.history.experiments, self._arguments)

    def data(self, seen: str = "") -> dict[str, Any] | None:
        """The data of the page; changes are asked for one by one. None for what was `seen`."""
        now = self.look()
        if seen == stamp(now.history, now.running):
            return None
        return shown(now, live=True)

    def page(self) -> str:
        return page(self.data() or {}, dark=self.look().dark)

    def experiment(self, number: int) -> dict[str, str] | None:
        """The texts of one experiment; None where there is no such."""
        now = self.look()
        if number >= now.history.next_number:
            return None
        return of_one(now.history.experiments[number], now.recall)


class Server(ThreadingHTTPServer):
    """Answers whoever knows its address, which nobody can guess: other users share the machine."""

    daemon_threads = True

    def __init__(self, number: int, live: Live) -> None:
        super().__init__((LOOPBACK, number), _Handler)
        self.live, self.secret = live, secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/{self.secret}/"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """Answer with the page, its data where that is not what was seen, or an experiment."""
        asked = urlsplit(self.path)
        hosts = {f"{name}:{self.server.server_port}" for name in (LOOPBACK, "localhost")}
        top, _, rest = asked.path.removeprefix("/").partition("/")
        # A page of somebody else's, at a name that leads here, has another host.
        if self.headers.get("Host") not in hosts or not secrets.compare_digest(
            top.encode(), self.server.secret.encode()
        ):
            self._send(HTTPStatus.NOT_FOUND, "Not here. Open the address that serve printed.\n")
            return
        try:
            self._answer(rest, parse_qs(asked.query))
        except LedgerError as error:
            self._send(HTTPStatus.NOT_FOUND, f"{error.message} {error.remedy}\n")

    def _answer(self, rest: str, query: dict[str, list[str]]) -> None:
        live, number = self.server.live, rest.removeprefix("experiments/").removesuffix(".json")
        if rest == "":
            self._send(HTTPStatus.OK, live.page(), "text/html")
        elif rest == "data.json":
            data = live.data(query.get("seen", [""])[0])
            if data is None:
                self._send(HTTPStatus.NO_CONTENT, "")
            else:
                self._send(HTTPStatus.OK, dumps(data), "application/json")
        elif number.isdecimal() and rest == f"experiments/{number}.json":
            texts = live.experiment(int(number))
            status = HTTPStatus.NOT_FOUND if texts is None else HTTPStatus.OK
            self._send(status, dumps(texts or {}), "application/json")
        else:
            self._send(HTTPStatus.NOT_FOUND, "There is no such page.\n")

    def _send(self, status: HTTPStatus, text: str, kind: str = "text/plain") -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", f"{policy(live=True)}; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Stay silent, since a request every two seconds is no news."""
