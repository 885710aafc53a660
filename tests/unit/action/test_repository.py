"""Where the repository is."""

from __future__ import annotations

import pytest

from autoresearch_ci.action.repository import (
    GitHubRepository,
    base_branch,
    push_target,
    repository_of,
)
from tests.projects import git, make_project

PAYLOAD = {"repository": {"default_branch": "trunk"}}


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


def test_the_address_of_the_run():
    """It is known where the runner says which server, repository and run it is."""
    variables = {"GITHUB_SERVER_URL": "https://ghe.example", "GITHUB_REPOSITORY": "o/r"}
    assert (
        repository_of({**variables, "GITHUB_RUN_ID": "7"}, {}).run
        == "https://ghe.example/o/r/actions/runs/7"
    )
    assert repository_of({**variables, "GITHUB_RUN_ID": "x/y"}, {}).run == ""
    assert repository_of({"GITHUB_RUN_ID": "7"}, {}).run == ""
