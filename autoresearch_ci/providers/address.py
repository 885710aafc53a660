"""The address of a server, from what a user wrote as `base_url`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from autoresearch_ci.core.errors import SettingsError

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_NEARBY = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Address:
    """The `url` that requests go to, and its `host`, which is all that messages show of it.

    `loopback` where the host is this machine.
    """

    url: str
    host: str
    loopback: bool


def address(base_url: str, path: str, *, keyed: bool) -> Address:
    """The address of `path` below `base_url`, which may have the path's beginning already.

    A query (`?api-version=...`) stays. Raises SettingsError for what is no such URL, and for
    one over which a key would travel readable by others.
    """
    parts = _split(base_url)
    host = (parts.hostname or "").lower()
    loopback = _is_loopback(host)
    if parts.scheme == "http" and keyed and not (loopback or _is_nearby(host)):
        raise SettingsError(
            f"`base_url` begins with http:// and {host} is another machine on the internet: "
            "everybody on the way could read the API key.",
            remedy="Write https://, or unset the key where the server needs none.",
        )
    joined = _join(parts.path.rstrip("/"), path)
    return Address(
        urlunsplit((parts.scheme, parts.netloc, joined, parts.query, "")), host, loopback
    )


def _split(base_url: str) -> SplitResult:
    remedy = "Write an address such as https://api.example.com/v1 or http://localhost:11434/v1."
    if not all("!" <= character <= "~" for character in base_url):
        raise SettingsError("`base_url` has a space or a character no URL has.", remedy=remedy)
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        valid = parts.scheme in {"http", "https"} and parts.port != 0
        valid = valid and bool(":" in host or _NAME.fullmatch(host))
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError("`base_url` is not the address of a server.", remedy=remedy)
    if "@" in parts.netloc:
        raise SettingsError(
            "`base_url` has a user name or a password in it.",
            remedy="Take it out; a key is given by an environment variable.",
        )
    if parts.fragment:
        raise SettingsError("`base_url` has a `#` in it.", remedy=remedy)
    return parts


def _join(base: str, path: str) -> str:
    """`base` + `path`, without saying twice what the one ends and the other begins with."""
    steps = path.split("/")
    for shared in range(len(steps), 0, -1):
        if f"{base}/".endswith("/" + "/".join(steps[:shared]) + "/"):
            return "/".join([base, *steps[shared:]])
    return f"{base}/{path}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_nearby(host: str) -> bool:
    """True for the network at hand: a private address, or a name without a domain."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_NEARBY)
