"""Stoplight Prism between a forge and the fake GitHub, holding both to GitHub's description.

    forge -> Tap -> Prism -> fake GitHub

Prism checks every request and every answer against the OpenAPI description of
api.github.com, and tells what violates it in a header of the answer. The tap
writes that down, since the forge does not look at it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from tests.github.site import Request, Response, Site

HERE = Path(__file__).parent
DESCRIPTION = HERE / "node_modules/@octokit/openapi/generated/api.github.com.json"
START_WITHIN = 300
_UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "E503")


def install() -> None:
    """What the lock file names; NOT RUN where there is no npm or no registry."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"NOT RUN: {program} is not installed")
    stamp, lock = HERE / "node_modules/.installed", HERE / "package-lock.json"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    done = subprocess.run(
        ["npm", "ci", "--silent"], cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode and any(code in done.stderr for code in _UNREACHABLE):
        pytest.skip(f"NOT RUN: no registry to install from: {done.stderr.strip()[:200]}")
    assert done.returncode == 0, done.stderr
    stamp.write_text(lock.read_text())


@dataclass(frozen=True)
class Violation:
    """`line` is the request, such as `POST /repos/octo/lab/check-runs`; `status` its answer's."""

    line: str
    status: int
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.line} -> {self.status}: {self.where}: {self.message}"


class Prism:
    """The proxy in front of `upstream`, an API's address. Close it, or use `with`."""

    def __init__(self, upstream: str, log: Path) -> None:
        self._log = log
        command = ["node", HERE / "node_modules/.bin/prism", "proxy", DESCRIPTION, upstream]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*map(str, command), "--host", "127.0.0.1", "--port", "0"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "NO_COLOR": "1"},
            )
        try:
            self.port = self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self) -> int:
        """Reading the whole description takes it a while."""
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            said = self._log.read_text(errors="replace")
            if found := re.search(r"listening on http://[^:\s]+:(\d+)", said):
                return int(found[1])
            assert self._process.poll() is None, said[-3000:]
            time.sleep(0.2)
        raise AssertionError(f"Prism did not start: {self._log.read_text()[-3000:]}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Tap:
    """A site that passes everything on to Prism, and GraphQL past it: it is not described."""

    def __init__(self, prism: Prism, hub_port: int) -> None:
        self._prism, self._hub = prism.port, hub_port
        self.violations: list[Violation] = []
        self.seen: list[tuple[str, int]] = []
        self.site = Site()
        self.site.mount("/", self._pass_on)

    @property
    def url(self) -> str:
        return self.site.url

    def _pass_on(self, request: Request) -> Response:
        path = "/" + request.path.lstrip("/") + ("?" if request.query else "") + request.query
        port = self._prism
        if path == "/graphql":
            port, path = self._hub, "/api/graphql"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {k: v for k, v in request.headers.items() if k not in ("host", "connection")}
        headers["accept-encoding"] = "identity"
        connection.request(request.method, path, request.body or None, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        line = f"{request.method} {path.partition('?')[0]}"
        self.seen.append((line, answer.status))
        for found in json.loads(answer.getheader("sl-violations") or "[]"):
            where = ".".join(map(str, found["location"]))
            self.violations.append(Violation(line, answer.status, where, found["message"]))
        kept = ("content-type", "retry-after", "link", "x-ratelimit-remaining", "x-ratelimit-reset")
        given = {name: answer.getheader(name) for name in kept if answer.getheader(name)}
        return Response(answer.status, given, body)
