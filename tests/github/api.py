"""The REST endpoints of the fake GitHub, as far as this project uses them.

Each is a row of `ROUTES`: method, path, the permissions of which one is enough, and
what answers. Refusals have GitHub's status, words and headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.github.shapes import Shapes
from tests.github.state import CheckRun, Issue, Pull, Repository, User, next_id, now
from tests.github.tokens import Token

if TYPE_CHECKING:
    from tests.github.hub import GitHub

ROLES = {"none": "none", "read": "read", "triage": "read"} | {
    role: role for role in ("write", "admin")
}
ROLES["maintain"] = "write"
FACES = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
BODY_LIMIT = 65_536
OUTPUT_LIMIT = 65_535


class RefusedError(Exception):
    """An answer that says no."""

    def __init__(self, status: int, message: str, *errors: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)


@dataclass
class Call:
    """One authenticated request to an endpoint of one repository."""

    hub: GitHub
    repository: Repository
    token: Token
    words: dict[str, str]
    query: dict[str, str]
    input: dict[str, Any]

    @property
    def shapes(self) -> Shapes:
        return self.hub.shapes

    @property
    def me(self) -> User:
        return self.hub.user(self.token.login, type="Bot")

    def issue(self) -> Issue:
        issue = self.repository.issues.get(int(self.words["number"]))
        if issue is None:
            raise RefusedError(404, "Not Found")
        return issue

    def text(self, key: str, limit: int = BODY_LIMIT, *, required: bool = False) -> str:
        value = self.input.get(key, "")
        if not isinstance(value, str) or (required and not value):
            raise RefusedError(422, f'Invalid request.\n\n"{key}" wasn\'t supplied.')
        if len(value) > limit:
            message = f"{key} is too long (maximum is {limit} characters)"
            raise RefusedError(422, "Validation Failed", {"code": "custom", "message": message})
        return value


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


def _repository(call: Call) -> Answer:
    return 200, call.shapes.repository(call.repository)


def _permission(call: Call) -> Answer:
    login = call.words["login"]
    user = call.hub.users.get(login.lower())
    if user is None:
        raise RefusedError(404, f"{login} is not a user")
    role = call.repository.roles.get(user.login, "none" if call.repository.private else "read")
    permission = ROLES.get(role) or call.repository.permissions[role]
    return 200, call.shapes.permission(user, permission, role)


def _comments(call: Call) -> Answer:
    thread = call.repository.thread(call.issue())
    shaped = [call.shapes.comment(call.repository, comment) for comment in thread]
    return _paged(call, shaped, f"issues/{call.words['number']}/comments")


def _paged(call: Call, items: list[Any], path: str) -> Answer:
    size, page = int(call.query.get("per_page", 30)), int(call.query.get("page", 1))
    headers = {}
    if page * size < len(items):
        url = f"{call.shapes.api_url}/repos/{call.repository.full_name}/{path}"
        headers["Link"] = f'<{url}?per_page={size}&page={page + 1}>; rel="next"'
    return 200, items[(page - 1) * size : page * size], headers


def _add_comment(call: Call) -> Answer:
    body = call.text("body", required=True)
    comment = call.repository.comment(call.issue(), call.me, body)
    return 201, call.shapes.comment(call.repository, comment)


def _edit_comment(call: Call) -> Answer:
    comment = call.repository.comments.get(int(call.words["comment"]))
    if comment is None:
        raise RefusedError(404, "Not Found")
    comment.body = call.text("body", required=True)
    comment.updated, comment.edits = now(), comment.edits + 1
    return 200, call.shapes.comment(call.repository, comment)


def _react(call: Call) -> Answer:
    comment = call.repository.comments.get(int(call.words["comment"]))
    if comment is None:
        raise RefusedError(404, "Not Found")
    content = call.input.get("content")
    if content not in FACES:
        raise RefusedError(422, "Validation Failed")
    given = (content, call.me)
    known = given in comment.reactions
    if not known:
        comment.reactions.append(given)
    return 200 if known else 201, call.shapes.reaction(next_id(), *given)


def _add_check(call: Call) -> Answer:
    name = call.text("name", required=True)
    check = CheckRun(call.text("head_sha", required=True), name)
    _save_check(call, check)
    call.repository.checks[check.id] = check
    return 201, call.shapes.check_run(call.repository, check)


def _checks(call: Call) -> Answer:
    found = [
        call.shapes.check_run(call.repository, check)
        for check in call.repository.checks.values()
        if check.head_sha == call.words["sha"]
        and check.name == call.query.get("check_name", check.name)
        and check.status == call.query.get("status", check.status)
    ]
    return 200, {"total_count": len(found), "check_runs": found}


def _edit_check(call: Call) -> Answer:
    check = call.repository.checks.get(int(call.words["check"]))
    if check is None:
        raise RefusedError(404, "Not Found")
    _save_check(call, check)
    return 200, call.shapes.check_run(call.repository, check)


def _save_check(call: Call, check: CheckRun) -> None:
    given = dict(call.input)
    output = dict(given.pop("output", {}))
    annotations = output.pop("annotations", [])
    if len(annotations) > 50:
        raise RefusedError(
            422, "Invalid request.\n\nNo more than 50 items are allowed; too many given."
        )
    for key in ("summary", "text"):
        if len(output.get(key, "").encode()) > OUTPUT_LIMIT:
            raise RefusedError(
                422, f"Invalid request.\n\nOnly 65535 characters are allowed for {key}."
            )
    if output and not {"title", "summary"} <= output.keys():
        raise RefusedError(422, 'Invalid request.\n\n"title", "summary" weren\'t supplied.')
    if given.get("status") == "completed" and "conclusion" not in given:
        raise RefusedError(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
    for annotation in annotations:
        if not {"path", "start_line", "end_line", "annotation_level", "message"} <= set(annotation):
            raise RefusedError(422, "Invalid request.\n\nFor 'anyOf/1', an annotation lacks a key.")
    check.saved |= given
    check.output |= output
    check.annotations += annotations
    check.requests += 1


def _pull(call: Call) -> Answer:
    pull = call.issue()
    if not isinstance(pull, Pull):
        raise RefusedError(404, "Not Found")
    return 200, call.shapes.pull(call.repository, pull)


def _pulls(call: Call) -> Answer:
    state, head = call.query.get("state", "open"), call.query.get("head", "")
    found = [
        call.shapes.pull_of_list(call.repository, pull)
        for pull in reversed(call.repository.pulls)
        if state in (pull.state, "all")
        and (not head or (pull.head and head == f"{pull.head.owner.login}:{pull.branch}"))
    ]
    return _paged(call, found, "pulls")


def _open_pull(call: Call) -> Answer:
    repository, branch = call.repository, call.text("head").partition(":")[2] or call.text("head")
    if not repository.actions_may_open_pulls and call.me.type == "Bot":
        raise RefusedError(
            403, "GitHub Actions is not permitted to create or approve pull requests."
        )
    base = call.text("base", required=True)
    for field, name in (("head", branch), ("base", base)):
        if repository.tip(name) is None:
            error = {"resource": "PullRequest", "field": field, "code": "invalid"}
            raise RefusedError(422, "Validation Failed", error)
    message = ""
    if repository.tip(branch) == repository.tip(base):
        message = f"No commits between {base} and {branch}"
    if any(
        (pull.head, pull.branch, pull.base, pull.state) == (repository, branch, base, "open")
        for pull in repository.pulls
    ):
        message = f"A pull request already exists for {repository.owner.login}:{branch}."
    if call.input.get("draft") and not repository.drafts:
        message = "Draft pull requests are not supported in this repository."
        raise RefusedError(422, message)
    if message:
        error = {"resource": "PullRequest", "code": "custom", "message": message}
        raise RefusedError(422, "Validation Failed", error)
    pull = repository.pull(
        call.me,
        branch,
        title=call.text("title", 256, required=True),
        body=call.text("body"),
        base=base,
        draft=bool(call.input.get("draft")),
    )
    return 201, call.shapes.pull(repository, pull)


def _edit_pull(call: Call) -> Answer:
    pull = call.issue()
    if not isinstance(pull, Pull):
        raise RefusedError(404, "Not Found")
    pull.title = call.text("title", 256) or pull.title
    pull.body = call.text("body") if "body" in call.input else pull.body
    return 200, call.shapes.pull(call.repository, pull)


def _dispatch(call: Call) -> Answer:
    event = call.text("event_type", 100, required=True)
    if len(call.input.get("client_payload", {})) > 10:
        raise RefusedError(422, "Invalid request.\n\nNo more than 10 properties are allowed.")
    call.repository.dispatches.append({**call.input, "event": event})
    return 204, None


def _dispatch_workflow(call: Call) -> Answer:
    workflow, ref = call.words["workflow"], call.text("ref", required=True)
    if workflow not in call.repository.workflows:
        raise RefusedError(404, "Not Found")
    if call.repository.tip(ref) is None:
        raise RefusedError(422, f"No ref found for: {ref}")
    if len(call.input.get("inputs", {})) > 25:
        raise RefusedError(422, "Invalid request.\n\nNo more than 25 properties are allowed.")
    call.repository.dispatches.append({**call.input, "workflow": workflow})
    return 204, None


_THREAD = ("issues", "pull-requests")
_ROUTES: list[tuple[str, str, tuple[str, ...], Callable[[Call], Answer]]] = [
    ("GET", "", ("metadata",), _repository),
    ("GET", "/collaborators/(?P<login>[^/]+)/permission", ("metadata",), _permission),
    ("GET", r"/issues/(?P<number>\d+)/comments", _THREAD, _comments),
    ("POST", r"/issues/(?P<number>\d+)/comments", _THREAD, _add_comment),
    ("PATCH", r"/issues/comments/(?P<comment>\d+)", _THREAD, _edit_comment),
    ("POST", r"/issues/comments/(?P<comment>\d+)/reactions", _THREAD, _react),
    ("GET", r"/commits/(?P<sha>[0-9a-f]{40})/check-runs", ("checks",), _checks),
    ("POST", "/check-runs", ("checks",), _add_check),
    ("PATCH", r"/check-runs/(?P<check>\d+)", ("checks",), _edit_check),
    ("GET", "/pulls", ("pull-requests",), _pulls),
    ("POST", "/pulls", ("pull-requests",), _open_pull),
    ("GET", r"/pulls/(?P<number>\d+)", ("pull-requests",), _pull),
    ("PATCH", r"/pulls/(?P<number>\d+)", ("pull-requests",), _edit_pull),
    ("POST", "/dispatches", ("contents",), _dispatch),
    ("POST", "/actions/workflows/(?P<workflow>[^/]+)/dispatches", ("actions",), _dispatch_workflow),
]
ROUTES = [(verb, re.compile(path), scopes, answer) for verb, path, scopes, answer in _ROUTES]


def answer(
    hub: GitHub,
    token: Token,
    method: str,
    rest: str,
    repository: Repository,
    query: str,
    body: dict[str, Any],
) -> Answer:
    """What an endpoint of `repository` answers; `rest` is the path after its name."""
    for verb, path, scopes, act in ROUTES:
        found = path.fullmatch(rest)
        if found is None or verb != method:
            continue
        call = Call(hub, repository, token, found.groupdict(), dict(parse_qsl(query)), body)
        level = "read" if verb == "GET" else "write"
        open_to_all = verb == "GET" and not repository.private
        if not open_to_all and not any(token.may(scope, level) for scope in _of(call, scopes)):
            raise RefusedError(403, "Resource not accessible by integration")
        return act(call)
    raise RefusedError(404, "Not Found")


def _of(call: Call, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """`issues` covers the comments of issues; those of pull requests take either."""
    if scopes != _THREAD:
        return scopes
    number = call.words.get("number")
    if number is None:
        comment = call.repository.comments.get(int(call.words["comment"]))
        number = None if comment is None else str(comment.issue)
    issue = call.repository.issues.get(int(number)) if number else None
    return scopes if issue is None or issue.is_pull else ("issues",)
