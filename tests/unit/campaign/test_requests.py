"""Requests to a session at work, from beside it and from another machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.campaign.ledger import dumps
from autoresearch_ci.campaign.requests import campaign_meant, leave_local, push_request, received
from autoresearch_ci.cli import main
from autoresearch_ci.core.errors import LedgerError, WorkspaceError
from autoresearch_ci.core.model import (
    Experiment,
    IdeaRequest,
    IncumbentMeasured,
    Note,
    Proposal,
    SessionEnd,
    StopRequest,
)
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.workspace import Target, Workspace
from tests import racing_sessions
from tests.github.git_server import GitServer
from tests.projects import git, look, make_project

TOKEN = "s3cret-token"
LATER = "2999-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def archived_at_once(monkeypatch):
    """These experiments are quick, and every one of them is to be pushed."""
    monkeypatch.setattr("autoresearch_ci.campaign.archive.INTERVAL", 0.0)
    monkeypatch.setattr("autoresearch_ci.campaign.sync.A_MINUTE", 10**6)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


@pytest.fixture
def server(tmp_path, project):
    with GitServer(tmp_path / "git") as server:
        server.tokens.add(TOKEN)
        server.create("octo/lab", source=project)
        yield server


@pytest.fixture
def bare(server):
    return server.folder / "octo/lab.git"


@pytest.fixture
def clone(server, bare, tmp_path):
    return lambda name: racing_sessions.clone(bare, server.remote("octo/lab"), tmp_path / name)


class Proposer:
    """Proposes for ever; takes up what is queued, as a model would."""

    name = "numbers"

    def __init__(self):
        self.seen = []

    def propose(self, source, history):
        self.seen.append([idea.text for idea in history.ideas])
        change = {"ideas": [idea.session for idea in history.ideas]}
        text = f"echo metric: {20 + history.next_number}\n"
        files = source | {source.target: text}
        return Proposal(f"number {history.next_number}", files, self.name, change)


def hold(repository, *, push=None, when=(), most=6):
    """A session in which `when[n]` is done after its n-th experiment; its events and proposer."""
    settings = {**racing_sessions.PUSHED, "max_experiments": most}
    proposer = Proposer()
    with open_session(
        SessionRequest(repository, settings, push=push, proposer=proposer)
    ) as session:
        events, done = [], 0
        for event in research(session):
            events.append(event)
            if isinstance(event, Experiment):
                if done in dict(when):
                    dict(when)[done]()
                done += 1
    return events, proposer


def stop(**more):
    return StopRequest("race", "asked-1", LATER, **more)


def idea(text, name="asked-2"):
    return IdeaRequest("race", name, LATER, text)


def ended(events):
    return next(event for event in events if isinstance(event, SessionEnd))


def test_stop_ends_the_session_here_after_its_experiment(project):
    """Without a remote; the experiment under way is finished and recorded."""
    workspace = Workspace.open(project)
    events, _ = hold(project, when=[(2, lambda: leave_local(workspace, stop()))])
    assert (ended(events).reason, ended(events).experiments) == ("stopped", 2)
    assert ended(hold(project)[0]).reason == "max_experiments"


def test_stop_from_another_machine_is_met_at_the_next_push(bare, clone):
    """The push is rejected, what was asked for is merged, and the session ends with all pushed."""
    here, there = clone("here"), clone("there")
    workspace, target = Workspace.open(there), Target("origin", TOKEN)

    def ask():
        push_request(workspace, workspace.remote(target), stop())

    events, _ = hold(here, push=target, when=[(2, ask)])
    assert (ended(events).reason, ended(events).experiments) == ("stopped", 2)
    records = racing_sessions.records(bare)
    assert [r["action"] for r in records].count("stop") == 1
    assert records[-1]["action"] == "session_end"
    assert not [event for event in events if isinstance(event, Note)]
    assert ended(hold(here, push=target, most=1)[0]).reason == "max_experiments"
    fresh = clone("fresh")
    git(fresh, "fetch", "-q", str(bare), "+refs/heads/*:refs/remotes/origin/*")
    assert ended(hold(fresh, push=target, most=1)[0]).reason == "max_experiments"


def test_a_session_that_was_asked_to_end_measures_nothing_more(bare, clone):
    """Not even the incumbent that another session made meanwhile."""
    here, there = clone("here"), clone("there")
    workspace, target = Workspace.open(there), Target("origin", TOKEN)

    def keep_and_ask():
        with open_session(
            SessionRequest(
                there,
                {**racing_sessions.PUSHED, "max_experiments": 1},
                push=target,
                proposer=ScriptedProposer([("nine", "echo metric: 9\n")]),
            )
        ) as other:
            list(research(other))
        push_request(workspace, workspace.remote(target), stop(now=True))

    events, _ = hold(here, push=target, when=[(2, keep_and_ask)])
    assert (ended(events).reason, ended(events).experiments) == ("stopped", 2)
    after = [event for event in events if isinstance(event, IncumbentMeasured)]
    assert not after


def test_a_stop_of_another_day_stops_nobody(bare, clone):
    """A session that learns of it with its first push goes on."""
    here, there = clone("here"), clone("there")
    target = Target("origin", TOKEN)
    hold(here, push=target, most=1)
    workspace = Workspace.open(there)
    old = StopRequest("race", "old", "2020-01-01T00:00:00Z")
    push_request(workspace, workspace.remote(target), old)
    events, _ = hold(here, push=target, most=2)
    assert (ended(events).reason, ended(events).experiments) == ("max_experiments", 2)
    assert "old" in [r["details"]["session"] for r in racing_sessions.records(bare)]


def test_an_idea_is_there_for_the_next_proposal_and_then_no_more(bare, clone):
    """From another machine or from beside the session; kept until a proposal names it."""
    here, there = clone("here"), clone("there")
    workspace, target = Workspace.open(there), Target("origin", TOKEN)
    beside = Workspace.open(here)

    def ask():
        push_request(workspace, workspace.remote(target), idea("try warm-up"))
        leave_local(beside, idea("and less depth", "asked-3"))

    _, proposer = hold(here, push=target, when=[(1, ask)], most=4)
    assert [sorted(ideas) for ideas in proposer.seen] == [
        [],
        ["and less depth", "try warm-up"],
        [],
        [],
    ]
    assert look(here, "race").history.ideas == []


def test_an_idea_waits_for_the_next_session(project):
    """Nobody has to be at work; a kill before it was taken away does not make it two."""
    hold(project, most=1)
    workspace = Workspace.open(project)
    assert leave_local(workspace, idea("try warm-up")) == []
    log = workspace.log_path
    log.write_bytes(log.read_bytes() + dumps(idea("try warm-up")))
    _, proposer = hold(project, most=2)
    assert proposer.seen == [["try warm-up"], []]
    assert log.read_text().count('"idea"') == 1


def test_the_network_has_a_bad_moment(server, bare, clone):
    """A request is there once: also where its push was taken and the answer lost, or not taken."""
    hold(clone("here"), push=Target("origin", TOKEN), most=1)
    there = Workspace.open(clone("there"))
    remote = there.remote(Target("origin", TOKEN))
    for name, trouble in (("one", server.lose_answer), ("two", lambda: server.down(times=1))):
        fault = trouble()
        push_request(there, remote, idea("try warm-up", name))
        assert fault.met == 1
    asked = [
        r["details"]["session"] for r in racing_sessions.records(bare) if r["action"] == "idea"
    ]
    assert asked == ["one", "two"]
    server.down()
    with pytest.raises(WorkspaceError, match="origin"):
        push_request(there, remote, idea("try warm-up", "three"))


def test_a_stop_that_nobody_would_meet_is_an_error(project, clone):
    """It says how to reach a session elsewhere."""
    workspace = Workspace.open(project)
    with pytest.raises(LedgerError, match="no campaign at work"):
        campaign_meant(workspace, None)
    hold(project, most=1)
    assert campaign_meant(workspace, None) == "race"
    with pytest.raises(LedgerError, match="No session is at work") as error:
        leave_local(workspace, stop())
    assert "--push" in error.value.remedy
    there = Workspace.open(clone("there"))
    with pytest.raises(LedgerError, match="no campaign race on origin"):
        push_request(there, there.remote(Target("origin", TOKEN)), stop())


def test_the_verbs_reach_the_session(project, clone, bare, monkeypatch, capsys):
    """`stop` and `idea`, here and with --push."""
    monkeypatch.setenv("AUTORESEARCH_TOKEN", TOKEN)
    here, there, target = clone("here"), clone("there"), Target("origin", TOKEN)

    def run(*words, at=here):
        with pytest.raises(SystemExit) as done:
            main(["--repo", str(at), *words])
        return done.value.code

    def ask():
        assert run("idea", "more", "warm-up", "--push", at=there) == 0
        assert run("idea", "less", "depth") == 0
        assert run("stop") == 0

    events, _ = hold(here, push=target, when=[(1, ask)])
    assert ended(events).reason == "stopped"
    assert "race: the session was asked to end" in capsys.readouterr().out
    assert sorted(i.text for i in look(here, "race").history.ideas) == [
        "less depth",
        "more warm-up",
    ]
    assert run("stop") == 1
    assert run("idea", "  ") == 2
    assert "No session is at work" in capsys.readouterr().err


def test_stop_now_interrupts_the_session_here(server, tmp_path):
    """As Ctrl-C in its own terminal: it is over within seconds, in order."""
    bare = server.create("octo/race", source=racing_sessions.make_project(tmp_path / "racing"))
    here = racing_sessions.clone(bare, server.remote("octo/race"), tmp_path / "here")
    session = racing_sessions.start(here, "left", 10_000, TOKEN)
    assert session.stdout is not None
    next(line for line in session.stdout if line.startswith("Experiment("))
    with pytest.raises(SystemExit) as done:
        main(["--repo", str(here), "stop", "--now"])
    assert done.value.code == 0
    session.communicate(timeout=20)
    assert racing_sessions.records(bare)[-1]["details"]["reason"] == "interrupted"


@given(st.binary())
def test_what_lies_in_the_inbox_is_a_request_or_nothing(data):
    """An experiment could write there as well."""
    assert received(data, "t") is None


def test_a_request_that_was_left_is_for_this_campaign():
    """Whatever it says itself."""
    assert received(dumps(idea("x")), "other").tag == "other"
