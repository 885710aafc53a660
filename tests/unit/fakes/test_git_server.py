"""The git server of the tests behaves as GitHub's, or tests that build on it prove nothing."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import pytest

from tests.github.git_server import GitServer

TOKEN = "s3cret-token"


class Checkout:
    """A clone whose git sends the token in a header, given by the environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str, token: str | None = TOKEN) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        if token is not None:
            basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
            environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "http.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: basic {basic}",
            }
        return subprocess.run(
            ["git", "-C", str(self.folder), *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def commit(self, path: str, text: str) -> str:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        self.git("add", "-A")
        done = self.git("-c", "user.name=u", "-c", "user.email=u@e", "commit", "-qm", path)
        assert done.returncode == 0, done.stderr
        return self.git("rev-parse", "HEAD").stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "checkout"
    folder.mkdir()
    checkout = Checkout(folder)
    checkout.git("init", "-q", "-b", "main")
    checkout.commit("train.py", "lr = 1\n")
    return checkout


@pytest.fixture
def server(tmp_path: Path, checkout: Checkout):
    with GitServer(tmp_path / "git") as server:
        server.tokens.add(TOKEN)
        server.create("octo/lab", source=checkout.folder)
        checkout.git("remote", "add", "origin", server.remote("octo/lab"))
        yield server


def tip(server: GitServer, branch: str) -> str:
    bare = server.folder / "octo/lab.git"
    done = subprocess.run(
        ["git", "-C", bare, "rev-parse", "-q", "--verify", branch],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_fetch_and_push(server, checkout):
    """With the token in a header, fetch and an atomic push of two branches work."""
    head = checkout.commit("train.py", "lr = 2\n")
    assert checkout.git("fetch", "-q", "origin").returncode == 0
    pushed = checkout.git("push", "--atomic", "origin", "main:main", "main:autoresearch/x")
    assert pushed.returncode == 0, pushed.stderr
    assert tip(server, "main") == tip(server, "autoresearch/x") == head
    assert not [line for line in server.site.lines() if TOKEN in line]


def test_large_push(server, checkout):
    """A push beyond git's post buffer, sent in chunks, arrives whole."""
    head = checkout.commit("data.bin", os.urandom(2 * 1024 * 1024).hex())
    assert checkout.git("push", "-q", "origin", "main").returncode == 0
    assert tip(server, "main") == head


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (None, "could not read Username"),
        ("wrong", "could not read Username"),
        ("reader", "Permission to octo/lab.git denied to github-actions[bot]"),
        ("nothing", "Write access to repository not granted"),
    ],
)
def test_the_token_is_checked(server, checkout, token, says):
    """Without a token, with a wrong one and with one that may not push, nothing is pushed."""
    server.tokens.add("reader", permissions={"contents": "read"})
    server.tokens.add("nothing", permissions={})
    before = tip(server, "main")
    checkout.commit("train.py", "lr = 2\n")
    pushed = checkout.git("push", "origin", "main", token=token)
    assert pushed.returncode != 0
    assert says in pushed.stderr
    assert tip(server, "main") == before


def test_reading(server, checkout):
    """A reader fetches; a public repository is fetched by anybody; a missing one is not found."""
    server.tokens.add("reader", permissions={"contents": "read"})
    server.create("octo/open", source=checkout.folder, public=True)
    assert checkout.git("ls-remote", "origin", token="reader").returncode == 0
    assert checkout.git("ls-remote", server.remote("octo/open"), token=None).returncode == 0
    assert checkout.git("ls-remote", "origin", token=None).returncode != 0
    missing = checkout.git("ls-remote", server.remote("octo/none"))
    assert "not found" in missing.stderr


def test_token_expires(server, checkout):
    """A token that has expired is refused from then on."""
    server.tokens.add("short", good_for=2)
    assert checkout.git("ls-remote", "origin", token="short").returncode == 0  # two requests
    refused = checkout.git("ls-remote", "origin", token="short")
    assert refused.returncode != 0


def test_declined_pushes(server, checkout):
    """A hook declines the pushes asked for, all refs of an atomic one, and then no more."""
    fault = server.decline_pushes("the disk is full", times=1)
    checkout.commit("train.py", "lr = 2\n")
    first = checkout.git("push", "--atomic", "origin", "main", "main:other")
    assert "the disk is full" in first.stderr
    assert "[remote rejected]" in first.stderr
    assert tip(server, "other") == ""
    assert checkout.git("push", "-q", "origin", "main").returncode == 0
    assert fault.met == 1


def test_workflows_cannot_be_pushed(server, checkout):
    """A push that changes a workflow is declined, on a new branch too; one that has it already is not."""
    checkout.commit(".github/workflows/ci.yml", "on: push\n")
    refused = checkout.git("push", "origin", "main:new")
    assert "without `workflows` permission" in refused.stderr
    server.tokens.add("app", permissions={"contents": "write", "workflows": "write"})
    assert checkout.git("push", "-q", "origin", "main", token="app").returncode == 0
    checkout.commit("train.py", "lr = 3\n")
    assert checkout.git("push", "-q", "origin", "main:new").returncode == 0


def test_race(server, checkout, tmp_path):
    """Somebody who pushes between our look and our push makes ours a rejected one."""
    other = Checkout(tmp_path / "other")
    checkout.git("clone", "-q", server.remote("octo/lab"), str(other.folder))
    theirs = other.commit("train.py", "lr = 7\n")
    server.before_push(lambda: other.git("push", "-q", "origin", "main"))
    checkout.commit("train.py", "lr = 2\n")
    pushed = checkout.git("push", "origin", "main")
    assert pushed.returncode != 0
    assert "rejected" in pushed.stderr
    assert tip(server, "main") == theirs


def test_down_and_back(server, checkout):
    """While it is down nothing works; a lost answer leaves the push done; then it is back."""
    down = server.down()
    assert checkout.git("ls-remote", "origin").returncode != 0
    down.times = 0
    server.down(status=503, times=1)
    assert "503" in checkout.git("ls-remote", "origin").stderr
    server.lose_answer()
    head = checkout.commit("train.py", "lr = 2\n")
    assert checkout.git("push", "-q", "origin", "main").returncode != 0
    assert tip(server, "main") == head
    assert checkout.git("push", "-q", "origin", "main").returncode == 0
