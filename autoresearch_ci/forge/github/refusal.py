"""Refusals of GitHub: what PyGithub raises, told with what to do about it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, TypeVar

import requests
import urllib3
from github import BadAttributeException, GithubException, IncompletableObject
from github.Requester import Requester

from autoresearch_ci.core.text import one_line

LATER = "Run again later, or use fewer workflows that ask much of GitHub."
_CHECK_ADDRESS = "Check GITHUB_API_URL."
_WAIT_FOR_SECONDARY = 60.0
_NO_PERMISSION = "not accessible by"  # ... integration, ... personal access token
_T = TypeVar("_T")

# The last seven are what PyGithub's reading runs into where an answer is not as the API promises.
PROBLEMS = (
    GithubException,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    RuntimeError,
    BadAttributeException,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class Refused(Exception):  # noqa: N818 - it never leaves the forge
    """A request without a useful answer. `passing` means that trying again may help.

    `denied` means that whatever needs the same permission will be refused too, and
    `permission` is the line that would allow it, where that is what is missing.
    `status` is 0 where nothing answered at all; then, and with a 5xx, what was
    asked for may have been done all the same. `hold` is for how many seconds
    GitHub wants nothing sent.
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


def known(value: _T | None, name: str) -> _T:
    """Return an attribute of PyGithub's, which is None where the answer lacks it: then Refused."""
    if value is None:
        raise Refused(f"GitHub's answer has no `{name}`", _CHECK_ADDRESS)
    return value


def explain(error: Exception, permission: str) -> Refused:
    """Tell one of `PROBLEMS`, met by a request that needs the line `permission`."""
    match error:
        case IncompletableObject():
            return Refused("GitHub's answer is incomplete", _CHECK_ADDRESS)
        case GithubException():
            return _answered(error, permission)
        case requests.RequestException() | urllib3.exceptions.HTTPError():
            if _timed_out(error):
                return Refused("GitHub did not answer in time", passing=True)
            return Refused(f"GitHub cannot be reached ({type(error).__name__})", passing=True)
        case RuntimeError() if "redirected" in str(error):
            return _redirected(0)
    return Refused("GitHub's answer is not as its API promises", _CHECK_ADDRESS)


def seconds_to_wait(status: int, headers: Mapping[str, str], message: str) -> float:
    """Return for how long to send nothing, where this answer is about a rate limit; else 0."""
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        return max(float(after), 1.0)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return max(float(reset) - time.time(), 0.0) + 1.0
    if status == 429 or Requester.isRateLimitError(message):  # noqa: PLR2004 - Too Many Requests
        return _WAIT_FOR_SECONDARY
    return 0.0


def time_span(seconds: float) -> str:
    """Write a wait in seconds, or in minutes from two on."""
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{math.ceil(seconds)} seconds"
    return f"{seconds / 60:.0f} minutes"


def _answered(error: GithubException, permission: str) -> Refused:
    status, answer = error.status, error.data if isinstance(error.data, dict) else {}
    message = answer.get("message")
    words = _line(message) if isinstance(message, str) else ""
    match status:
        case 401:
            why = "GitHub does not accept the token"
            remedy = "A job's token ends with the job, after 24 hours at most; give a valid one."
        case 403 | 429:
            return _forbidden(status, error.headers or {}, words, permission)
        case 404:
            why, remedy = "GitHub does not find it", "See that it is still there."
        case _ if status >= 500:  # noqa: PLR2004 - the server's fault
            return Refused(f"GitHub answered with {status}", status=status, passing=True)
        case _ if status < 400:  # noqa: PLR2004 - no error in HTTP
            return _redirected(status)
        case _:
            why = f"GitHub answered with {status}: {words}{_errors(answer)}"
            remedy = "Change what GitHub complains of."
    return Refused(why, remedy, status=status)


def _redirected(status: int) -> Refused:
    return Refused(
        "GitHub's API redirects to another address",
        "Set GITHUB_API_URL and GITHUB_REPOSITORY to what they are now.",
        status=status,
    )


def _forbidden(status: int, headers: Mapping[str, str], words: str, permission: str) -> Refused:
    hold = seconds_to_wait(status, headers, words)
    why = f"GitHub forbids it: {words}"
    if _NO_PERMISSION in words and permission:  # also where it was the hour's last request
        remedy = (
            f"Add `{permission}` under `permissions:` in the workflow. Where it is there, the"
            " organisation allows read-only tokens alone, or the run is a fork's: give a token of"
            " your own as github_token."
        )
        return Refused(why, remedy, status=status, permission=permission, denied=True)
    if hold:
        why = f"GitHub's rate limit: {words or f'wait for {time_span(hold)}'}"
        return Refused(why, LATER, status=status, passing=True, hold=hold)
    if "not permitted to create" in words:
        remedy = (
            "Tick 'Allow GitHub Actions to create and approve pull requests' under"
            " Settings, Actions, General; the permission alone is not enough."
        )
        return Refused(why, remedy, status=status)
    return Refused(why, "Ask who owns the repository.", status=status, denied=True)


def _timed_out(error: Exception) -> bool:
    """Tell a time-out also where it was the last of several tries."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.NewConnectionError):  # which counts as one there
        return False
    return isinstance(error, requests.Timeout) or isinstance(
        reason, urllib3.exceptions.TimeoutError
    )


def _errors(answer: Mapping[str, Any]) -> str:
    """Return what the `errors` of a 422 say."""
    errors = answer.get("errors")
    said = [
        error.get("message") or f"{error.get('field')} {error.get('code')}"
        if isinstance(error, dict)
        else error
        for error in (errors if isinstance(errors, list) else [])
    ]
    return f" ({_line('; '.join(map(str, said)))})" if said else ""


def _line(text: str) -> str:
    """Put it on one short line without control characters."""
    return one_line(text[:300])
