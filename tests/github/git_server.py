"""A real git server over HTTP that checks the token, for tests of fetch and push.

It is git's own `git http-backend` behind a `Site`, so protocol, atomic pushes and
races are the real thing. Alone:

    with GitServer(tmp_path / "git") as server:
        server.tokens.add("s3cret")                        # reads and writes
        server.tokens.add("reader", permissions={"contents": "read"})
        bare = server.create("octo/lab", source=checkout)  # a bare repository on the disk
        server.remote("octo/lab")                          # http://127.0.0.1:PORT/octo/lab.git

Beside the API's fake, at the same address: `GitHub(folder)` has one as `.git`.

Git sends the token as basic authentication (user `x-access-token`) or in an
`http.<url>.extraHeader`; both are understood. Without a token the answer is 401, with
one that may not push it is 403, and a repository that is not there is 404, all with
GitHub's words. A push that changes `.github/workflows` is declined, as with GITHUB_TOKEN.

What goes wrong, on demand (each returns the `Fault`: `.met` counts, `.times = 0` ends it):

    server.decline_pushes("no space", times=2)   # a hook says no: "[remote rejected]"
    server.before_push(lambda: other_push())     # someone is faster: "[rejected] (fetch first)"
    server.slow(3.0)                             # every request takes that long
    server.down()                                # connections are cut
    server.down(status=503, times=4)             # or answered with a status
    server.lose_answer()                         # the push happens, its answer is cut off
    server.tokens.add("t", good_for=10)          # 401 after ten requests

`server.site.requests` is the log: `server.site.lines("git-receive-pack")`, with the
headers, to see that the token is nowhere but in them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.github.site import Fault, Request, Response, Site
from tests.github.tokens import Token, Tokens

_PUSH = r"^POST .*/git-receive-pack$"
_HOOK = """\
#!/bin/sh
if [ -n "$DECLINE" ]; then echo "$DECLINE" >&2; exit 1; fi
while read -r old new name; do
  case $new in *[!0]*) ;; *) continue ;; esac
  workflow=$(git log --format= --name-only "$new" --not --all -- .github/workflows | head -1)
  if [ -n "$workflow" ] && [ -z "$MAY_CHANGE_WORKFLOWS" ]; then
    echo "refusing to allow a GitHub App to create or update workflow \\`$workflow\\`" \\
      "without \\`workflows\\` permission" >&2
    exit 1
  fi
done
"""


class GitServer:
    """Git below `/` of a site; its own site unless it is given one. Close it, or use `with`."""

    def __init__(
        self, folder: Path, site: Site | None = None, tokens: Tokens | None = None
    ) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.site = Site() if site is None else site
        self.tokens = Tokens() if tokens is None else tokens
        self._public: set[str] = set()
        self._declines: list[tuple[Fault, str]] = []
        self.site.mount("/", self._serve)

    def create(
        self, name: str, source: Path | None = None, branch: str = "main", public: bool = False
    ) -> Path:
        """A bare repository `owner/name`, with all branches of `source` where there is one."""
        bare = self.folder / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        _git("init", "-q", "--bare", "-b", branch, str(bare))
        if source is not None:
            _git("-C", str(source), "push", "-q", str(bare), "refs/heads/*:refs/heads/*")
        hook = bare / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK)
        hook.chmod(0o755)
        if public:
            self._public.add(name)
        return bare

    def remote(self, name: str) -> str:
        """The address that a workflow's checkout would have as `origin`."""
        return f"{self.site.url}/{name}.git"

    def decline_pushes(self, message: str = "declined", times: int | None = None) -> Fault:
        """Let a hook of the server decline pushes with `message`."""
        fault = Fault(_PUSH, times=times)
        self._declines.append((fault, message))
        return fault

    def before_push(self, act: Callable[[], object], times: int | None = 1) -> Fault:
        """Call `act` when a push has been sent and before it is looked at.

        It may change the bare repository in the folder, or push through the server.
        """
        return self.site.fault(_PUSH, before=act, times=times)

    def slow(self, seconds: float, times: int | None = None) -> Fault:
        return self.site.fault(r"\.git/", delay=seconds, times=times)

    def down(self, status: int | None = None, times: int | None = None) -> Fault:
        """Cut every connection, or answer with `status`."""
        return self.site.fault(r"\.git/", status=status, cut=status is None, times=times)

    def lose_answer(self, times: int | None = 1) -> Fault:
        """Take the push, then cut the connection instead of answering."""
        return self.site.fault(_PUSH, lose=True, times=times)

    def close(self) -> None:
        self.site.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self, request: Request) -> Response:
        path = request.path.lstrip("/")
        name = path.partition(".git/")[0]
        pushes = "git-receive-pack" in path or "service=git-receive-pack" in request.query
        authorization = request.headers.get("authorization", "")
        token = self.tokens.find(authorization)
        if token is None and (authorization or pushes or name not in self._public):
            return Response(
                401,
                {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"},
                b"Invalid username or token.\n" if authorization else b"No anonymous access.\n",
            )
        if token is not None and not token.may("contents", "read"):
            return _plain(403, "Write access to repository not granted.")
        if not (self.folder / f"{name}.git").is_dir():
            return _plain(404, "Repository not found.")
        if pushes and token is not None and not token.may("contents", "write"):
            return _plain(403, f"Permission to {name}.git denied to {token.login}.")
        return self._backend(request, token)

    def _backend(self, request: Request, token: Token | None) -> Response:
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": f"/{request.path.lstrip('/')}",
            "QUERY_STRING": request.query,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        if token is not None:
            environment["REMOTE_USER"] = token.login
            if token.may("workflows", "write"):
                environment["MAY_CHANGE_WORKFLOWS"] = "1"
        for fault, message in self._declines:
            if fault.meets(request):
                environment["DECLINE"] = message
                break
        done = subprocess.run(
            ["git", "http-backend"],
            input=request.body,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return Response(status, headers, body)


def _plain(status: int, message: str) -> Response:
    return Response(status, {"Content-Type": "text/plain"}, f"{message}\n".encode())


def _git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, stdin=subprocess.DEVNULL)
