"""The one place that asks GitHub anything: PyGithub, one request after the other, explained."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TypeVar

import github
from github.Repository import Repository

from autoresearch_ci import __version__
from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.forge.github.rate_limit import Manners, Patience, SessionRetry
from autoresearch_ci.forge.github.refusal import PROBLEMS, Refused, explain

API_VERSION = "2022-11-28"
PER_PAGE = 100
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_T = TypeVar("_T")


class Client:
    """Asks about one repository with one token, and remembers what that token may not do."""

    def __init__(self, api_url: str, repository: str, token: str, manners: Manners) -> None:
        if not _REPOSITORY.fullmatch(repository) or ".." in repository.split("/"):
            raise ForgeError(
                "The name of the repository is not of the form owner/name.",
                remedy="Set GITHUB_REPOSITORY as the runner does, such as octocat/hello-world.",
            )
        if not token or not all("!" <= character <= "~" for character in token):
            raise ForgeError(
                "The GitHub token is empty or is no token.",
                remedy="Give the workflow's token: `token: ${{ github.token }}`.",
            )
        if not _ADDRESS.fullmatch(api_url):
            raise ForgeError(
                "The address of GitHub's API is not one that begins with https://.",
                remedy="Set GITHUB_API_URL as the runner does, such as https://api.github.com.",
            )
        # They print each try that fails; what fails in the end is told by whoever asked.
        for name in ("github", "urllib3"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self.manners = manners
        self.owner = repository.partition("/")[0]
        self._repository = repository
        self._api_url = api_url.rstrip("/")
        self._auth = github.Auth.Token(token)
        self._patience = Patience(manners)
        self._github = self._connect()
        self._denied: dict[str, Refused] = {}
        self._ended: Refused | None = None
        self._silent = False

    def ask(
        self,
        permission: str,
        request: Callable[[Repository], _T],
        *,
        patient: bool = True,
        repeatable: bool = True,
    ) -> _T:
        """Return what `request` makes of the repository, whose attributes nobody has fetched yet.

        `permission` is the line under `permissions:` that it needs. One that is not
        `patient` is tried once and waits for nothing; one that is not `repeatable`
        is not tried again when it may have been done. Raises Refused.
        """
        known = self._ended or self._denied.get(permission)
        if known:
            raise known
        patience = self._patience
        patience.patient, patience.repeatable = patient, repeatable
        # Nobody waits for a server that is down again and again.
        patience.persistent = patient and not self._silent
        patience.wait_for_turn()
        if patience.hurried:
            self._github.close()
            self._github = self._connect()
        try:
            answer = request(self._github.get_repo(self._repository))
        except PROBLEMS as error:
            refused = explain(error, permission)
        else:
            self._silent = False
            return answer
        self._remember(refused, permission)
        raise refused  # not where the problem is handled, which could quote the request's headers

    def hurry(self, seconds: float) -> None:
        """Be done with everything within so many seconds."""
        self._patience.hurry(seconds)

    def close(self) -> None:
        self._github.close()

    def _remember(self, refused: Refused, permission: str) -> None:
        """Note what a refusal says about the requests to come."""
        if refused.status == 401:  # noqa: PLR2004 - Unauthorized
            self._ended = refused
        if refused.denied and permission:
            self._denied[permission] = refused
        self._patience.hold(refused.hold)
        if refused.passing and not refused.status and self._patience.patient:
            self._silent = True

    def _connect(self) -> github.Github:
        manners = self.manners
        return github.Github(
            base_url=self._api_url,
            auth=self._auth,
            timeout=self._patience.answer_within,
            user_agent=f"autoresearch-ci/{__version__}",
            per_page=PER_PAGE,
            retry=SessionRetry(
                self._patience,
                total=manners.tries - 1,
                backoff_factor=manners.backoff,
                allowed_methods=None,
            ),
            seconds_between_requests=None,
            # Last words are not spaced out.
            seconds_between_writes=None if self._patience.hurried else manners.between_writes,
            api_version=API_VERSION,
            lazy=True,
        )
