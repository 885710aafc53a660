"""The tokens that a forge of the tests knows, shared by its API and its git."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYTHING = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull-requests": "write",
}
LEVELS = {"none": 0, "read": 1, "write": 2}


@dataclass
class Token:
    """A token, what a workflow's `permissions:` gave it, and when it ends.

    `good_for` is how many more requests it is accepted in; None is for ever.
    """

    value: str
    permissions: Mapping[str, str] = field(default_factory=lambda: dict(EVERYTHING))
    login: str = "github-actions[bot]"
    good_for: int | None = None

    def may(self, scope: str, level: str) -> bool:
        return LEVELS[self.permissions.get(scope, "none")] >= LEVELS[level]


class Tokens:
    """Who a request comes from."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def add(self, value: str, **what: object) -> Token:
        """Let this token in; it may do everything unless `permissions` says otherwise."""
        token = self._tokens[value] = Token(value, **what)
        return token

    def find(self, authorization: str) -> Token | None:
        """Whose an Authorization header is; None for nobody's. Counts as one use."""
        scheme, _, rest = authorization.partition(" ")
        value = rest.strip()
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return None
        with self._lock:
            token = self._tokens.get(value)
            if token is None or token.good_for == 0:
                return None
            if token.good_for is not None:
                token.good_for -= 1
            return token
