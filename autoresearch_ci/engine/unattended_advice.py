"""Failures for want of what somebody at a terminal has: an answer, containers, variables. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from shlex import quote

from autoresearch_ci.core.environment import looks_secret

_ASKS = re.compile(
    r"EOFError|EOF when reading|EOF on stdin|Inappropriate ioctl|/dev/tty|(?:not|isn't) (?:to )?a "
    r"(?:tty|terminal)\b|no tty present|non-interactive|noninteractive|ERR_USE_AFTER_CLOSE"
    r"|cannot prompt|requires an interactive|must be run interactively",
    re.IGNORECASE,
)
_READS = re.compile(r"(?:^|[;&]|\bthen|\bdo)\s*read\b(?! [^;&|]*<)")
_CONTAINERS = re.compile(
    r"(?:connect to|trying to connect to|is) the docker (?:daemon|api)|docker\.sock|docker_engine"
    r"|connect to podman|podman\.sock|containerd\.sock",
    re.IGNORECASE,
)
_STARTED = re.compile(
    r"\b(?:docker|podman)\s+run\s+((?:(?:-[veupw]|--(?:name|env|volume|workdir|user|entrypoint|"
    r"memory|cpus|network|platform|mount|gpus)) \S+ +|-\S+ +)*)([\w./:@-]+)"
)
_EXPANDED = re.compile(r"\$\{?([A-Za-z_]\w*)")
_MISSED = re.compile(
    r"KeyError: ['\"](\w+)['\"]|\b([A-Z][A-Z0-9_]{2,})\b['\"`]?:? (?:\w+ ){0,3}(?:not (?:be )?"
    r"(?:set|defined|found|provided)|unset|missing|unbound|undefined|required|empty|must be set)"
    r"|(?:set|missing|require\w*|undefined|unset|variable|env(?:ironment)?(?: var\w*)?)[: ]+"
    r"['\"`$]*([A-Z][A-Z0-9_]{2,})\b"
)


def advice(said: str, shell: str, given: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Tell what a failed command lacked, and how to do without; nothing where it is not known.

    `said` is the end of what it printed, `shell` the command, `given` its environment, and
    `ours` the one that this program has.
    """
    if _CONTAINERS.search(said) or (_ASKS.search(said) and _STARTED.search(shell)):
        return _containers(shell)
    if _ASKS.search(said) or (not said.strip() and _READS.search(shell)):
        return (
            "Runs have no terminal and no input, and there is nobody to answer. Give the answer in "
            "the command (an option such as --yes, or `echo y | ...`), and leave out what wants a "
            "terminal."
        )
    missed = [name for name in _variables(said, shell) if name in ours and name not in given]
    return _variable(missed[0], ours[missed[0]]) if missed else ""


def _variables(said: str, shell: str) -> Iterator[str]:
    """The variables that the output says are missing, then those that the command expands."""
    for names in _MISSED.findall(said):
        yield from filter(None, names)
    yield from _EXPANDED.findall(shell)


def _variable(name: str, value: str) -> str:
    if looks_secret(name, value):
        return (
            f"{name} is set here and looks like a credential: no experiment is given one. Fetch "
            "what needs it before the session, or have the command do without."
        )
    return f"{name} is set here and not handed to runs. Set `env: {name}` to hand it on."


def _containers(shell: str) -> str:
    started = _STARTED.search(shell)
    image = f"`image: {quote(started[2])}`" if started else "`image`"
    return (
        "Runs reach no engine of containers, since whoever does has the whole machine. Have the "
        f"runs themselves in a container: set {image} and `isolation: container`, and let the "
        "command be what is to run inside."
    )
