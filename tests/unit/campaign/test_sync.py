"""Campaigns that are shared, over real git and real HTTP."""

from __future__ import annotations

import os
import random
import re
import signal
import stat
import time
from collections import Counter
from pathlib import Path

import pytest

from autoresearch_ci.campaign import sync
from autoresearch_ci.campaign.ledger import Ledger
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Experiment, Note, Proposal
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.workspace import Target
from autoresearch_ci.workspace.ref_transaction import RefTransaction
from tests import racing_sessions
from tests.github.git_server import GitServer
from tests.projects import PARSED, git, look, make_project

TOKEN = "s3cret-token"
LINES = "a=1\n#\n#\n#\n#\nb=1\n#\n#\n#\n#\necho metric: $((10 - a - b))\n"


@pytest.fixture(autouse=True)
def archived_at_once(monkeypatch):
    """These experiments are quick, and every one of them is to be pushed."""
    monkeypatch.setattr("autoresearch_ci.campaign.archive.INTERVAL", 0.0)
    monkeypatch.setattr("autoresearch_ci.campaign.sync.A_MINUTE", 10**6)


@pytest.fixture
def server(tmp_path):
    with GitServer(tmp_path / "git") as server:
        server.tokens.add(TOKEN)
        yield server


@pytest.fixture
def bare(server, tmp_path):
    source = make_project(tmp_path / "source", **{"target.txt": LINES})
    return server.create("octo/lab", source=source)


@pytest.fixture
def clone(server, bare, tmp_path):
    """A function that makes a clone with this name."""
    return lambda name: racing_sessions.clone(bare, server.remote("octo/lab"), tmp_path / name)


class Ideas:
    """One idea after the other, whatever number they get: a name to set, and its value."""

    name = "ideas"

    def __init__(self, *ideas: str) -> None:
        self._ideas = list(ideas)

    def propose(self, source, _history):
        if not self._ideas:
            return None
        idea = self._ideas.pop(0)
        name = idea.partition("=")[0]
        lines = [idea if s.startswith(f"{name}=") else s for s in source.text.splitlines()]
        files = source | {source.target: "\n".join([*lines, ""])}
        return Proposal(idea, files, self.name)


def hold(repository, *ideas, token=TOKEN, **settings):
    """One session that is shared; all that it said."""
    overrides = {**racing_sessions.PUSHED, **settings}
    with open_session(
        SessionRequest(repository, overrides, push=Target("origin", token), proposer=Ideas(*ideas))
    ) as session:
        return list(research(session))


def at_second_push(server, act):
    """Let `act` come before what a session pushes after its first experiment.

    The first push says that the session begins. What `act` pushes itself is not counted.
    """
    met = []

    def meet():
        met.append(None)
        if len(met) == 2:
            act()

    server.before_push(meet, times=None)


def notes(events):
    return [event.text for event in events if isinstance(event, Note)]


def published(bare):
    return racing_sessions.experiments(bare)


def verdicts(bare):
    return [(d["description"], d["status"], d["reason"]) for d in published(bare)]


def test_a_session_is_published_as_it_goes(bare, clone):
    """Both branches are on the remote, the same as here; nothing is said about it."""
    here = clone("here")
    events = hold(here, "a=2", "a=0")
    assert notes(events) == []
    for name in ("autoresearch/race", "autoresearch-logs/race"):
        assert git(bare, "rev-parse", name) == git(here, "rev-parse", name)
    assert [d["status"] for d in published(bare)] == ["keep", "keep", "discard"]
    assert racing_sessions.records(bare)[-1]["action"] == "session_end"


def test_without_push_nothing_leaves_the_machine(bare, server, tmp_path):
    """Sharing has to be asked for."""
    here = racing_sessions.clone(bare, server.remote("octo/lab"), tmp_path / "here")
    with open_session(
        SessionRequest(here, racing_sessions.PUSHED, proposer=Ideas("a=2"))
    ) as session:
        list(research(session))
    assert server.site.requests == []


def test_one_push_an_experiment_at_most(bare, server, clone):
    """One more at the beginning and one at the end, however quick the experiments are."""
    hold(clone("here"), *(f"a={n}" for n in range(-4, 6)))
    assert len(server.site.lines("^POST .*git-receive-pack")) <= 10 + 2
    assert len(published(bare)) == 11


def test_the_token_is_in_the_headers_and_nowhere_else(server, bare, clone, tmp_path, monkeypatch):
    """No argument, file or address has it; a header that a checkout left does no harm."""
    here = clone("here")
    address = server.remote("octo/lab").removesuffix("octo/lab.git")
    git(here, "config", f"http.{address}.extraheader", "Authorization: Basic b2xkOm9sZA==")
    wrapper, seen = tmp_path / "bin" / "git", tmp_path / "arguments"
    wrapper.parent.mkdir()
    real = next(f"{p}/git" for p in os.environ["PATH"].split(":") if Path(p, "git").exists())
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {real} "$@"\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    helper = tmp_path / "helper"
    git(here, "config", "credential.helper", f"!touch {helper}; false")
    (here / ".git/hooks/pre-push").write_text(f"#!/bin/sh\ntouch {helper}\nexit 1\n")
    (here / ".git/hooks/pre-push").chmod(0o755)
    assert notes(hold(here, "a=2")) == []
    assert len(published(bare)) == 2
    assert "push --atomic" in seen.read_text()
    assert not helper.exists()
    files = [seen, *(path for path in here.rglob("*") if path.is_file())]
    for secret in (TOKEN.encode(), b"eC1hY2Nlc3MtdG9rZW4"):
        assert not [path for path in files if secret in path.read_bytes()]


def test_a_remote_that_is_down_costs_nothing(server, bare, clone):
    """It is said once, all results are here, and the next session publishes them."""
    here = clone("here")
    fault = server.down()
    first, last = notes(hold(here, "a=2", "a=3", "a=0"))
    assert first.startswith("not published: Could not push to origin.")
    assert "where the clone is thrown away, as on GitHub's runners, it is lost" in last
    assert "git push --atomic origin autoresearch/race autoresearch-logs/race" in last
    fault.times = 0
    assert len(look(here, "race").history.experiments) == 4
    assert notes(hold(here, "b=2")) == []
    assert [d["description"] for d in published(bare)] == ["baseline", "a=2", "a=3", "a=0", "b=2"]


def test_the_command_for_pushing_by_hand_works(server, bare, clone):
    """What the note says can be pasted."""
    here = clone("here")
    fault = server.down()
    command = notes(hold(here, "a=2"))[-1].partition("By hand: git ")[2]
    fault.times = 0
    git(here, "remote", "set-url", "origin", str(bare))
    git(here, *command.split())
    assert len(published(bare)) == 2


def test_a_token_that_ends_in_mid_run_ends_nothing_else(server, bare, clone):
    """What was published stays, the rest follows with the next good token."""
    server.tokens.add("short", good_for=4)
    here = clone("here")
    first, _ = notes(hold(here, "a=2", "a=3", "a=4", token="short"))
    assert "Give a token that may write" in first
    assert len(look(here, "race").history.experiments) == 4
    assert len(published(bare)) < 4
    hold(here)
    assert len(published(bare)) == 4


@pytest.mark.parametrize(
    ("token", "words"),
    [("reader", "contents: write"), ("unknown", "Give a token"), ("", "Give a token")],
)
def test_a_token_that_may_not_push_is_told_from_one_that_is_none(server, clone, token, words):
    """The note says what is missing."""
    server.tokens.add("reader", permissions={"contents": "read"})
    assert words in notes(hold(clone("here"), token=token))[0]


def test_a_remote_that_declines_is_quoted(server, clone):
    """A protected branch says so in its own words, and is not asked again and again."""
    server.decline_pushes("this branch is protected")
    here = clone("here")
    first, _ = notes(hold(here, "a=2", "a=3"))
    assert "declined" in first
    assert len(server.site.lines("^POST .*git-receive-pack")) == 2


def test_a_branch_in_the_way_on_the_remote_is_no_race(server, bare, clone):
    """It is told with what to do about it, and not tried until the time is over."""
    here = clone("here")
    git(bare, "branch", "autoresearch", "HEAD")
    first, _ = notes(hold(here, "a=2"))
    assert "has a branch in the way" in first
    assert len(server.site.lines("^POST .*git-receive-pack")) <= 2


def test_an_answer_that_is_lost_makes_nothing_happen_twice(server, bare, clone):
    """The push had arrived; the next one finds that there is nothing new."""
    server.lose_answer()
    hold(clone("here"), "a=2", "a=3")
    assert [d["experiment"] for d in published(bare)] == [0, 1, 2]


def test_an_unknown_remote_is_an_error_before_anything_is_done(clone):
    """The remotes that there are are named."""
    here = clone("here")
    with (
        pytest.raises(WorkspaceError, match="no remote 'nowhere'") as error,
        open_session(SessionRequest(here, racing_sessions.PUSHED, push=Target("nowhere"))),
    ):
        pass
    assert "origin" in error.value.remedy


def test_a_restored_file_is_not_in_the_way(server, bare, clone):
    """A target with the right content and a new time is no reason not to publish."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)

    def theirs():
        hold(there, "a=3")
        later = time.time() + 60
        os.utime(here / "target.txt", (later, later))

    at_second_push(server, theirs)
    events = hold(here, "b=2")
    assert verdicts(bare)[-1] == ("b=2", "keep", "improved")
    assert not any("not published" in text for text in notes(events))


def test_who_keeps_first_wins_and_the_other_tries_again(server, bare, clone):
    """Theirs keeps its number; ours is superseded, its change is tried on theirs, and kept."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)
    at_second_push(server, lambda: hold(there, "a=3"))
    events = hold(here, "b=2")
    assert verdicts(bare)[-3:] == [
        ("a=3", "keep", "improved"),
        ("b=2", "discard", "superseded"),
        ("b=2", "keep", "improved"),
    ]
    last = published(bare)[-1]
    assert (last["status"], last["value"], last["prev"]) == ("keep", 5, 6)
    history = racing_sessions.campaign(bare).history
    assert last["change"]["again"] == [history.key(last["experiment"] - 1)]
    assert any("is tried again" in text for text in notes(events))
    assert "a=3" in git(bare, "show", "autoresearch/race:target.txt")
    numbers = [d["experiment"] for d in published(bare)]
    assert numbers == list(range(len(numbers)))
    assert git(here, "status", "--porcelain") == ""


def test_a_keep_moves_along_where_the_other_session_kept_nothing(server, bare, clone):
    """It is still better than the incumbent: a keep, the same commit, under its new number."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)
    at_second_push(server, lambda: hold(there, "a=0"))
    hold(here, "b=2", "b=3")
    assert [v for v in verdicts(bare) if v[0] != "baseline"] == [
        ("a=0", "discard", "worse"),
        ("b=2", "keep", "improved"),
        ("b=3", "keep", "improved"),
    ]
    kept = [d for d in published(bare) if d["status"] == "keep"]
    assert git(bare, "rev-parse", "autoresearch/race") == kept[-1]["sha"]
    racing_sessions.agree(bare)
    log = git(bare, "log", "--format=%s", "main..autoresearch/race").splitlines()
    assert log == ["experiment: b=3", "experiment: b=2"]


def test_the_same_line_changed_by_both_is_tried_as_it_was(server, bare, clone):
    """Where the change does not fit the other's version, the whole version is compared with it."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)
    at_second_push(server, lambda: hold(there, "a=2"))
    hold(here, "a=5")
    assert verdicts(bare)[-2:] == [
        ("a=5", "discard", "superseded"),
        ("a=5", "keep", "improved"),
    ]


def test_several_that_were_not_published_follow_in_order(server, bare, clone):
    """After a time without a remote, all of it goes behind what another session did."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)
    fault = server.down()
    hold(here, "b=2", "b=0", "b=3")
    fault.times = 0
    hold(there, "a=3", "a=2")
    hold(here, max_experiments=2)
    ideas = [v for v in verdicts(bare) if v[0] != "baseline"]
    assert ideas == [
        ("a=3", "keep", "improved"),
        ("a=2", "discard", "worse"),
        ("b=2", "discard", "superseded"),
        ("b=0", "discard", "worse"),
        ("b=3", "discard", "superseded"),
        ("b=2", "keep", "improved"),
        ("b=3", "keep", "improved"),
    ]
    assert look(here, "race").history.superseded == []


def test_a_branch_that_a_person_moved_on_the_remote_is_never_overwritten(bare, clone):
    """It is said whose commit is in the way, and the session goes on here."""
    here, other = clone("here"), clone("other")
    hold(here, "a=2")
    git(other, "remote", "set-url", "origin", str(bare))
    git(other, "fetch", "-q")
    git(other, "switch", "-q", "autoresearch/race")
    git(other, "commit", "-q", "--allow-empty", "-m", "mine")
    git(other, "push", "-q")
    mine = git(other, "rev-parse", "HEAD")
    said = notes(hold(here, "a=3"))
    assert mine[:12] in said[0]
    assert git(bare, "rev-parse", "autoresearch/race") == mine
    assert look(here, "race").history.incumbent.description == "a=3"


def test_a_code_branch_that_was_deleted_on_the_remote_comes_back(server, bare, clone):
    """Such as after a pull request; a session at work needs it, and nothing is lost."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)

    def act():
        hold(there, "a=0")
        git(bare, "branch", "-D", "autoresearch/race")

    at_second_push(server, act)
    hold(here, "b=2")
    assert [v for v in verdicts(bare) if v[0] != "baseline"] == [
        ("a=0", "discard", "worse"),
        ("b=2", "keep", "improved"),
    ]
    racing_sessions.agree(bare)


def test_numbers_of_another_metric_are_not_merged(server, bare, clone):
    """Two sessions with other settings under one tag do not mix; it says what differs."""
    here, there = clone("here"), clone("there")
    hold(there, "a=2")
    fault = server.down()
    other = {"metric_name": "other", **PARSED}
    hold(here, "b=2", **other)
    fault.times = 0
    (first, *_) = notes(hold(here, **other))
    assert "was published with metric metric; here it is other" in first
    assert [d["description"] for d in published(bare)] == ["baseline", "a=2"]


def test_a_published_campaign_has_its_picture(bare, clone):
    """The page on the logs branch shows it."""
    hold(clone("here"), "a=2")
    assert "<svg" in git(bare, "show", "autoresearch-logs/race:progress.svg")
    assert "progress.svg" in git(bare, "show", "autoresearch-logs/race:README.md")


def test_ctrl_c_does_not_wait_for_a_slow_remote(server, clone):
    """The session ends within seconds, and the next one publishes."""
    here = clone("here")
    hold(here)
    with (
        pytest.raises(KeyboardInterrupt),
        open_session(
            SessionRequest(
                here, racing_sessions.PUSHED, push=Target("origin", TOKEN), proposer=Ideas("a=2")
            )
        ) as session,
    ):
        server.slow(12)
        at_work = session.remote_sync
        at_work._shared = at_work._logs_tip  # the first push is not waited for
        events = research(session)
        for event in events:
            if isinstance(event, Experiment):
                began = time.monotonic()
                events.throw(KeyboardInterrupt())
    assert time.monotonic() - began < sync.HURRY + 2


def kill(*_args, **_keywords):
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(action):
    """Run it in a process that is expected to be killed."""
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("instant", ["before", "refs", "one ref", "log", "table", "push"])
def test_a_kill_in_the_middle_of_a_merge_is_made_good(server, bare, clone, monkeypatch, instant):
    """Whatever had moved already, the next session publishes everything, each once."""
    here, there = clone("here"), clone("there")
    hold(here)
    hold(there)
    hold(there, "a=3", "a=2")

    def dying():
        with monkeypatch.context() as patch:
            if instant == "before":
                patch.setattr(RefTransaction, "make", kill)
            elif instant == "refs":
                patch.setattr(RefTransaction, "_finish", kill)
            elif instant == "one ref":

                def one(self, refs):
                    name, (_, new) = list(refs.items())[1]
                    self._git.run("update-ref", name, new)
                    kill()

                patch.setattr(RefTransaction, "_finish", one)
            elif instant == "log":
                patch.setattr(Ledger, "take", kill)
            elif instant == "table":
                patch.setattr(Ledger, "_whole_log", kill)
            else:
                run = sync.RemoteSync._merge

                def after(self):
                    run(self)
                    kill()

                patch.setattr(sync.RemoteSync, "_merge", after)
            hold(here, "b=2", "b=0")

    fault = server.down()
    hold(here, "b=4", "b=3")
    fault.times = 0
    in_child(dying)
    hold(here, "b=5", max_experiments=3)
    done = racing_sessions.agree(bare)
    titles = [d["description"] for d in done if "again" not in d["change"]]
    assert sorted(t for t in titles if t != "baseline") == ["a=2", "a=3", "b=3", "b=4", "b=5"]
    for name in ("autoresearch/race", "autoresearch-logs/race"):
        assert git(here, "rev-parse", name) == git(bare, "rev-parse", name)
    assert git(here, "status", "--porcelain") == ""
    assert git(here, "symbolic-ref", "--short", "HEAD") == "main"


def test_two_sessions_that_race_for_a_campaign_both_have_everything_in_it(server, tmp_path):
    """Every experiment of both once, no number twice, and the branch is the last keep."""
    bare = server.create("octo/race", source=racing_sessions.make_project(tmp_path / "racing"))
    url = server.remote("octo/race")
    sides = [
        racing_sessions.start(racing_sessions.clone(bare, url, tmp_path / side), side, 12, TOKEN)
        for side in ("left", "right")
    ]
    said = [side.communicate()[0] for side in sides]
    for side, text in zip(sides, said, strict=True):
        assert side.returncode == 0, text[-3000:]
    racing_sessions.check(bare, 12)
    assert any("another session published first" in text for text in said)


def test_a_session_that_is_killed_again_and_again_beside_another_loses_nothing(server, tmp_path):
    """Kill -9 at random instants of runs, pushes and merges: what was told is published."""
    bare = server.create("octo/race", source=racing_sessions.make_project(tmp_path / "racing"))
    url = server.remote("octo/race")
    left, right = (
        racing_sessions.clone(bare, url, tmp_path / side) for side in racing_sessions.SIDES
    )
    chance = random.Random(20260317)
    other = racing_sessions.start(left, "left", 15, TOKEN)
    told = 0
    for number in range(4):
        victim = racing_sessions.start(right, "right", 100, TOKEN, first=100 * number)
        time.sleep(chance.uniform(1.0, 3.5))
        victim.kill()
        told += sum(line.startswith("Experiment(") for line in victim.communicate()[0].splitlines())
    # What could not be pushed on a busy machine waits in its clone for the next session there.
    sessions = [other, racing_sessions.start(right, "right", 1, TOKEN, first=1000)]
    beside: list[str] = []
    for session in sessions:
        said, _ = session.communicate()
        assert session.returncode == 0, said[-3000:]
        lines = [line for line in said.splitlines() if line.startswith("Experiment(")]
        beside += re.findall(r"description='(left[^']*)'", "\n".join(lines))
    last = racing_sessions.start(left, "left", 1, TOKEN, first=1000)
    said, _ = last.communicate()
    assert last.returncode == 0, said[-3000:]
    done = racing_sessions.agree(bare)
    assert len(beside) >= 14, "one of its fifteen may be a baseline that the other came before"
    assert not Counter(beside) - Counter(d["description"] for d in done)
    mine = [d for d in done if d["description"].startswith("right") or d["proposer"] == "baseline"]
    assert len(mine) >= told
    assert git(right, "status", "--porcelain") == ""
    assert git(right, "symbolic-ref", "--short", "HEAD") == "main"
    git(right, "fsck", "--connectivity-only")  # what dangles is lost to nobody
