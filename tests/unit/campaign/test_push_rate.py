"""How often a session pushes."""

from __future__ import annotations

import pytest

from autoresearch_ci.campaign import sync
from autoresearch_ci.campaign.sync import RemoteSync
from autoresearch_ci.core.model import Proposal
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.workspace import Target
from tests import racing_sessions
from tests.projects import SETTINGS, git, make_project


class Clock:
    now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Remote:
    """A remote that notes when it is pushed to, and may have somebody be faster."""

    def __init__(self, remote, clock, rejected):
        self.name, self.pushes = remote.name, []
        self._remote, self._clock, self._rejected = remote, clock, rejected
        self.fetch = remote.fetch

    def push(self, refs, *, patience):
        self.pushes.append(self._clock())
        if len(self.pushes) in self._rejected:
            return False
        return self._remote.push(refs, patience=patience)


@pytest.fixture
def repositories(tmp_path):
    """A clone, and a bare remote that writes down each push it takes."""
    source = make_project(tmp_path / "source", **{"target.txt": "echo metric: 10\n"})
    bare = tmp_path / "bare.git"
    git(source, "clone", "-q", "--bare", str(source), str(bare))
    hook = bare / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho push >> {bare}/pushes\n")
    hook.chmod(0o755)
    return racing_sessions.clone(bare, str(bare), tmp_path / "here"), bare


@pytest.mark.parametrize("rejected", [(), range(3, 40, 2)])
def test_at_most_six_pushes_in_any_minute(repositories, rejected, monkeypatch):
    """However quick the experiments are and whoever else pushes; and all is there at the end."""
    monkeypatch.setattr("autoresearch_ci.campaign.archive.INTERVAL", 0.0)
    here, bare = repositories
    clock = Clock()

    class Ideas:
        name = "ideas"
        made = 0

        def propose(self, source, _history):
            clock.now += 2.0
            self.made += 1
            text = f"echo metric: {10 + self.made}\n"
            files = source | {source.target: text}
            return Proposal(f"idea {self.made}", files, "ideas") if self.made <= 60 else None

    settings = {**SETTINGS, "tag": "race"}
    remotes = []

    def choose(remote, campaign, ledger, archive):
        remotes.append(Remote(remote, clock, rejected))
        return RemoteSync(remotes[0], campaign, ledger, archive, clock, clock.sleep)

    monkeypatch.setattr("autoresearch_ci.engine.lane_session.RemoteSync", choose)
    request = SessionRequest(here, settings, push=Target("origin"), proposer=Ideas())
    with open_session(request) as session:
        list(research(session))
    (remote,) = remotes
    for at in remote.pushes:
        assert sum(at <= other < at + 60 for other in remote.pushes) <= sync.A_MINUTE
    assert len(remote.pushes) >= 10
    taken = (bare / "pushes").read_text().splitlines()
    assert len(taken) == len(remote.pushes) - len(
        set(rejected) & set(range(len(remote.pushes) + 1))
    )
    for name in ("autoresearch/race", "autoresearch-logs/race"):
        assert git(bare, "rev-parse", name) == git(here, "rev-parse", name)
    assert racing_sessions.records(bare)[-1]["action"] == "session_end"
