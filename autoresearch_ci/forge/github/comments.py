"""Comments on issues and pull requests: the one that is edited in place, replies, reactions."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from typing import Any

from autoresearch_ci.forge import MARK, Reaction, Thread
from autoresearch_ci.forge.github.client import Call, Calls
from autoresearch_ci.forge.github.responses import Refused, pick
from autoresearch_ci.forge.size_limits import COMMENT, SizeLimit, cut

PAGES = 10
PER_PAGE = 100
ACTIONS = "github-actions[bot]"


@dataclass
class _Sticky:
    """What is known of one comment. `looked` says that the thread was searched for it."""

    number: int | None = None
    address: str | None = None
    written: float = -math.inf
    looked: bool = False


class Comments:
    """The comments of one repository; every verb raises Refused."""

    def __init__(self, calls: Calls, repository: str) -> None:
        self._calls = calls
        self._path = f"/repos/{repository}/issues"
        self._stickies: dict[tuple[int, str], _Sticky] = {}
        self._me: str | None = None

    def must_wait(self, thread: Thread, key: str) -> bool:
        """Whether the comment was written, or tried to be, so lately that the next has to wait."""
        written = self._sticky(thread, key).written
        return time.monotonic() - written < self._calls.pace.manners.between_edits

    def address(self, thread: Thread, key: str) -> str | None:
        """Where the comment is, if there is one that we know of."""
        return self._sticky(thread, key).address

    def save(self, thread: Thread, body: str, key: str, *, patient: bool) -> str:
        """Make our comment of this key say `body`; its address."""
        sticky = self._sticky(thread, key)
        sticky.written = time.monotonic()
        try:
            return self._write(thread, sticky, _marker(key), body, patient=patient)
        except Refused as refused:
            # It may have been written although no answer came: look before writing another.
            lost = refused.passing and sticky.number is None
            if lost:
                sticky.looked = False
            if not (lost and patient):
                raise
        return self._write(thread, sticky, _marker(key), body, patient=patient)

    def reply(self, thread: Thread, body: str) -> str:
        """A comment of its own."""
        return self._add(thread, _marker("reply"), body, patient=True)[1]

    def react(self, thread: Thread, comment: int, reaction: Reaction) -> None:
        """Give a comment a face; giving it twice is giving it once."""
        self._calls.make(
            Call(
                "POST",
                f"{self._path}/comments/{comment}/reactions",
                {"content": reaction.value},
                permission=_permission(thread),
            )
        )

    def _sticky(self, thread: Thread, key: str) -> _Sticky:
        return self._stickies.setdefault((thread.number, key), _Sticky())

    def _write(
        self, thread: Thread, sticky: _Sticky, marker: str, body: str, *, patient: bool
    ) -> str:
        if sticky.number is None and not sticky.looked:
            self._find(thread, sticky, marker, patient=patient)
        if sticky.number is not None:
            try:
                return self._edit(thread, sticky, marker, body, patient=patient)
            except Refused as refused:
                if refused.status != 404:  # noqa: PLR2004 - somebody deleted it
                    raise
                sticky.number = None
        sticky.number, sticky.address = self._add(thread, marker, body, patient=patient)
        return sticky.address

    def _find(self, thread: Thread, sticky: _Sticky, marker: str, *, patient: bool) -> None:
        """Look for the newest comment that has the marker and is ours."""
        found = None
        for page in range(1, PAGES + 1):
            answer = self._calls.make(
                Call(
                    "GET",
                    f"{self._path}/{thread.number}/comments",
                    parameters={"per_page": PER_PAGE, "page": page},
                    permission=_permission(thread),
                    patient=patient,
                )
            )
            comments = pick(answer, list)
            marked = [comment for comment in comments if _has(comment, marker)]
            found = next((c for c in reversed(marked) if self._is_ours(c, patient=patient)), found)
            if len(comments) < PER_PAGE:
                break
        sticky.looked = True
        if found is not None:
            sticky.number, sticky.address = pick(found, int, "id"), pick(found, str, "html_url")

    def _is_ours(self, comment: Any, *, patient: bool) -> bool:
        """Anybody can copy a marker; whose comment it is, GitHub says."""
        me = self.me(patient=patient)
        author = comment.get("user")  # null where the account is gone
        return isinstance(author, dict) and author.get("login") == me

    def me(self, *, patient: bool) -> str:
        """The login behind the token, asked for once."""
        if self._me is None:
            self._me = self._who_am_i(patient=patient)
        return self._me

    def _who_am_i(self, *, patient: bool) -> str:
        """Only GraphQL tells it to the token of a workflow."""
        query = {"query": "query { viewer { login } }"}
        try:
            answer = self._calls.graphql(query, patient=patient)
            return pick(answer, str, "data", "viewer", "login")
        except Refused as refused:
            if refused.passing:
                raise
            return ACTIONS

    def _add(self, thread: Thread, marker: str, body: str, *, patient: bool) -> tuple[int, str]:
        answer = self._calls.make(
            Call(
                "POST",
                f"{self._path}/{thread.number}/comments",
                {"body": _body(marker, body)},
                permission=_permission(thread),
                patient=patient,
                repeatable=False,
            )
        )
        return pick(answer, int, "id"), pick(answer, str, "html_url")

    def _edit(
        self, thread: Thread, sticky: _Sticky, marker: str, body: str, *, patient: bool
    ) -> str:
        answer = self._calls.make(
            Call(
                "PATCH",
                f"{self._path}/comments/{sticky.number}",
                {"body": _body(marker, body)},
                permission=_permission(thread),
                patient=patient,
            )
        )
        return pick(answer, str, "html_url")


def _permission(thread: Thread) -> str:
    return "pull-requests: write" if thread.is_pull else "issues: write"


def _marker(key: str) -> str:
    """A line that is not shown. A key cannot end it."""
    return f"{MARK}{re.sub(r'[^A-Za-z0-9._/-]', '_', key)} -->"


def _has(comment: Any, marker: str) -> bool:
    body = comment.get("body") if isinstance(comment, dict) else None
    return isinstance(body, str) and body.startswith(marker)


def _body(marker: str, body: str) -> str:
    """Begun with the marker and cut to the room there is."""
    return f"{marker}\n{cut(body, SizeLimit(COMMENT.most - len(marker) - 1))}"
