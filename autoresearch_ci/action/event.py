"""The trigger of a job: an event's name and payload become a `Trigger`, or nothing.

Pure, and total: whatever the payload is, the answer is one of the three. All of it
comes from outside, so it is bounded and checked here. Who may command is not: that
is a question for the forge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from autoresearch_ci.action.command_syntax import COMMAND, Command, Misunderstood, parse, quoted
from autoresearch_ci.forge import MARK, Thread

LONGEST_INPUT = 4096
MOST_INPUTS = 25
SESSIONS = ("schedule", "workflow_dispatch", "repository_dispatch", "workflow_call", "push")
OUR_BRANCHES = ("autoresearch/", "autoresearch-logs/")

_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?")


@dataclass(frozen=True, slots=True)
class SessionTrigger:
    """A session was asked for by an event that only people with write permission can cause.

    `inputs` are those of a dispatch, as text.
    """

    event: str
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandTrigger:
    """Somebody wrote a command. Whether `author` may is still to be asked."""

    command: Command | Misunderstood
    author: str
    comment: int
    thread: Thread


@dataclass(frozen=True, slots=True)
class Versions:
    """Two commits to be compared; `thread` is the pull request, None for a push."""

    base: str
    head: str
    thread: Thread | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do; `why` is one line."""

    why: str


Trigger = SessionTrigger | CommandTrigger | Nothing


class _Malformed(ValueError):  # noqa: N818 - it never leaves this file
    """The payload is not what GitHub sends."""


def trigger(event: str, payload: object) -> Trigger:
    """Read what the event `GITHUB_EVENT_NAME` with this payload asks for."""
    try:
        if event in SESSIONS:
            return _session(event, _mapping(payload, "payload"))
        if event == "issue_comment":
            return _comment(_mapping(payload, "payload"))
    except _Malformed as fault:
        return Nothing(f"The payload of this {quoted(event)} event is malformed: {fault}.")
    return Nothing(f"The event {quoted(event)} starts nothing.")


def versions(event: str, payload: object) -> Versions | Nothing:
    """Read the two versions that a pull request or a push is about."""
    try:
        found = _mapping(payload, "payload")
        if event == "pull_request":
            pull = _mapping(found.get("pull_request"), "pull_request")
            base, head = (_mapping(pull.get(each), each).get("sha") for each in ("base", "head"))
            thread = Thread(_number(pull.get("number"), "pull_request.number"), is_pull=True)
            return Versions(_sha(base, "base.sha"), _sha(head, "head.sha"), thread)
        if event == "push":
            if why := _why_no_push(found):
                return Nothing(why)
            base, head = _sha(found.get("before"), "before"), _sha(found.get("after"), "after")
            if not base.strip("0"):
                return Nothing("This push made a branch: there is nothing to compare it with.")
            return Versions(base, head)
    except _Malformed as fault:
        return Nothing(f"The payload of this {quoted(event)} event is malformed: {fault}.")
    return Nothing(
        f"The event {quoted(event)} has no two versions: compare takes pull_request or push."
    )


def _session(event: str, payload: Mapping[str, object]) -> Trigger:
    if event == "push" and (why := _why_no_push(payload)):
        return Nothing(why)
    key = {"workflow_dispatch": "inputs", "repository_dispatch": "client_payload"}.get(event)
    given = payload.get(key) if key else None
    return SessionTrigger(event, _inputs(given, str(key)) if given is not None else {})


def _why_no_push(payload: Mapping[str, object]) -> str:
    ref = payload.get("ref")
    if not isinstance(ref, str):
        raise _Malformed("`ref` is no text")
    branch = ref.removeprefix("refs/heads/")
    if branch == ref:
        return "This push is of a tag."
    if branch.startswith(OUR_BRANCHES):
        return "This push is one of ours."
    return "This push deleted a branch." if payload.get("deleted") is True else ""


def _inputs(given: object, where: str) -> dict[str, str]:
    """Read names and values that are one value each; what is nested is for somebody else."""
    inputs = {}
    for name, value in _mapping(given, where).items():
        if value is None or isinstance(value, dict | list):
            continue
        text = ("false", "true")[value] if isinstance(value, bool) else str(value)
        if not _INPUT.fullmatch(name):
            raise _Malformed(f"{quoted(name)} in `{where}` is no name")
        if len(text) > LONGEST_INPUT:
            raise _Malformed(f"{quoted(name)} has over {LONGEST_INPUT} characters")
        inputs[name] = text
    if len(inputs) > MOST_INPUTS:
        raise _Malformed(f"`{where}` has over {MOST_INPUTS} values")
    return inputs


def _comment(payload: Mapping[str, object]) -> Trigger:
    if payload.get("action") != "created":
        return Nothing("Only a new comment can be a command.")
    comment = _mapping(payload.get("comment"), "comment")
    body = comment.get("body")
    if not isinstance(body, str):
        raise _Malformed("`comment.body` is no text")
    line = re.split(r"[\r\n]", body, maxsplit=1)[0].rstrip()
    if line.split(maxsplit=1)[:1] != [COMMAND] or not line.startswith(COMMAND):
        return Nothing("The comment's first line is no command.")
    if MARK in body:
        return Nothing("The comment is one of ours.")
    author = _mapping(comment.get("user"), "comment.user")
    login = author.get("login")
    if not isinstance(login, str) or not _LOGIN.fullmatch(login):
        raise _Malformed("`comment.user.login` is no login")
    by_app = comment.get("performed_via_github_app") is not None
    if author.get("type") != "User" or login.endswith("[bot]") or by_app:
        return Nothing("The comment is not by a person.")
    issue = _mapping(payload.get("issue"), "issue")
    return CommandTrigger(
        command=parse(line),
        author=login,
        comment=_number(comment.get("id"), "comment.id"),
        thread=Thread(
            number=_number(issue.get("number"), "issue.number"),
            is_pull=issue.get("pull_request") is not None,
        ),
    )


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _Malformed(f"`{name}` is no object")
    return value


def _sha(value: object, name: str) -> str:
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise _Malformed(f"`{name}` is no commit")
    return value


def _number(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _Malformed(f"`{name}` is no number")
    return value
