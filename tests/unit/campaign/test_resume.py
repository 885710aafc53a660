"""A campaign outlives the run, the clone and the commit that it began on."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Experiment, Note, Proposal
from autoresearch_ci.core.text import today
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.workspace import Target
from autoresearch_ci.workspace.campaign_branch import Campaign
from tests import racing_sessions
from tests.github.git_server import GitServer
from tests.projects import SETTINGS, git, look, make_project

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
        server.create("octo/lab", source=make_project(tmp_path / "source", **{"target.txt": LINES}))
        yield server


@pytest.fixture
def bare(server):
    return server.folder / "octo/lab.git"


@pytest.fixture
def checkout(server, bare, tmp_path):
    """A function that does what a workflow's checkout does: one commit, HEAD detached."""

    def make(name, ref="main"):
        folder = tmp_path / name
        subprocess.run(
            ["git", "clone", "-q", "--depth=1", "--branch", ref, f"file://{bare}", str(folder)],
            check=True,
        )
        git(folder, "checkout", "-q", "--detach")
        git(folder, "branch", "-q", "-D", ref)
        git(folder, "remote", "set-url", "origin", server.remote("octo/lab"))
        return folder

    return make


@pytest.fixture
def commit(bare, tmp_path):
    """A function that commits a change of one file to `main` on the remote."""
    folder = tmp_path / "author"

    def make(name, text):
        if not folder.exists():
            racing_sessions.clone(bare, str(bare), folder)
        (folder / name).write_text(text)
        git(folder, "add", name)
        git(folder, "commit", "-qm", f"change {name}")
        git(folder, "push", "-q", "origin", "main")
        return git(folder, "rev-parse", "HEAD")

    return make


class Ideas:
    """One idea after the other, whatever number they get."""

    name = "ideas"

    def __init__(self, *ideas):
        self._ideas = list(ideas)

    def propose(self, source, _history):
        if not self._ideas:
            return None
        idea = self._ideas.pop(0)
        name = idea.partition("=")[0]
        lines = [idea if s.startswith(f"{name}=") else s for s in source.text.splitlines()]
        files = source | {source.target: "\n".join([*lines, ""])}
        return Proposal(idea, files, self.name)


def hold(repository, *ideas, merged=(), **settings):
    """A session as a workflow has it; it ends before anything is exhausted."""
    overrides = {**SETTINGS, "max_experiments": max(1, len(ideas)), **settings}
    with open_session(
        SessionRequest(
            repository,
            overrides,
            push=Target("origin", TOKEN),
            base="HEAD",
            base_branch="main",
            finished=lambda tag: tag in merged,
            proposer=Ideas(*ideas),
        )
    ) as session:
        return session.start.tag, list(research(session))


def notes(events):
    return [event.text for event in events if isinstance(event, Note)]


def done(events):
    return [
        (e.experiment, e.description, str(e.status)) for e in events if isinstance(e, Experiment)
    ]


def test_the_next_run_goes_on_in_a_fresh_checkout(bare, checkout):
    """Shallow, detached, with no branch of the campaign: it is found, and numbered on."""
    tag, _ = hold(checkout("first"), "a=2", "a=0")
    second = checkout("second")
    head = git(second, "rev-parse", "HEAD")
    again, events = hold(second, "a=3")
    assert again == tag == today()
    assert done(events) == [(3, "a=3", "keep")]
    assert notes(events) == []
    assert git(second, "rev-parse", "HEAD") == head
    assert git(second, "status", "--porcelain") == ""
    log = git(bare, "log", "--format=%s", f"main..autoresearch/{tag}").splitlines()
    assert log == ["experiment: a=3", "experiment: a=2"]
    assert len(look(second, tag).history.experiments) == 4


def test_a_base_that_moved_is_merged_and_the_baseline_measured_anew(bare, checkout, commit):
    """The commit merges both, its number is no comparison with the old one, keeps go on top."""
    tag, _ = hold(checkout("first"), "a=2")
    moved = commit("experiment.sh", ". ./target.txt | sed 's/metric: /metric: 10/'\n")
    here = checkout("second")
    _, events = hold(here, "b=2", "b=0")
    assert any(moved[:12] in note and "measured anew" in note for note in notes(events))
    assert done(events) == [(2, "baseline", "keep"), (3, "b=2", "keep"), (4, "b=0", "discard")]
    baseline = next(e for e in events if isinstance(e, Experiment))
    assert (baseline.value, baseline.prev, baseline.reason) == (107, None, None)
    branch = f"autoresearch/{tag}"
    log = git(bare, "log", "--first-parent", "--format=%s", "-4", branch).splitlines()
    assert log[0] == "experiment: b=2"
    assert log[1] == f"Merge main into {branch}"
    assert log[2] == "experiment: a=2"
    assert git(bare, "rev-parse", f"{branch}~1^2") == moved
    assert git(bare, "diff", "--name-only", f"{moved}..{branch}") == "target.txt"
    assert racing_sessions.records(bare, tag)[-1]["action"] == "session_end"
    assert git(here, "status", "--porcelain") == ""
    third, events = hold(checkout("third"), "b=3")
    assert (third, notes(events)) == (tag, [])
    assert done(events) == [(5, "b=3", "keep")]
    assert look(here, tag).history.baseline.experiment == 2


def test_a_base_that_does_not_merge_stops_with_both_commits_named(bare, checkout, commit):
    """Nothing has moved, and either way on is said."""
    tag, _ = hold(checkout("first"), "a=2")
    tip = git(bare, "rev-parse", f"autoresearch/{tag}")
    moved = commit("target.txt", LINES.replace("a=1", "a=7"))
    here = checkout("second")
    with pytest.raises(WorkspaceError) as error:
        hold(here, "b=2")
    assert tip[:12] in error.value.message
    assert moved[:12] in error.value.message
    assert "target.txt" in error.value.detail
    assert "--new" in error.value.remedy
    assert git(bare, "rev-parse", f"autoresearch/{tag}") == tip
    assert git(here, "rev-parse", "HEAD") == moved
    assert git(here, "status", "--porcelain") == ""
    assert racing_sessions.records(bare, tag)[-1]["details"]["reason"] == "error"


def test_a_conflict_that_a_person_resolved_is_gone_on_from(bare, checkout, commit, tmp_path):
    """The merge by hand that the error asks for is taken, and measured."""
    tag, _ = hold(checkout("first"), "a=2")
    commit("target.txt", LINES.replace("a=1", "a=7"))
    person = racing_sessions.clone(bare, str(bare), tmp_path / "person")
    git(person, "switch", "-q", f"autoresearch/{tag}")
    subprocess.run(
        ["git", "-C", str(person), "merge", "-q", "origin/main", "-X", "theirs", "-m", "by hand"],
        check=True,
    )
    git(person, "switch", "-q", "main")
    with open_session(
        SessionRequest(person, {**SETTINGS, "max_experiments": 1}, push=None, proposer=Ideas("b=2"))
    ) as session:
        events = list(research(session))
    assert done(events) == [(2, "baseline", "keep"), (3, "b=2", "keep")]
    assert session.start.tag == tag


def test_a_kill_between_the_merge_and_its_baseline_is_made_good(
    bare, checkout, commit, monkeypatch
):
    """The next session measures what was merged, and nothing is merged twice."""
    tag, _ = hold(checkout("first"), "a=2")
    moved = commit("other.txt", "new\n")
    here = checkout("second")
    merge = Campaign.merge

    def dying(*arguments):
        merge(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Campaign, "merge", dying)
        try:
            hold(here, "b=2")
        finally:
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    merged = git(here, "rev-parse", f"autoresearch/{tag}")
    assert git(here, "rev-parse", f"{merged}^2") == moved
    _, events = hold(here, "b=2")
    assert done(events) == [(2, "baseline", "keep"), (3, "b=2", "keep")]
    assert git(bare, "rev-parse", f"autoresearch/{tag}~1") == merged
    assert git(here, "status", "--porcelain") == ""


def test_what_gives_no_number_once_merged_is_not_published(bare, checkout, commit):
    """The campaign's branch on the remote stays at its last keep until there is a baseline."""
    tag, _ = hold(checkout("first"), "a=2")
    tip = git(bare, "rev-parse", f"autoresearch/{tag}")
    commit("experiment.sh", "exit 3\n")
    with pytest.raises(Exception, match="gives no metric"):
        hold(checkout("second"), "b=2")
    assert git(bare, "rev-parse", f"autoresearch/{tag}") == tip
    commit("experiment.sh", "sh ./target.txt\n")
    _, events = hold(checkout("third"), "b=2")
    assert [what for _, what, _ in done(events)][-2:] == ["baseline", "b=2"]


def test_two_sessions_that_both_merge_the_base_have_it_once(bare, checkout, commit):
    """Who publishes first has the baseline; the other's is a duplicate, and it goes on there."""
    tag, _ = hold(checkout("first"), "a=2")
    commit("other.txt", "new\n")
    here, there = checkout("here"), checkout("there")
    with open_session(
        SessionRequest(
            here,
            {**SETTINGS, "max_experiments": 1},
            push=Target("origin", TOKEN),
            base_branch="main",
            proposer=Ideas("b=2"),
        )
    ) as session:
        events = []
        for event in research(session):
            events.append(event)
            if isinstance(event, Experiment) and event.description == "baseline":
                hold(there, "a=3")
    published = [
        (d["description"], d["status"], d["reason"]) for d in racing_sessions.experiments(bare, tag)
    ]
    assert published == [
        ("baseline", "keep", None),
        ("a=2", "keep", "improved"),
        ("baseline", "keep", None),
        ("a=3", "keep", "improved"),
        ("baseline", "discard", "duplicate"),
        ("b=2", "keep", "improved"),
    ]
    merges = git(bare, "log", "--merges", "--format=%s", f"autoresearch/{tag}").splitlines()
    assert len(merges) == 1


def test_a_file_of_the_user_is_never_in_danger(bare, checkout, commit):
    """A merge of what others published touches no file of the checkout, and nothing is lost."""
    tag, _ = hold(checkout("first"), "a=2")
    here, there = checkout("here"), checkout("there", "main")
    commit("notes.txt", "theirs\n")
    git(there, "fetch", "-q", "--depth=1", str(bare), "main")
    git(there, "checkout", "-q", "--detach", "FETCH_HEAD")
    (here / "notes.txt").write_text("mine\n")
    with open_session(
        SessionRequest(
            here,
            {**SETTINGS, "max_experiments": 2},
            push=Target("origin", TOKEN),
            base_branch="main",
            proposer=Ideas("b=2", "b=3"),
        )
    ) as session:
        events = []
        for event in research(session):
            events.append(event)
            if isinstance(event, Experiment) and event.description == "b=2":
                hold(there, "a=3")
    assert (here / "notes.txt").read_text() == "mine\n"
    assert [what for _, what, _ in done(events)] == ["b=2", "b=2"], "tried again on the merge"
    hold(here)
    assert (here / "notes.txt").read_text() == "mine\n"
    titles = [
        r["details"]["description"]
        for r in racing_sessions.records(bare, tag)
        if r["action"] == "experiment_done"
    ]
    assert titles[:5] == ["baseline", "a=2", "baseline", "a=3", "b=2"]


def test_a_user_on_another_branch_does_not_get_it_merged(tmp_path):
    """The campaign follows the branch that it was begun on, and no other."""
    project = make_project(tmp_path / "project", **{"target.txt": LINES})
    with open_session(
        SessionRequest(
            project, {**SETTINGS, "tag": "t", "max_experiments": 1}, proposer=Ideas("a=2")
        )
    ) as session:
        list(research(session))
    git(project, "switch", "-q", "-c", "feature")
    (project / "other.txt").write_text("feature\n")
    git(project, "add", "other.txt")
    git(project, "commit", "-qm", "feature")

    def go_on(idea):
        with open_session(
            SessionRequest(
                project, {**SETTINGS, "tag": "t", "max_experiments": 1}, proposer=Ideas(idea)
            )
        ) as session:
            return list(research(session))

    assert done(go_on("a=3")) == [(2, "a=3", "keep")]
    git(project, "switch", "-q", "main")
    git(project, "merge", "-q", "feature")
    assert [what for _, what, _ in done(go_on("a=4"))] == ["baseline", "a=4"]
    assert git(project, "show", "autoresearch/t:other.txt") == "feature"


def test_after_a_merged_pull_request_comes_a_new_campaign(bare, checkout, tmp_path):
    """Merged as it is, git knows; squashed, the forge has said so."""
    tag, _ = hold(checkout("first"), "a=2")
    author = racing_sessions.clone(bare, str(bare), tmp_path / "maintainer")
    git(author, "merge", "-q", "--no-ff", "-m", "merge", f"origin/autoresearch/{tag}")
    git(author, "push", "-q", "origin", "main")
    second, events = hold(checkout("second"), "b=2")
    assert second == f"{today()}-2"
    assert done(events) == [(0, "baseline", "keep"), (1, "b=2", "keep")]
    third, _ = hold(checkout("third"), "b=3", merged={second})
    assert third == f"{today()}-3"
    fourth, _ = hold(checkout("fourth"), "b=4", merged={second})
    assert fourth == third


def test_a_remote_that_is_down_at_the_beginning_is_said_and_merged_with_later(
    server, bare, checkout
):
    """A fresh clone then begins anew; once it can publish, all of it follows what is there."""
    tag, _ = hold(checkout("first"), "a=2")
    fault = server.down()
    here = checkout("second")
    with open_session(
        SessionRequest(
            here,
            {**SETTINGS, "max_experiments": 1},
            push=Target("origin", TOKEN),
            base="HEAD",
            base_branch="main",
            proposer=Ideas("b=2"),
        )
    ) as session:
        assert any("Could not read from origin" in note for note in session.notes)
        list(research(session))
    fault.times = 0
    hold(here)
    published = racing_sessions.experiments(bare, tag)
    assert [(d["description"], d["reason"]) for d in published] == [
        ("baseline", None),
        ("a=2", "improved"),
        ("baseline", "duplicate"),
        ("b=2", "superseded"),
        ("b=2", "improved"),
    ]
