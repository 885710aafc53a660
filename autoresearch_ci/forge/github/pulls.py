"""Pull requests: the one a command came from, the one we open, the one that was merged."""

from __future__ import annotations

import re
from typing import Any

from autoresearch_ci.forge import Pull
from autoresearch_ci.forge.github.client import Call, Calls
from autoresearch_ci.forge.github.responses import Refused, pick
from autoresearch_ci.forge.size_limits import PULL_REQUEST_BODY, PULL_REQUEST_TITLE, cut

READ, WRITE = "pull-requests: read", "pull-requests: write"
_INVALID = 422
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Pulls:
    """The pull requests of one repository; every verb raises Refused."""

    def __init__(self, calls: Calls, repository: str) -> None:
        self._calls = calls
        self._owner = repository.partition("/")[0]
        self._path = f"/repos/{repository}/pulls"

    def get(self, number: int) -> Pull | None:
        """As it is now; None where there is none."""
        try:
            answer = self._calls.make(Call("GET", f"{self._path}/{number}", permission=READ))
        except Refused as refused:
            if refused.status == 404:  # noqa: PLR2004 - an issue has such a number too
                return None
            raise
        return Pull(
            number=pick(answer, int, "number"),
            head_sha=_sha(answer, "head"),
            head_branch=pick(answer, str, "head", "ref"),
            base_sha=_sha(answer, "base"),
            base_branch=pick(answer, str, "base", "ref"),
            from_fork=not _same_repository(answer),
            open=pick(answer, str, "state") == "open",
        )

    def merged(self, branch: str) -> bool:
        """Whether one from this branch of this repository was merged."""
        closed = self._from(branch, "closed", READ)
        return any(isinstance(pull.get("merged_at"), str) for pull in closed)

    def open(self, branch: str, base: str, title: str, body: str) -> str:
        """Update the open one from this branch, or open it as a draft; its address."""
        words = {
            "title": PULL_REQUEST_TITLE.start(title),
            "body": cut(body, PULL_REQUEST_BODY),
        }
        known = self._from(branch, "open", WRITE)
        if not known:
            try:
                return self._create({"head": branch, "base": base, **words})
            except Refused as refused:
                # Somebody opened one meanwhile, or we did and the answer was lost.
                known = self._from(branch, "open", WRITE) if refused.status == _INVALID else []
                if not known:
                    raise
        number = pick(known[0], int, "number")
        return self._send("PATCH", f"{self._path}/{number}", words)

    def _create(self, what: dict[str, Any]) -> str:
        try:
            return self._send("POST", self._path, what | {"draft": True})
        except Refused as refused:
            # Private repositories of some plans have no drafts.
            if refused.status != _INVALID or "Draft pull requests" not in refused.why:
                raise
        return self._send("POST", self._path, what)

    def _send(self, verb: str, path: str, what: dict[str, Any]) -> str:
        answer = self._calls.make(Call(verb, path, what, permission=WRITE))
        return pick(answer, str, "html_url")

    def _from(self, branch: str, state: str, permission: str) -> list[dict[str, Any]]:
        """Those whose head is this branch of this very repository, newest first."""
        answer = self._calls.make(
            Call(
                "GET",
                self._path,
                parameters={"head": f"{self._owner}:{branch}", "state": state, "per_page": 100},
                permission=permission,
            )
        )
        # The owner may have forks of its own, and a server that does not know `head` answers all.
        return [
            pull
            for pull in pick(answer, list)
            if pick(pull, str, "head", "ref") == branch and _same_repository(pull)
        ]


def _sha(answer: Any, end: str) -> str:
    sha = pick(answer, str, end, "sha")
    if not _SHA.fullmatch(sha):
        raise Refused(f"GitHub's answer has no commit at `{end}.sha`", "Check GITHUB_API_URL.")
    return sha


def _same_repository(pull: Any) -> bool:
    """Compared by id: names can be taken over. The repository of a deleted fork is null."""
    head = pull.get("head") if isinstance(pull, dict) else None
    if isinstance(head, dict) and head.get("repo") is None:
        return False
    return pick(pull, int, "head", "repo", "id") == pick(pull, int, "base", "repo", "id")
