"""Where the repository is, and what is remarked on the lines that changed there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.action.repository import (
    GitHubRepository,
    base_branch,
    push_target,
    repository_of,
)
from autoresearch_ci.action.session_result import annotate
from tests.projects import git, make_project

PAYLOAD = {"repository": {"default_branch": "trunk"}}
LINES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=8)


@pytest.mark.parametrize(
    ("ref", "branch"), [("refs/heads/a/b", "a/b"), ("refs/tags/v1", ""), ("", "trunk")]
)
def test_the_branch(ref, branch):
    """It is the event's, the default one where the event has none, and unknown for a tag."""
    assert repository_of({"GITHUB_REF": ref} if ref else {}, PAYLOAD).branch == branch


@pytest.mark.parametrize("payload", [None, [], {"repository": 1}, {"repository": {}}])
def test_a_payload_that_says_nothing(payload):
    """Whatever the payload is, a runner that says nothing gives a site without anything."""
    assert repository_of({}, payload) == GitHubRepository()


def test_addresses():
    """An Enterprise Server's address is taken, and names of branches are quoted."""
    variables = {"GITHUB_SERVER_URL": "https://ghe.example/", "GITHUB_REPOSITORY": "o/r"}
    assert repository_of(variables, {}).file("logs/a b", "p.svg") == (
        "https://ghe.example/o/r/blob/logs/a%20b/p.svg?raw=true"
    )


def test_the_base_branch_of_a_detached_head(tmp_path):
    """A detached HEAD is the event's branch only where it is the event's commit."""
    project = make_project(tmp_path / "p")
    sha = git(project, "rev-parse", "HEAD")
    assert base_branch(project, GitHubRepository(sha=sha, branch="main")) is None, (
        "git knows it itself"
    )
    git(project, "checkout", "-q", "--detach")
    assert base_branch(project, GitHubRepository(sha=sha, branch="main")) == "main"
    assert base_branch(project, GitHubRepository(sha="f" * 40, branch="main")) is None


def test_no_push_without_a_token_or_a_remote(tmp_path):
    """A session is pushed to origin, with a token, and else not at all."""
    project = make_project(tmp_path / "p")
    assert push_target(project, "t0ken") is None
    git(project, "remote", "add", "origin", "https://github.example/o/r")
    assert push_target(project, "") is None
    assert push_target(project, "t0ken").token == "t0ken"


@given(LINES, LINES)
def test_remarks(before, after):
    """Every remark is on lines that the file has, and there is none where nothing changed."""
    found = annotate("f.py", "\n".join(before), "\n".join(after))
    assert bool(found) == (before != after)
    for each in found:
        assert 1 <= each.start_line <= each.end_line <= max(len(before), 1)
        assert each.message


def test_what_a_remark_says():
    """It shows what the campaign has in place of the lines, and no control characters."""
    [remark] = annotate("f.py", "a\nb\nc", "a\nB\x1b[2J\nc")
    assert (remark.start_line, remark.end_line) == (2, 2)
    assert remark.message.startswith("The campaign has here:\nB")
    assert "\x1b" not in remark.message


def test_the_address_of_the_run():
    """It is known where the runner says which server, repository and run it is."""
    variables = {"GITHUB_SERVER_URL": "https://ghe.example", "GITHUB_REPOSITORY": "o/r"}
    assert (
        repository_of({**variables, "GITHUB_RUN_ID": "7"}, {}).run
        == "https://ghe.example/o/r/actions/runs/7"
    )
    assert repository_of({**variables, "GITHUB_RUN_ID": "x/y"}, {}).run == ""
    assert repository_of({"GITHUB_RUN_ID": "7"}, {}).run == ""
