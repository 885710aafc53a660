"""GitHub: github.com and Enterprise Server. The only place that imports PyGithub."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from github.Repository import Repository

from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.forge import (
    CHECK,
    Annotation,
    CheckOutput,
    Conclusion,
    Missed,
    Pull,
    Reaction,
    Thread,
)
from autoresearch_ci.forge.github.checks import MOST_ANNOTATIONS, Checks
from autoresearch_ci.forge.github.client import Client
from autoresearch_ci.forge.github.comments import Comments
from autoresearch_ci.forge.github.pulls import Pulls
from autoresearch_ci.forge.github.rate_limit import Manners
from autoresearch_ci.forge.github.refusal import Refused, known
from autoresearch_ci.forge.size_limits import ANNOTATIONS_A_REQUEST

_T = TypeVar("_T")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})")
_STANDARD_ROLES = {"none", "read", "triage", "write", "maintain", "admin"}
_MAY_COMMAND = {"write", "maintain", "admin"}


class GitHubForge:
    """One repository on GitHub, seen with one token, for one session. Close it at the end.

    `api_url` is GITHUB_API_URL, `repository` GITHUB_REPOSITORY. The token is sent in
    a header and is nowhere else: not in an error, a log or a `repr`.
    """

    name = "github"

    def __init__(
        self, api_url: str, repository: str, token: str, manners: Manners | None = None
    ) -> None:
        self._client = Client(api_url, repository, token, manners or Manners())
        self._comments = Comments(self._client)
        self._checks = Checks(self._client)
        self._pulls = Pulls(self._client)
        self._missed: dict[str, Missed] = {}

    @property
    def missed(self) -> Sequence[Missed]:
        return tuple(self._missed.values())

    # Questions.

    def may_command(self, login: str) -> bool:
        if not _LOGIN.fullmatch(login):
            return False
        try:
            return self._client.ask("metadata: read", lambda repository: _writes(repository, login))
        except Refused as refused:
            if refused.status == 404:  # noqa: PLR2004 - nobody, or no collaborator
                return False
            raise _error("whether the author may write to the repository", refused) from None

    def pull(self, number: int) -> Pull | None:
        try:
            return self._pulls.get(number)
        except Refused as refused:
            raise _error(f"what pull request #{number} is", refused) from None

    def default_branch(self) -> str:
        try:
            return self._client.ask(
                "metadata: read",
                lambda repository: known(repository.default_branch, "default_branch"),
            )
        except Refused as refused:
            raise _error("which branch is the default one", refused) from None

    # Reports.

    def merged(self, branch: str) -> bool:
        return (
            self._try("whether the campaign was merged", lambda: self._pulls.merged(branch))
            or False
        )

    def is_own(self, login: str) -> bool:
        me = self._try("whose run this is", lambda: self._comments.me(patient=True))
        return me is None or me.lower() == login.lower()

    def comment(self, thread: Thread, body: str, *, key: str, final: bool = False) -> str | None:
        if not final and self._comments.must_wait(thread, key):
            return self._comments.address(thread, key)
        return self._try(
            "the comment", lambda: self._comments.save(thread, body, key, patient=final)
        )

    def reply(self, thread: Thread, body: str) -> str | None:
        return self._try("the reply", lambda: self._comments.reply(thread, body))

    def react(self, thread: Thread, comment: int, reaction: Reaction) -> None:
        self._try("the reaction", lambda: self._comments.react(thread, comment, reaction))

    def begin_check(
        self, sha: str, output: CheckOutput, *, details_url: str = "", again: bool = False
    ) -> None:
        begin = partial(self._checks.begin, sha, output, details_url, again=again)
        self._try("the check run", begin)

    def end_check(
        self,
        sha: str,
        conclusion: Conclusion,
        output: CheckOutput,
        annotations: Sequence[Annotation] = (),
        *,
        name: str = CHECK,
    ) -> str | None:
        first = annotations[:ANNOTATIONS_A_REQUEST]
        rest = annotations[ANNOTATIONS_A_REQUEST:MOST_ANNOTATIONS]
        what = "the check run" if name == CHECK else f"the check run {name}"
        ended = self._try(what, lambda: self._checks.end(sha, conclusion, output, first, name))
        if ended is None:
            return None
        number, address = ended
        if rest:
            self._try("some annotations", lambda: self._checks.annotate(number, output, rest))
        return address

    def open_pull_request(self, branch: str, base: str, title: str, body: str) -> str | None:
        return self._try("the pull request", lambda: self._pulls.open(branch, base, title, body))

    def dispatch(self, event: str, payload: Mapping[str, Any]) -> bool:
        def start(repository: Repository) -> bool:
            # PyGithub's own verb does not tell why it failed.
            repository.requester.requestJsonAndCheck(
                "POST",
                f"{repository.url}/dispatches",
                input={"event_type": event, "client_payload": dict(payload)},
            )
            return True

        return self._start("contents: write", start)

    def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> bool:
        file = workflow.rpartition("/")[2]
        return self._start(
            "actions: write",
            lambda repository: repository.get_workflow(file).create_dispatch(
                ref, dict(inputs), throw=True
            ),
        )

    def _start(self, permission: str, start: Callable[[Repository], bool]) -> bool:
        return bool(
            self._try(
                "the start of the next run",
                lambda: self._client.ask(permission, start, repeatable=False),
            )
        )

    def hurry(self, seconds: float) -> None:
        self._client.hurry(seconds)

    def close(self) -> None:
        self._client.close()

    def _try(self, what: str, report: Callable[[], _T]) -> _T | None:
        """Do it; note it as missed where GitHub refuses, and no longer where it takes it."""
        try:
            done = report()
        except Refused as refused:
            self._missed[what] = Missed(what, refused.why, refused.remedy, refused.permission)
            return None
        self._missed.pop(what, None)
        return done


def _writes(repository: Repository, login: str) -> bool:
    """Tell whether this very person, no bot, has a role that may write.

    PyGithub's own verbs tell the permission and the role in a request each, and not of whom.
    """
    _, answer = repository.requester.requestJsonAndCheck(
        "GET", f"{repository.url}/collaborators/{login}/permission"
    )
    user = answer["user"]
    if user["login"].lower() != login.lower() or user["type"].lower() == "bot":
        return False
    # `permission` says write for maintain and read for triage, but it is all there is
    # to tell what a role of an organisation's own comes down to.
    role = answer.get("role_name")
    return (role if role in _STANDARD_ROLES else answer["permission"]) in _MAY_COMMAND


def _error(what: str, refused: Refused) -> ForgeError:
    return ForgeError(f"GitHub does not say {what}: {refused.why}.", remedy=refused.remedy)
