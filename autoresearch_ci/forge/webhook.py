"""Messages to a chat or any other program, by the webhook whose address is a secret.

Nothing of it can hold a session up for long or end it: what is not delivered is not told.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.core.text import one_line

VARIABLE = "AUTORESEARCH_WEBHOOK"
"""The environment variable that holds the address; no experiment gets it."""

PATIENCE = 5.0
"""Seconds for one message."""

PAUSE = 60.0
"""Seconds between two messages on keeps at least: quick experiments would flood a chat."""

FAILURES = 3
"""Messages in a row that may fail; then no more are sent."""

_LONGEST = 1_500
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_DISCORD = (".discord.com", ".discordapp.com")
_DISCORD_MARKUP = re.compile(r"[\\*_~`|<>\[\]]")
_DISCORD_LONGEST = 2_000
_TEAMS = (".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com")
_HERE = ("127.0.0.1", "localhost", "::1")


class Messenger(Protocol):
    """The way to tell somebody: `event` is `keep`, `end` or `error`."""

    def tell(self, event: str, text: str, **fields: Any) -> None: ...


class NoMessenger:
    """Tells nobody."""

    def tell(self, event: str, text: str, **fields: Any) -> None: ...


class Webhook:
    """Posts to one address, in the form that its host wants. Raises SettingsError for a bad one."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(address)
        plain = parts.scheme == "http" and parts.hostname in _HERE
        if not parts.hostname or not (parts.scheme == "https" or plain):
            raise SettingsError(
                f"{VARIABLE} is no address of a webhook.",
                remedy="Give one that begins with https://, as the chat shows it, or unset it.",
            )
        self._address, self._host, self._clock = address, parts.hostname, clock
        self._opener = build_opener(_NoRedirect)
        self._last, self._failures = clock() - PAUSE, 0

    def tell(self, event: str, text: str, **fields: Any) -> None:
        """Send it, unless it is one keep of many."""
        now = self._clock()
        if self._failures >= FAILURES or (event == "keep" and now - self._last < PAUSE):
            return
        self._last = now
        line = one_line(text, _LONGEST)
        body = json.dumps(form(self._host, line, {"event": event, **fields})).encode()
        request = Request(  # noqa: S310 - https, or this machine
            self._address, body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            self._opener.open(request, timeout=PATIENCE).close()
        except (OSError, ValueError):
            self._failures += 1
        else:
            self._failures = 0


class _NoRedirect(HTTPRedirectHandler):
    """The address is where it goes, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def form(host: str, text: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The message as this host takes it; nothing in the text is markup or mentions anybody."""
    if host in _SLACK:
        plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"text": plain, "mrkdwn": False}
    # Its test clients show addresses of hosts of their own: ptb.discord.com, canary.discord.com.
    if f".{host}".endswith(_DISCORD):
        plain = _DISCORD_MARKUP.sub(r"\\\g<0>", text)[:_DISCORD_LONGEST]
        return {"content": plain, "allowed_mentions": {"parse": []}}
    if host.endswith(_TEAMS):
        block = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]}
        card = {"type": "AdaptiveCard", "version": "1.4", "body": [block]}
        kind = "application/vnd.microsoft.card.adaptive"
        return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}
    return {"text": text, **fields}


def messenger(address: str) -> Messenger:
    """The webhook at this address; nobody without one. Raises SettingsError for a bad one."""
    return Webhook(address) if address else NoMessenger()
