"""Comments on issues and pull requests: the one that is edited in place, replies, reactions."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from itertools import islice

from github.Issue import Issue
from github.IssueComment import IssueComment
from github.Repository import Repository

from autoresearch_ci.forge import MARK, Reaction, Thread
from autoresearch_ci.forge.github.client import PER_PAGE, Client
from autoresearch_ci.forge.github.refusal import Refused, known
from autoresearch_ci.forge.size_limits import COMMENT, SizeLimit, cut

MOST_COMMENTS = 10 * PER_PAGE
"""Comments of a thread that are searched for ours."""

ACTIONS = "github-actions[bot]"


@dataclass
class _Sticky:
    """The knowledge of one comment. `looked` says that the thread was searched for it."""

    number: int | None = None
    address: str | None = None
    written: float = -math.inf
    looked: bool = False


class Comments:
    """The comments of one repository; every verb raises Refused."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stickies: dict[tuple[int, str], _Sticky] = {}
        self._me: str | None = None

    def must_wait(self, thread: Thread, key: str) -> bool:
        """Tell whether the comment was written, or tried to be, too lately to write it again."""
        written = self._sticky(thread, key).written
        return time.monotonic() - written < self._client.manners.between_edits

    def address(self, thread: Thread, key: str) -> str | None:
        """Return the address of the comment, if there is one that we know of."""
        return self._sticky(thread, key).address

    def save(self, thread: Thread, body: str, key: str, *, patient: bool) -> str:
        """Make our comment of this key say `body`; return its address."""
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
        """Write a comment of its own; return its address."""
        return self._add(thread, _marker("reply"), body, patient=True)[1]

    def react(self, thread: Thread, comment: int, reaction: Reaction) -> None:
        """React to a comment; doing it twice is doing it once."""

        def react(repository: Repository) -> int:
            given = _issue(repository, thread).get_comment(comment).create_reaction(reaction.value)
            return known(given.id, "id")

        self._client.ask(_permission(thread), react)

    def me(self, *, patient: bool) -> str:
        """Return the login behind the token, asked for once."""
        if self._me is None:
            try:
                self._me = self._client.ask("", _login, patient=patient)
            except Refused as refused:
                if refused.passing:
                    raise
                self._me = ACTIONS
        return self._me

    def _sticky(self, thread: Thread, key: str) -> _Sticky:
        return self._stickies.setdefault((thread.number, key), _Sticky())

    def _write(
        self, thread: Thread, sticky: _Sticky, marker: str, body: str, *, patient: bool
    ) -> str:
        if sticky.number is None and not sticky.looked:
            self._find(thread, sticky, marker, patient=patient)
        if sticky.number is not None:
            try:
                return self._edit(thread, sticky.number, marker, body, patient=patient)
            except Refused as refused:
                if refused.status != 404:  # noqa: PLR2004 - somebody deleted it
                    raise
                sticky.number = None
        sticky.number, sticky.address = self._add(thread, marker, body, patient=patient)
        return sticky.address

    def _find(self, thread: Thread, sticky: _Sticky, marker: str, *, patient: bool) -> None:
        """Look for the newest comment that has the marker and is ours."""

        def find(repository: Repository) -> list[IssueComment]:
            comments = islice(_issue(repository, thread).get_comments(), MOST_COMMENTS)
            return [each for each in comments if (each.body or "").startswith(marker)]

        marked = self._client.ask(_permission(thread), find, patient=patient)
        sticky.looked = True
        for comment in reversed(marked):
            # Anybody can copy a marker. The author is null where the account is gone.
            if comment.user and comment.user.login == self.me(patient=patient):
                sticky.number, sticky.address = comment.id, comment.html_url
                return

    def _add(self, thread: Thread, marker: str, body: str, *, patient: bool) -> tuple[int, str]:
        def add(repository: Repository) -> tuple[int, str]:
            comment = _issue(repository, thread).create_comment(_body(marker, body))
            return known(comment.id, "id"), known(comment.html_url, "html_url")

        return self._client.ask(_permission(thread), add, patient=patient, repeatable=False)

    def _edit(self, thread: Thread, number: int, marker: str, body: str, *, patient: bool) -> str:
        def edit(repository: Repository) -> str:
            comment = _issue(repository, thread).get_comment(number)
            comment.edit(_body(marker, body))
            return known(comment.html_url, "html_url")

        return self._client.ask(_permission(thread), edit, patient=patient)


def _issue(repository: Repository, thread: Thread) -> Issue:
    """Return the thread as an issue, which a pull request is too; nothing is fetched."""
    return repository.get_issue(thread.number)


def _login(repository: Repository) -> str:
    """Ask whose the token is: only GraphQL tells it to the token of a workflow."""
    _, answer = repository.requester.graphql_query("query { viewer { login } }", {})
    login = answer["data"]["viewer"]["login"]
    return known(login if isinstance(login, str) else None, "login")


def _permission(thread: Thread) -> str:
    return "pull-requests: write" if thread.is_pull else "issues: write"


def _marker(key: str) -> str:
    """Return a line that is not shown. A key cannot end it."""
    return f"{MARK}{re.sub(r'[^A-Za-z0-9._/-]', '_', key)} -->"


def _body(marker: str, body: str) -> str:
    """Begin with the marker, and cut to the limit."""
    return f"{marker}\n{cut(body, SizeLimit(COMMENT.most - len(marker) - 1))}"
