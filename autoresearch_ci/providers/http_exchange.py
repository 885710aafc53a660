"""One try over HTTP: send a request, and hear the answer streamed or whole, as it comes."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import httpx
from pydantic import ValidationError

from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.providers.address import Address
from autoresearch_ci.providers.conversation import Reply
from autoresearch_ci.providers.failure import (
    LATER,
    Failed,
    Failure,
    Key,
    Patience,
    of_status,
    quote,
)
from autoresearch_ci.providers.limit import Limit

_ERROR_BYTES = 65_536
_STREAM = (b"data:", b"event:", b"id:", b"retry:", b":")
_LONGEST_MARK = max(map(len, _STREAM))
_GRACE = 5.0
"""Seconds after the end of an answer for the counts that may follow it."""


class Listener(Protocol):
    """Hears one answer. Raises ValidationError for what is none, Failed for an error in it.

    `complete` once enough was heard for a reply, `over` once there is nothing left to hear.
    """

    complete: bool
    over: bool

    def hear(self, event: str) -> None:
        """The data of one event of a stream."""

    def read(self, body: bytes) -> None:
        """The whole answer at once."""

    def reply(self, most: Usage) -> Reply:
        """The reply as it was heard. What the server did not count is counted as in `most`."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `most_bytes` bounds the answer, `deadline` is on the monotonic clock."""

    address: Address
    headers: Mapping[str, str]
    body: bytes
    key: Key | None
    most_bytes: int
    deadline: float
    patience: Patience


def attempt(request: Request, listener: Listener) -> Failure | None:
    """Let `listener` hear the answer; a Failure where it did not hear a complete one."""
    began = time.monotonic() + request.patience.connect + request.patience.silence
    with Limit(min(request.deadline, began)) as limit:
        try:
            _exchange(request, listener, limit)
        except Failed as failed:
            return failed.failure
        except ValidationError:
            return _malformed(request, "not in the form of this API")
        except httpx.RequestError as error:
            return None if listener.complete else _broken(request, error, late=limit.passed)
        if listener.complete:
            return None
        return _late(request) if limit.passed else _cut(request)


def _exchange(request: Request, listener: Listener, limit: Limit) -> None:
    try:
        client = _client(request)
    except MISCONFIGURED as error:
        raise Failed(misconfigured(error, request.key)) from error
    answer = client.stream(
        "POST",
        request.address.url,
        headers=dict(request.headers),
        content=request.body,
        extensions={"trace": limit.trace},
    )
    with client, answer as response:
        limit.move(request.deadline)
        if response.is_success:
            _listen(response, request, listener, limit)
            return
        body = b"".join(_chunks(response, request, _ERROR_BYTES, cut=True))
        raise Failed(
            of_status(
                request.address.host, response.status_code, response.headers, body, request.key
            )
        )


def _client(request: Request) -> httpx.Client:
    """A client for this one request: the next is minutes away, and nothing is left open.

    Proxies and certificates are those of the environment. This machine is never asked through
    a proxy, which would be given the key and the source.
    """
    patience = request.patience
    return httpx.Client(
        timeout=httpx.Timeout(
            min(patience.silence, max(0.001, request.deadline - time.monotonic())),
            connect=patience.connect,
        ),
        mounts=around_proxies(request.address),
    )


def around_proxies(address: Address) -> dict[str, None] | None:
    """Mounts that have httpx ask this machine itself, whatever proxy the environment names."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return {f"all://{host}": None} if address.loopback else None


def _listen(response: httpx.Response, request: Request, listener: Listener, limit: Limit) -> None:
    chunks = _chunks(response, request, request.most_bytes)
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        _hear(chunks, request, listener, limit)
        return
    body = b""
    for chunk in chunks:
        body = (body + chunk).removeprefix(b"\xef\xbb\xbf").lstrip()
        if body.startswith(_STREAM):  # it is one, whatever its header says
            _hear(chain([body], chunks, [b"\n\n"]), request, listener, limit)
            return
        if len(body) >= _LONGEST_MARK:
            break
    body = b"".join([body, *chunks]).rstrip()
    if not body.startswith(b"{"):
        raise Failed(_malformed(request, "neither JSON nor a stream of events", body))
    listener.read(body)


def _hear(chunks: Iterator[bytes], request: Request, listener: Listener, limit: Limit) -> None:
    """Hear events until there is nothing left to hear.

    Where a server does not say that, what comes after the answer is not waited for long.
    """
    decoder = Decoder()
    ending = False
    for chunk in chunks:
        for event in decoder.feed(chunk):
            listener.hear(event)
            if listener.over:
                return
        if listener.complete and not ending:
            ending = True
            grace = min(_GRACE, request.patience.silence)
            limit.move(min(request.deadline, time.monotonic() + grace))
        if limit.passed:
            return


def _chunks(
    response: httpx.Response, request: Request, most: int, *, cut: bool = False
) -> Iterator[bytes]:
    """The body as it comes, within bounds. With `cut` a body that is too long just ends."""
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if time.monotonic() > request.deadline:
            raise Failed(_late(request))
        if size > most and cut:
            yield chunk[: most - size]
            return
        if size > most:
            raise Failed(_huge(request))
        yield chunk


def _broken(request: Request, error: httpx.RequestError, *, late: bool) -> Failure:
    """Name what httpx failed at. Before the whole request was sent, nothing can be billed."""
    host = request.address.host
    sent = not isinstance(
        error,
        httpx.ConnectError
        | httpx.ConnectTimeout
        | httpx.WriteError
        | httpx.WriteTimeout
        | httpx.PoolTimeout
        | httpx.ProxyError
        | httpx.LocalProtocolError
        | httpx.UnsupportedProtocol,
    )
    detail = quote(str(error) or type(error).__name__, request.key)
    if isinstance(error, httpx.DecodingError):
        return _malformed(request, "compressed, and badly")
    if is_about_certificate(error):
        return Failure(
            f"The certificate of {host} is not one that this machine trusts.",
            "Set SSL_CERT_FILE to the file with your organisation's certificates, "
            "or correct `base_url`.",
            detail=detail,
        )
    if (late or isinstance(error, httpx.TimeoutException)) and sent:
        return _late(request)
    does = "did not answer to the end" if sent else "cannot be reached"
    return Failure(
        f"{host} {does}.",
        "Check that the server runs, the network, and `base_url`.",
        detail=detail,
        passing=True,
        billable=sent,
    )


MISCONFIGURED = (OSError, ValueError, ImportError, httpx.InvalidURL)
"""Errors of making a client: what the environment says of proxies and certificates is wrong."""


def misconfigured(error: Exception, key: Key | None = None) -> Failure:
    """The failure that such an error is."""
    return Failure(
        "The proxy or the certificates in the environment cannot be used.",
        "Correct SSL_CERT_FILE, HTTPS_PROXY or ALL_PROXY, or unset them.",
        detail=quote(str(error), key),
    )


def is_about_certificate(error: BaseException | None) -> bool:
    """True where a server's certificate is the cause of an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _late(request: Request) -> Failure:
    return Failure(
        f"{request.address.host} took too long to answer.",
        f"{LATER} Or use a faster model, or a lower `max_output_tokens`.",
        passing=True,
        billable=True,
    )


def _cut(request: Request) -> Failure:
    return Failure(
        f"{request.address.host} stopped in the middle of its answer.",
        LATER,
        passing=True,
        billable=True,
    )


def _huge(request: Request) -> Failure:
    return Failure(
        f"{request.address.host} answers with more than {request.most_bytes:,} bytes.",
        "Check that `base_url` is the address of a model's API, or lower `max_output_tokens`.",
        billable=True,
    )


def _malformed(request: Request, what: str, body: bytes = b"") -> Failure:
    begins = quote(body[:_ERROR_BYTES].decode(errors="replace"), request.key)
    return Failure(
        f"The answer of {request.address.host} is {what}.",
        "Check that `base_url` is the address of this kind of API, "
        "and that no proxy answers in its place.",
        detail=f"It begins: {begins}" if begins else "",
        passing=True,
        billable=True,
    )


_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Decoder:
    """Collects bytes and gives out the data of each event that has ended.

    An event's name is left out: both APIs say in the data what an event is. What a stream ends
    with before its blank line was never sent as a whole and is not given out.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[str] = []
        self._after_cr = False
        self._begun = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of the events that this chunk ends, in order."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        events: list[str] = []
        end, *rest = _LINE_END.split(chunk)
        self._line += end
        for begin in rest:
            events += self._ended(bytes(self._line))
            self._line = bytearray(begin)
        return events

    def _ended(self, line: bytes) -> list[str]:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        if not line:
            data, self._data = self._data, []
            return ["\n".join(data)] if data else []
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" ").decode(errors="replace"))
        return []
