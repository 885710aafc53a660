"""Campaigns that are shared, over real git and real HTTP."""

from __future__ import annotations

import pytest

from tests import racing
from tests.github.git_server import GitServer

TOKEN = "s3cret-token"


@pytest.fixture
def server(tmp_path):
    with GitServer(tmp_path / "git") as server:
        server.tokens.add(TOKEN)
        yield server


def race(server, tmp_path, count):
    source = racing.make_project(tmp_path / "source")
    bare = server.create("octo/lab", source=source)
    url = server.remote("octo/lab")
    sides = [
        racing.start(racing.clone(bare, url, tmp_path / side), side, count, TOKEN)
        for side in ("left", "right")
    ]
    said = [side.communicate()[0] for side in sides]
    for side, text in zip(sides, said, strict=True):
        assert side.returncode == 0, text[-3000:]
    return bare, racing.check(bare, count), said


def test_two_sessions_that_race_for_a_campaign_both_have_everything_in_it(server, tmp_path):
    """Every experiment of both once, no number twice, and the branch is the last keep."""
    _, done, said = race(server, tmp_path, 12)
    assert any(d["reason"] == "superseded" for d in done)
    assert any("is tried again" in text for text in said)
