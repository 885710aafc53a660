"""Requests to GitHub's REST API, one at a time: paced, tried again where it helps, explained.

PyGithub's requester carries them. Its objects are not used, since they fetch by
themselves what they lack, and here each request is counted; nor are its waiting
and retrying, which would hold up a session for as long as GitHub asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import github
import requests

from autoresearch_ci import __version__
from autoresearch_ci.core.errors import ForgeError
from autoresearch_ci.forge.github.rate_limit import Manners, Pace, TooLong
from autoresearch_ci.forge.github.responses import LATER, Refused, read

API_VERSION = "2022-11-28"
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` begins after the API's address.

    `permission` is the line under `permissions:` that it needs. One that is not
    `patient` is tried once and waits for nothing; one that is not `repeatable`
    is not tried again when it may have been done. A `question` is none that writes,
    whatever its verb.
    """

    verb: str
    path: str
    input: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    permission: str = ""
    patient: bool = True
    repeatable: bool = True
    question: bool = False

    @property
    def writes(self) -> bool:
        """Whether it counts as a write."""
        return self.verb != "GET" and not self.question


class Calls:
    """Makes calls with one token, and remembers what that token may not do."""

    def __init__(self, api_url: str, token: str, manners: Manners) -> None:
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
        self.pace = Pace(manners)
        self._api_url = api_url.rstrip("/")
        self._auth = github.Auth.Token(token)
        self._answer_within = 0
        self._github = self._connect()
        self._denied: dict[str, Refused] = {}
        self._ended: Refused | None = None
        self._silent = False

    def make(self, call: Call) -> Any:
        """The answer's JSON (None where it has none); Refused where there is no such answer."""
        known = self._ended or self._denied.get(call.permission)
        if known:
            raise known
        # Where nothing answered before, each further call is tried once: nobody waits for
        # a server that is down again and again.
        for again in reversed(range(1 if self._silent else self.pace.manners.tries)):
            try:
                answer = self._once(call)
            except Refused as refused:
                self._remember(call, refused, again)
                if not again or not _worth_another_try(call, refused):
                    raise
            else:
                self._silent = False
                return answer
        raise AssertionError  # the last try returns or raises

    def graphql(self, query: Mapping[str, str], *, patient: bool) -> Any:
        """The answer's JSON to a GraphQL query, which is a question."""
        url = self._github.requester.graphql_url
        return self.make(Call("POST", url, query, patient=patient, question=True))

    def hurry(self, seconds: float) -> None:
        """Be done with everything within so many seconds."""
        self.pace.hurry(seconds)

    def close(self) -> None:
        self._github.close()

    def _remember(self, call: Call, refused: Refused, again: int) -> None:
        """What a refusal says about the calls to come."""
        if refused.status == 401:  # noqa: PLR2004 - Unauthorized
            self._ended = refused
        if refused.denied and call.permission:
            self._denied[call.permission] = refused
        if refused.passing:
            manners = self.pace.manners
            self.pace.hold(refused.hold or manners.backoff * 2.0 ** (manners.tries - 1 - again))
            self._silent = not refused.status and not again

    def _once(self, call: Call) -> Any:
        try:
            self.pace.turn(write=call.writes, patient=call.patient)
        except TooLong as long:
            raise Refused(str(long), LATER, status=429) from None
        if self.pace.answer_within != self._answer_within:
            self._github.close()
            self._github = self._connect()
        try:
            status, headers, body = self._github.requester.requestJson(
                call.verb, call.path, dict(call.parameters), {}, call.input
            )
        # `from None`, since what is below could quote the request's headers.
        except requests.Timeout:
            raise Refused("GitHub did not answer in time", passing=True) from None
        except requests.RequestException as error:
            raise Refused(
                f"GitHub cannot be reached ({type(error).__name__})", passing=True
            ) from None
        except RuntimeError:  # what PyGithub raises for a redirect to elsewhere
            raise Refused(
                "GitHub's API redirects to another address",
                "Set GITHUB_API_URL and GITHUB_REPOSITORY to what they are now.",
            ) from None
        finally:
            if call.writes:
                self.pace.wrote()
        return read(call.permission, status, headers, body)

    def _connect(self) -> github.Github:
        self._answer_within = self.pace.answer_within
        return github.Github(
            base_url=self._api_url,
            auth=self._auth,
            timeout=self._answer_within,
            user_agent=f"autoresearch-ci/{__version__}",
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=API_VERSION,
            lazy=True,
        )


def _worth_another_try(call: Call, refused: Refused) -> bool:
    """Whether trying again may help, and cannot do twice what may be done once only."""
    surely_not_done = refused.status in (403, 429)
    return refused.passing and call.patient and (call.repeatable or surely_not_done)
