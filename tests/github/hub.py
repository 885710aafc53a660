"""A GitHub of our own: its REST API and its git at one address of this machine.

    with GitHub(tmp_path / "hub") as hub:
        lab = hub.create("octo/lab", source=checkout)      # private, with all of its branches
        lab.roles["mona"] = "write"
        hub.tokens.add("s3cret", permissions={"contents": "write", "checks": "write"})
        comment = lab.comment(lab.pull(hub.user("mona"), "topic"), hub.user("mona"), "hi")

        os.environ |= hub.environment("octo/lab")          # what a runner would set
        ...
        assert comment.faces == ["eyes", "rocket"]
        assert hub.writes() == ["POST /repos/octo/lab/issues/comments/7/reactions", ...]

It lives where an Enterprise Server has it, below `/api/v3`. What goes wrong, on demand:

    hub.fault("POST .*/check-runs", status=500, times=2)   # see `Fault`: delay, cut, lose
    hub.secondary_limit(retry_after=1)                     # 403, or status=429
    hub.limit(remaining=3, reset_in=2)                     # the primary one, with its headers

More than 80 writes within a minute meet the secondary limit by themselves.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any, Self

from tests.github import api
from tests.github.git_server import GitServer
from tests.github.shapes import Shapes
from tests.github.site import Fault, Request, Response, Site
from tests.github.state import Repository, User
from tests.github.tokens import Tokens

WRITES_A_MINUTE = 80
_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)(.*)")


class GitHub:
    """The server; close it, or use `with`."""

    def __init__(self, folder: Path) -> None:
        self.site = Site()
        self.tokens = Tokens()
        self.git = GitServer(folder, self.site, self.tokens)
        self.url = self.site.url
        self.api_url = f"{self.url}/api/v3"
        self.shapes = Shapes(self.url, self.api_url)
        self.users: dict[str, User] = {}
        self.repositories: dict[str, Repository] = {}
        self._remaining, self._limit, self._reset = 1000, 1000, time.time() + 3600
        self._written: list[float] = []
        self.site.mount("/api/v3", self._serve)
        self.site.mount("/api/graphql", self._graphql)

    def user(self, login: str, **what: Any) -> User:
        """Who has this login; made when there is nobody yet."""
        return self.users.setdefault(login.lower(), User(login, **what))

    def create(self, name: str, source: Path | None = None, **what: Any) -> Repository:
        """A repository `owner/name`, with all branches of `source` where there is one."""
        owner, _, rest = name.partition("/")
        public = not what.get("private", True)
        bare = self.git.folder / f"{name}.git"
        if source is not None:
            self.git.create(name, source, what.get("default_branch", "main"), public=public)
        repository = Repository(rest, self.user(owner), bare, **what)
        self.repositories[name.lower()] = repository
        return repository

    def environment(self, name: str) -> dict[str, str]:
        """What a runner sets to say where GitHub and the repository are."""
        return {
            "GITHUB_API_URL": self.api_url,
            "GITHUB_SERVER_URL": self.url,
            "GITHUB_GRAPHQL_URL": f"{self.url}/api/graphql",
            "GITHUB_REPOSITORY": name,
            "GITHUB_REPOSITORY_ID": str(self.repositories[name.lower()].id),
        }

    def fault(self, pattern: str, **what: Any) -> Fault:
        """Ask for a fault of requests to the API; see `Site.fault`."""
        return self.site.fault(f"{pattern}", **what)

    def secondary_limit(
        self,
        pattern: str = "/api/v3",
        *,
        retry_after: int | None = 60,
        status: int = 403,
        times: int | None = 1,
    ) -> Fault:
        """Answer as GitHub does to those who write too fast."""
        headers = {"Content-Type": "application/json"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        body = json.dumps({"message": _SECONDARY, "documentation_url": "https://docs.github.com"})
        return self.fault(pattern, status=status, headers=headers, body=body.encode(), times=times)

    def limit(self, remaining: int, reset_in: float = 3600) -> None:
        """Let only so many more requests through, until so many seconds have gone by."""
        self._remaining, self._reset = remaining, time.time() + reset_in

    def calls(self, pattern: str = "") -> list[str]:
        """The API's requests so far, as `POST /repos/octo/lab/check-runs`."""
        lines = [line.replace("/api/v3", "", 1) for line in self.site.lines(" /api/")]
        return [line for line in lines if re.search(pattern, line)]

    def writes(self) -> list[str]:
        """Those of `calls` that change something."""
        return [c for c in self.calls() if not c.startswith("GET") and "graphql" not in c]

    def close(self) -> None:
        self.site.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self, request: Request) -> Response:
        try:
            status, body, *more = self._answer(request)
        except api.RefusedError as refusal:
            body = {"message": refusal.message, "documentation_url": "https://docs.github.com/rest"}
            if refusal.errors:
                body["errors"] = refusal.errors
            body["status"] = str(refusal.status)
            return self._response(refusal.status, body, {})
        return self._response(status, body, more[0] if more else {})

    def _response(self, status: int, body: Any, headers: dict[str, str]) -> Response:
        all_headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(0, self._remaining)),
            "X-RateLimit-Reset": str(int(self._reset)),
            **headers,
        }
        if body is None:
            del all_headers["Content-Type"]
            return Response(status, all_headers)
        return Response(status, all_headers, json.dumps(body).encode())

    def _answer(self, request: Request) -> api.Answer:
        token = self.tokens.find(request.headers.get("authorization", ""))
        if token is None:
            raise api.RefusedError(401, "Bad credentials")
        self._count(request)
        found = _REPOSITORY.fullmatch(request.path)
        repository = self.repositories.get(found[1].lower()) if found else None
        if found is None or repository is None:
            raise api.RefusedError(404, "Not Found")
        try:
            given = json.loads(request.body or b"{}")
        except ValueError:
            raise api.RefusedError(400, "Problems parsing JSON") from None
        return api.answer(self, token, request.method, found[2], repository, request.query, given)

    def _count(self, request: Request) -> None:
        if time.time() >= self._reset:
            self._remaining, self._reset = self._limit, time.time() + 3600
        self._remaining -= 1
        if self._remaining < 0:
            raise api.RefusedError(403, "API rate limit exceeded for installation ID 1.")
        if request.method != "GET":
            self._written = [t for t in self._written if t > time.monotonic() - 60]
            self._written.append(time.monotonic())
            if len(self._written) > WRITES_A_MINUTE:
                raise api.RefusedError(403, _SECONDARY)

    def _graphql(self, request: Request) -> Response:
        """The one question that is asked of it: who am I?"""
        token = self.tokens.find(request.headers.get("authorization", ""))
        if token is None:
            return self._response(401, {"message": "Bad credentials"}, {})
        if "viewer" not in request.body.decode():
            return self._response(200, {"errors": [{"message": "not understood"}]}, {})
        return self._response(200, {"data": {"viewer": {"login": token.login}}}, {})
