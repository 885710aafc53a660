"""The fake GitHub refuses as GitHub does, or tests that build on it prove nothing."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tests.github.hub import WRITES_A_MINUTE, GitHub

TOKEN = "s3cret"


@pytest.fixture
def hub(tmp_path):
    with GitHub(tmp_path / "hub") as hub:
        hub.create("octo/lab", branches={"main": "a" * 40, "topic": "b" * 40})
        hub.tokens.add(TOKEN)
        yield hub


def ask(hub, line, body=None, token=TOKEN):
    """Status, headers and JSON of the answer to `GET /check-runs`, below the repository."""
    verb, path = line.split()
    request = urllib.request.Request(
        f"{hub.api_url}/repos/octo/lab{path.rstrip('/')}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {token}"},
        method=verb,
    )
    try:
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
            return answer.status, answer.headers, json.loads(content or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


def test_tokens_and_permissions(hub):
    """A wrong token is 401; a scope that is missing is 403 with GitHub's words, also to read."""
    hub.tokens.add("few", permissions={"metadata": "read", "checks": "read"})
    assert ask(hub, "GET /", token="wrong")[0] == 401
    assert ask(hub, "GET /", token="few")[0] == 200
    status, _, answer = ask(hub, "POST /check-runs", {"name": "n", "head_sha": "x"}, token="few")
    assert (status, answer["message"]) == (403, "Resource not accessible by integration")
    assert ask(hub, "GET /pulls", token="few")[0] == 403
    hub.repositories["octo/lab"].private = False
    assert ask(hub, "GET /pulls", token="few")[0] == 200


def test_comments_on_pulls_and_issues(hub):
    """Comments on a pull request take either of two scopes, those on an issue only their own."""
    lab = hub.repositories["octo/lab"]
    pull, issue = lab.pull(hub.user("mona"), "topic"), lab.issue(hub.user("mona"))
    hub.tokens.add("p", permissions={"pull-requests": "write"})
    hub.tokens.add("i", permissions={"issues": "write"})
    for token, number, status in (
        ("p", pull.number, 201),
        ("i", pull.number, 201),
        ("i", issue.number, 201),
        ("p", issue.number, 403),
    ):
        path = f"/issues/{number}/comments"
        assert ask(hub, f"POST {path}", {"body": "x"}, token=token)[0] == status


def test_too_much_is_refused(hub):
    """What is over a limit is 422, and exactly the limit is not."""
    lab = hub.repositories["octo/lab"]
    number = lab.issue(hub.user("mona")).number
    path = f"POST /issues/{number}/comments"
    assert ask(hub, path, {"body": "x" * 65_536})[0] == 201
    assert ask(hub, path, {"body": "x" * 65_537})[0] == 422
    check = {"name": "n", "head_sha": "b" * 40}
    remark = {
        "path": "f",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "notice",
        "message": "m",
    }
    output = {"title": "t", "summary": "s"}
    for change, status in (
        ({"output": output | {"annotations": [remark] * 50}}, 201),
        ({"output": output | {"annotations": [remark] * 51}}, 422),
        ({"output": output | {"text": "x" * 65_535}}, 201),
        ({"output": output | {"text": "é" * 40_000}}, 422),
        ({"output": {"title": "t"}}, 422),
        ({"status": "completed"}, 422),
    ):
        assert ask(hub, "POST /check-runs", check | change)[0] == status


def test_pages(hub):
    """Lists come in pages, with a link to the next one."""
    lab = hub.repositories["octo/lab"]
    issue = lab.issue(hub.user("mona"))
    for n in range(35):
        lab.comment(issue, hub.user("mona"), str(n))
    _, headers, first = ask(hub, "GET /issues/1/comments")
    assert len(first) == 30
    assert 'rel="next"' in headers["Link"]
    _, headers, second = ask(hub, "GET /issues/1/comments?page=2")
    assert [c["body"] for c in first + second] == [str(n) for n in range(35)]
    assert headers["Link"] is None


def test_the_primary_limit(hub):
    """The hour's requests are counted down in headers, refused at nought, and come back."""
    hub.limit(remaining=1, reset_in=0.5)
    status, headers, _ = ask(hub, "GET /")
    assert (status, headers["X-RateLimit-Remaining"]) == (200, "0")
    status, headers, answer = ask(hub, "GET /")
    assert status == 403
    assert "rate limit exceeded" in answer["message"]
    assert int(headers["X-RateLimit-Reset"]) <= time.time() + 1
    time.sleep(0.6)
    assert ask(hub, "GET /")[0] == 200


def test_the_secondary_limit(hub):
    """Too many writes in a minute are refused, and reading goes on."""
    hub.repositories["octo/lab"].issue(hub.user("mona"))
    statuses = [
        ask(hub, "POST /issues/1/comments", {"body": "x"})[0] for _ in range(WRITES_A_MINUTE + 2)
    ]
    assert statuses == [201] * WRITES_A_MINUTE + [403] * 2
    assert ask(hub, "GET /")[0] == 200


def test_faults_are_met_and_end(hub):
    """A fault meets what it was asked to meet, as often as it was asked to, after what may pass."""
    fault = hub.fault("GET", status=502, times=2, after=1)
    assert [ask_status(hub) for _ in range(5)] == [200, 502, 502, 200, 200]
    assert fault.met == 2
    hub.fault("GET", cut=True)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        ask(hub, "GET /")
    assert ask_status(hub) == 200


def ask_status(hub):
    try:
        return ask(hub, "GET /")[0]
    except json.JSONDecodeError:
        return 502


def test_a_pull_request_follows_its_branch(tmp_path, hub):
    """Where git is behind it, a pull request's head is what was pushed."""
    lab = hub.repositories["octo/lab"]
    pull = lab.pull(hub.user("mona"), "topic")
    assert ask(hub, f"GET /pulls/{pull.number}")[2]["head"]["sha"] == "b" * 40
    bare = hub.git.create("octo/lab")
    lab.branches.clear()
    (bare / "refs/heads/topic").write_text("c" * 40 + "\n")
    assert ask(hub, f"GET /pulls/{pull.number}")[2]["head"]["sha"] == "c" * 40


def test_git_and_the_api_are_one(tmp_path, hub):
    """A repository made from a checkout is cloned with the token that the API takes."""
    checkout = tmp_path / "checkout"
    me = ["-c", "user.name=u", "-c", "user.email=u@e"]
    subprocess.run(["git", "init", "-q", "-b", "main", checkout], check=True)
    commit = ["git", "-C", checkout, *me, "commit", "-q", "--allow-empty", "-m", "base"]
    subprocess.run(commit, check=True)
    real = hub.create("octo/real", source=checkout)
    url = hub.git.remote("octo/real").replace("http://", f"http://x-access-token:{TOKEN}@")
    subprocess.run(["git", "clone", "-q", url, str(tmp_path / "clone")], check=True)
    head = (checkout / ".git/refs/heads/main").read_text().strip()
    assert real.tip("main") == head
    assert hub.calls() == []
    assert hub.environment("octo/real")["GITHUB_SERVER_URL"] == hub.git.remote("x/y")[:-8]
