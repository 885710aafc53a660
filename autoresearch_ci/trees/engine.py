"""A container engine asked over its socket: Docker's HTTP interface, which Podman has as well."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees.watcher import is_bereft

SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock")
LABEL = "autoresearch-session"
"""The label of all that a session makes."""

_VERSION = "/v1.40"
_PATIENCE = 60.0
_PULL = 600.0
_OWN = re.compile(
    r"/(?:overlay-)?containers/([0-9a-f]{64})/\S* /etc/(?:hostname|hosts|resolv\.conf) "
)


class RefusedError(Exception):
    """The engine's answer was no; `status` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_PATIENCE)
        self.sock.connect(self._path)


class Engine:
    """The engine behind a socket. Each question has a connection of its own."""

    def __init__(self, path: str) -> None:
        self.path = path

    def ask(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Return what the engine answers; RefusedError where it refuses, OSError without one."""
        connection = _Connection(self.path)
        try:
            words = {name: json.dumps(v) if isinstance(v, dict) else v for name, v in query.items()}
            data = None if body is None else json.dumps(body)
            connection.request(
                method,
                f"{_VERSION}{path}?{urlencode(words)}",
                data,
                {"Content-Type": "application/json"} if data else {},
            )
            answer = connection.getresponse()
            said = answer.read()
        except http.client.HTTPException as error:
            raise RefusedError(0, str(error)) from error
        finally:
            connection.close()
        found = json.loads(said) if said.startswith((b"{", b"[")) else None
        if answer.status >= http.client.BAD_REQUEST:
            message = found.get("message", "") if isinstance(found, dict) else ""
            raise RefusedError(answer.status, message or answer.reason)
        return found

    @contextmanager
    def attached(self, container: str) -> Iterator[socket.socket]:
        """A socket with what a container says, each piece behind a header of eight bytes."""
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(_PATIENCE)
            raw.connect(self.path)
            raw.sendall(
                f"POST {_VERSION}/containers/{container}/attach?stream=1&stdout=1&stderr=1 "
                "HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                if not (byte := raw.recv(1)):
                    raise RefusedError(0, "the engine hung up")
                head += byte
            if b" 101 " not in head.split(b"\r\n")[0] and b" 200 " not in head.split(b"\r\n")[0]:
                raise RefusedError(0, head.decode(errors="replace").splitlines()[0])
            yield raw

    def host_path(self, path: Path) -> str | None:
        """The same path as the engine sees it; None where it does not.

        Where we are in a container of its own, a folder is seen if it lies in one that is mounted.
        """
        own = _own_container()
        if own is None:
            return str(path)
        mounts = self.ask("GET", f"/containers/{own}/json")["Mounts"]
        for mount in sorted(mounts, key=lambda mount: -len(mount["Destination"])):
            if path.is_relative_to(mount["Destination"]) and mount.get("Source"):
                return str(Path(mount["Source"], path.relative_to(mount["Destination"])))
        return None

    def require(self, image: str) -> None:
        """Fetch an image that the engine does not have; RefusedError where it cannot."""
        name = image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"
        try:
            self.ask("GET", f"/images/{quote(name)}/json")
        except RefusedError as error:
            if error.status != http.client.NOT_FOUND:
                raise
            self._pull(name)

    def _pull(self, name: str) -> None:
        connection, until = _Connection(self.path), time.monotonic() + _PULL
        try:
            words = urlencode({"fromImage": name})
            connection.request("POST", f"{_VERSION}/images/create?{words}")
            answer = connection.getresponse()
            for line in answer:  # how far it is, and in the end perhaps why not
                said = json.loads(line) if line.startswith(b"{") else {}
                refused = answer.status >= http.client.BAD_REQUEST
                if problem := said.get("message" if refused else "error"):
                    raise RefusedError(answer.status, problem)
                if time.monotonic() > until:
                    raise RefusedError(0, f"it took more than {_PULL / 60:.0f} minutes")
        except http.client.HTTPException as error:
            raise RefusedError(0, str(error)) from error
        finally:
            connection.close()

    def sweep(self, session: str) -> None:
        """Remove what a session has left."""
        wanted = {"label": [f"{LABEL}={session}"]}
        with suppress(OSError, RefusedError):
            for container in self.ask("GET", "/containers/json", all=1, filters=wanted) or []:
                self.ask("DELETE", f"/containers/{container['Id']}", force=1, v=1)
            for volume in (self.ask("GET", "/volumes", filters=wanted) or {}).get("Volumes") or []:
                self.ask("DELETE", f"/volumes/{volume['Name']}", force=1)


def find() -> Engine | None:
    """The engine whose socket we may use; None without one."""
    for path in SOCKETS:
        if os.access(path, os.R_OK | os.W_OK):
            engine = Engine(path)
            try:
                engine.ask("GET", "/version")
            except (OSError, RefusedError):
                continue
            return engine
    return None


def trouble(doing: str, error: Exception) -> MachineError:
    """The error for an engine that does not do as it is asked."""
    return MachineError(
        f"The container engine could not {doing}: {error}.",
        remedy="Check `docker info` and the name of the `image`, or set `isolation` to another "
        "level.",
    )


def _own_container() -> str | None:
    try:
        found = _OWN.search(Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
    except OSError:
        return None
    return found[1] if found else None


def main() -> None:
    """Remove what a session has left with the engine, should it be killed: SOCKET SESSION."""
    if is_bereft():
        Engine(sys.argv[1]).sweep(sys.argv[2])


if __name__ == "__main__":
    main()
