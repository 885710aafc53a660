"""Failures of one try, as data, in words that end in what to do; keys and waiting."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.core.model.values import Usage
from autoresearch_ci.core.text import one_line

LONGEST_QUOTE = 300
LATER = "Try again later; the campaign goes on where it stopped."

_FILTERED = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
_LASTING = frozenset(
    {
        *("invalid_request_error", "authentication_error", "permission_error", "billing_error"),
        *("not_found_error", "request_too_large", "insufficient_quota", "invalid_api_key"),
        "API_KEY_INVALID",
    }
)
_PAY = "Add credit or raise the limit in the provider's console, or use another model."
_MEANT = {
    400: ("does not take this request", "Check `model`, `base_url` and `max_output_tokens`."),
    401: ("refuses the API key", "Check that the key is complete, valid, and this provider's."),
    402: ("wants to be paid first", _PAY),
    403: ("does not allow this", "Check what the key may do, and which models it may use."),
    404: (
        "does not know the model or the address",
        "Set `model` to a name that the provider lists, and check the path of `base_url`.",
    ),
    413: ("finds the request too large", "Show the model less: fewer or smaller files."),
    429: ("gets too many requests", f"{LATER} Or raise the rate limit of the key."),
    529: ("is overloaded", LATER),
}
_BAD_REQUEST, _WRONG_KEY = 400, 401
_LIKE = {405: 404, 422: _BAD_REQUEST}
_TOO_LONG = re.compile(r"context|maximum|too (long|large|many)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """One try that gave no reply.

    `passing` where another try may help, and `after` how many seconds the server wants us to
    wait first. `billable` where the provider may have read the request and begun to answer.
    `said` is what the server said, for who wants to adapt to it; `filtered` where that was that
    its filter objects to what was sent.
    """

    message: str
    remedy: str
    detail: str = ""
    status: int = 0
    passing: bool = False
    after: float | None = None
    billable: bool = False
    said: str = ""
    filtered: bool = False

    def error(self, usage: Usage) -> ProviderError:
        """The error that it becomes where no other try is left."""
        return ProviderError(
            self.message,
            remedy=self.remedy,
            detail=self.detail,
            passing=self.passing,
            usage=usage,
        )


class Failed(Exception):  # noqa: N818 - it never leaves this package
    """Carries a failure from where it is seen to who decides about it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def of_status(
    host: str, status: int, headers: Mapping[str, str], body: bytes, key: Key | None
) -> Failure:
    """A status that is no success, and the beginning of what came with it."""
    if 300 <= status < 400:  # noqa: PLR2004 - the redirects
        return _redirect(host, status, headers, key)
    kind, said = _read(body)
    quoted = quote(said, key)
    like = _WRONG_KEY if kind == "API_KEY_INVALID" else _LIKE.get(status, status)
    does, remedy = _MEANT.get(like, ("has an error of its own", LATER))
    if like == _BAD_REQUEST and _TOO_LONG.search(said):
        remedy = "Lower `max_output_tokens`, show the model less, or use one that takes more."
    passing = status in RETRIED
    if kind == "insufficient_quota" or "credit balance" in said.lower():
        does, remedy, passing = "wants to be paid first", _PAY, False
    wish = headers.get("x-should-retry")
    return Failure(
        f"{host} {does} (HTTP {status}).",
        remedy,
        detail=f"It says: {quoted}" if quoted else "",
        status=status,
        passing=passing if wish not in {"true", "false"} else wish == "true",
        after=asked_wait(headers),
        said=said,
        filtered=kind in _FILTERED,
    )


def of_event(host: str, kind: str, said: str, key: Key | None) -> Failure:
    """An error that comes where an answer should, after the status was a success."""
    return Failure(
        f"{host} broke off with an error.",
        LATER,
        detail=f"It says: {quote(f'{kind} {said}', key)}",
        passing=kind not in _LASTING,
        billable=True,
    )


def quote(text: str, key: Key | None) -> str:
    """Quote a server: one short line of printable characters, without the key."""
    shown = key.masked(one_line(text)) if key else one_line(text)
    return shown if len(shown) <= LONGEST_QUOTE else f"{shown[:LONGEST_QUOTE]}..."


def _redirect(host: str, status: int, headers: Mapping[str, str], key: Key | None) -> Failure:
    try:
        elsewhere = urlsplit(headers.get("location", "")).hostname or host
    except ValueError:
        elsewhere = "nowhere"
    return Failure(
        f"{host} sends us on to {quote(elsewhere, key)} (HTTP {status}); "
        "a key is not carried to where nobody said that it should go.",
        "Set `base_url` to the address of the API itself.",
        status=status,
    )


def _read(body: bytes) -> tuple[str, str]:
    """The error's kind and text, in one of the shapes that servers give it; or the body as text."""
    text = body.decode(errors="replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return "", text
    if isinstance(content, list) and content:  # one server wraps it
        content = content[0]
    error = content.get("error", content) if isinstance(content, dict) else content
    if isinstance(error, dict):
        return _kind(error), str(error.get("message") or error.get("detail") or text)
    return "", str(error)


def _kind(error: dict[str, Any]) -> str:
    known = [str(error.get(name) or "") for name in ("code", "type")]
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():  # as Google says it
        known.append(str(detail.get("reason")) if isinstance(detail, dict) else "")
    return next((kind for kind in known if kind in _FILTERED | _LASTING), known[1] or known[0])


MASK = "***"
_GIVES_AWAY = 8
"""So many characters of a key in a row are as bad as the key."""


class Key:
    """An API key. Neither `repr` nor `str` nor `format` shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Raise ProviderError for what cannot be a key; the error does not quote it."""
        self._value = value.strip()
        if not self._value:
            raise ProviderError("The API key is empty.", remedy="Set it to the key's value.")
        if not all("!" <= character <= "~" for character in self._value):
            raise ProviderError(
                "The API key holds white space or characters that no key has.",
                remedy="Copy it again, as one line without quotes around it.",
            )

    def __repr__(self) -> str:
        return f"Key({MASK})"

    def reveal(self) -> str:
        """The key itself, for the request's header and nothing else."""
        return self._value

    def masked(self, text: str) -> str:
        """The text with every piece of the key in it replaced."""
        size = min(_GIVES_AWAY, len(self._value))
        pieces = {self._value[at : at + size] for at in range(len(self._value) - size + 1)}
        hidden = bytearray(len(text))
        for piece in pieces:
            at = text.find(piece)
            while at >= 0:
                hidden[at : at + size] = b"\1" * size
                at = text.find(piece, at + 1)
        return "".join(
            (MASK if not at or not hidden[at - 1] else "") if hidden[at] else character
            for at, character in enumerate(text)
        )


RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may well be answered."""


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds. `silence` is how long a server may say nothing, `total` bounds one `ask`."""

    connect: float = 10.0
    silence: float = 300.0
    total: float = 900.0
    tries: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def wait(self, failures: int, asked: float | None) -> float:
        """Seconds before the next try; never less than what the server asked for.

        The random part keeps many of us from coming back at the same instant.
        """
        if asked is not None:
            return asked * random.uniform(1.0, 1.1) + random.uniform(0.0, 0.1 * self.first_wait)
        doubled = self.first_wait * 2.0 ** min(failures - 1, 30)
        return min(doubled, self.longest_wait) * random.uniform(0.5, 1.0)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds a server asks us to wait: milliseconds, seconds, or a date; None for nothing."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - settings import this file

    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, date.timestamp() - time.time())
