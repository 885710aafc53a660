"""What GitHub answered: JSON, or why there is none and what to do about it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, TypeVar

from github.Requester import Requester

LATER = "Run again later, or use fewer workflows that ask much of GitHub."
_WAIT_FOR_SECONDARY = 60.0
_NO_PERMISSION = "not accessible by"  # ... integration, ... personal access token
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


def pick(answer: Any, kind: type[_T], *keys: str) -> _T:
    """What lies in the answer at these keys; Refused where it is not of that kind."""
    for key in keys:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(answer, kind):
        where = ".".join(keys) or "list"
        raise Refused(f"GitHub's answer has no `{where}`", "Check GITHUB_API_URL.")
    return answer


def read(permission: str, status: int, headers: Mapping[str, str], body: object) -> Any:
    """The JSON of an answer (None where it has none); Refused for any that is no success."""
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
        case 403 if _NO_PERMISSION in words:  # also where it was the hour's last request
            raise _forbidden(permission, words)
        case 403 | 429 if hold := _hold(status, headers, words):
            raise Refused(
                f"GitHub's rate limit: {words}",
                LATER,
                status=status,
                passing=True,
                hold=hold,
            )
        case 403:
            raise _forbidden(permission, words)
        case 404:
            raise Refused("GitHub does not find it", "See that it is still there.", status=404)
    if status >= 500:  # noqa: PLR2004 - the server's fault
        raise Refused(f"GitHub answered with {status}", status=status, passing=True)
    raise Refused(
        f"GitHub answered with {status}: {words}{_errors(answer)}",
        "Change what GitHub complains of.",
        status=status,
    )


def _forbidden(permission: str, words: str) -> Refused:
    why = f"GitHub forbids it: {words}"
    if "not permitted to create" in words:
        remedy = (
            "Tick 'Allow GitHub Actions to create and approve pull requests' under"
            " Settings, Actions, General; the permission alone is not enough."
        )
        return Refused(why, remedy, status=403)
    if _NO_PERMISSION in words and permission:
        remedy = f"Add `{permission}` under `permissions:` in the workflow."
        return Refused(why, remedy, status=403, permission=permission, denied=True)
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
