"""Requests to GitHub's REST API, one at a time: paced, tried again where it helps, explained.

PyGithub's requester carries them. Its objects are not used, since they fetch by
themselves what they lack, and here each request is counted; nor are its waiting
and retrying, which would hold up a session for as long as GitHub asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import github
import requests
from github.Requester import Requester

from autoresearch_ci import __version__
from autoresearch_ci.errors import ForgeError
from autoresearch_ci.forge.github.pace import Manners, Pace, TooLong

API_VERSION = "2022-11-28"
_WAIT_FOR_SECONDARY = 60.0
_LATER = "Run again later, or use fewer workflows that ask much of GitHub."
_T = TypeVar("_T")


class Refused(Exception):  # noqa: N818 - it never leaves the forge
    """A request without a useful answer. `passing` means that trying again may help.

    `denied` means that whatever needs the same permission will be refused too, and
    `permission` is the line that would allow it, where that is what is missing.
    `status` is 0 where nothing answered at all; then, and with a 5xx, what was
    asked for may have been done all the same.
    """

    def __init__(
        self,
        why: str,
        remedy: str = "Try again; www.githubstatus.com says how GitHub is.",
        *,
        status: int = 0,
        permission: str = "",
        denied: bool = False,
        passing: bool = False,
        hold: float = 0.0,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy
        self.status = status
        self.permission = permission
        self.denied = denied
        self.passing = passing
        self.hold = hold


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
        if not api_url.startswith(("https://", "http://")):
            raise ForgeError(
                "The address of GitHub's API does not begin with https://.",
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
                self._silent = refused.passing and not refused.status and not again
                if refused.status == 401:  # noqa: PLR2004 - Unauthorized
                    self._ended = refused
                if refused.denied and call.permission:
                    self._denied[call.permission] = refused
                if refused.passing:
                    self.pace.hold(refused.hold or self._backoff(again))
                certain = refused.status in (403, 429)
                if not (again and refused.passing and call.patient):
                    raise
                if not (call.repeatable or certain):
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

    def _backoff(self, again: int) -> float:
        return self.pace.manners.backoff * 2.0 ** (self.pace.manners.tries - 1 - again)

    def _once(self, call: Call) -> Any:
        try:
            self.pace.turn(write=call.writes, patient=call.patient)
        except TooLong as long:
            raise Refused(str(long), _LATER, status=429) from None
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
        return _read(call, status, headers, body)

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


def pick(answer: Any, kind: type[_T], *keys: str) -> _T:
    """What lies in the answer at these keys; Refused where it is not of that kind."""
    for key in keys:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(answer, kind):
        where = ".".join(keys) or "list"
        raise Refused(f"GitHub's answer has no `{where}`", "Check GITHUB_API_URL.")
    return answer


def _read(call: Call, status: int, headers: Mapping[str, str], body: object) -> Any:
    try:
        answer = json.loads(body) if isinstance(body, str) and body else None
    except (ValueError, RecursionError):
        answer = None
    if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
        return answer
    message = answer.get("message") if isinstance(answer, dict) else None
    words = _line(message) if isinstance(message, str) else ""
    match status:
        case 401:
            raise Refused(
                "GitHub does not accept the token",
                "A job's token ends with the job, after 24 hours at most; give a valid one.",
                status=401,
            )
        case 403 | 429 if hold := _hold(status, headers, words):
            raise Refused(
                f"GitHub's rate limit: {words}",
                _LATER,
                status=status,
                passing=True,
                hold=hold,
            )
        case 403:
            raise _forbidden(call, words)
        case 404:
            raise Refused("GitHub does not find it", "See that it is still there.", status=404)
    if status >= 500:  # noqa: PLR2004 - the server's fault
        raise Refused(f"GitHub answered with {status}", status=status, passing=True)
    raise Refused(
        f"GitHub answered with {status}: {words}{_errors(answer)}",
        "Change what GitHub complains of.",
        status=status,
    )


def _forbidden(call: Call, words: str) -> Refused:
    why = f"GitHub forbids it: {words}"
    if "not permitted to create" in words:
        remedy = (
            "Tick 'Allow GitHub Actions to create and approve pull requests' under"
            " Settings, Actions, General; the permission alone is not enough."
        )
        return Refused(why, remedy, status=403)
    if "not accessible" in words and call.permission:
        remedy = f"Add `{call.permission}` under `permissions:` in the workflow."
        return Refused(why, remedy, status=403, permission=call.permission, denied=True)
    return Refused(why, "Ask who owns the repository.", status=403, denied=True)


def _hold(status: int, headers: Mapping[str, str], words: str) -> float:
    """Seconds to send nothing for, where this answer is about a rate limit; else 0."""
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        return max(float(after), 1.0)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return max(float(reset) - time.time(), 0.0) + 1.0
    if status == 429 or Requester.isRateLimitError(words):  # noqa: PLR2004 - Too Many Requests
        return _WAIT_FOR_SECONDARY
    return 0.0


def _errors(answer: Any) -> str:
    """What the `errors` of a 422 say."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    said = []
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            said.append(error.get("message") or f"{error.get('field')} {error.get('code')}")
        else:
            said.append(error)
    return _line(f" ({'; '.join(map(str, said))})") if said else ""


def _line(text: str) -> str:
    """Short, on one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in text[:300])
