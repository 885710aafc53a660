"""A GitHub on this machine with one repository, and forges that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoresearch_ci.forge.github import GitHubForge
from autoresearch_ci.forge.github.rate_limit import Manners
from tests.github.hub import GitHub
from tests.github.state import Repository, User

TOKEN = "ghs_0123456789secret"
QUICK = Manners(between_writes=0.0, answer_within=5, backoff=0.02, wait_at_most=2.5)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    with GitHub(tmp_path / "hub") as hub:
        hub.tokens.add(TOKEN)
        yield hub


@pytest.fixture
def lab(hub: GitHub) -> Repository:
    return hub.create("octo/lab", branches={"main": "a" * 40, "topic": "b" * 40})


@pytest.fixture
def mona(hub: GitHub, lab: Repository) -> User:
    """Somebody who may write."""
    lab.roles["mona"] = "write"
    return hub.user("mona")


Connect = Callable[..., GitHubForge]


@pytest.fixture
def connect(hub: GitHub, lab: Repository) -> Iterator[Connect]:
    """Makes a forge: of the workflow's token, with everything allowed, in no hurry to wait."""
    forges = []

    def connect(token: str = TOKEN, manners: Manners = QUICK, **permissions: str) -> GitHubForge:
        if permissions:
            token = f"{token}-of-few"
            scopes = {name.replace("_", "-"): level for name, level in permissions.items()}
            hub.tokens.add(token, permissions={"metadata": "read"} | scopes)
        forges.append(GitHubForge(hub.api_url, lab.full_name, token, manners))
        return forges[-1]

    yield connect
    for forge in forges:
        forge.close()


@pytest.fixture
def forge(connect: Connect) -> GitHubForge:
    return connect()
