"""What a person had taken out stays out, whatever other sessions publish meanwhile."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.core.model import Finding, Reason, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.confirm import confirm
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session import Session
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.reports.confirmation import finding
from autoresearch_ci.workspace import Target
from tests.projects import SETTINGS, git, hold, look, make_project, state

TARGET = "a=5\nb=5\nc=5\n"
WHAT_C_DID_ONCE = {"run_command": ". ./target.txt; echo metric: $((a + b - c))"}

WITH_D = ". ./target.txt; echo metric: $((a + b - ${d:-0}))"


@pytest.fixture(autouse=True)
def archived_at_once(monkeypatch):
    """These experiments are quick, and every one of them is to be pushed."""
    monkeypatch.setattr("autoresearch_ci.campaign.archive.INTERVAL", 0.0)
    monkeypatch.setattr("autoresearch_ci.campaign.sync.A_MINUTE", 10**6)


@pytest.fixture
def clones(tmp_path):
    """Two clones of a remote with a campaign that kept `a=4`, and by luck `c=6`."""
    project = make_project(
        tmp_path / "source",
        **{"target.txt": TARGET, "experiment.sh": ". ./target.txt\necho metric: $((a + b))\n"},
    )
    bare = tmp_path / "bare"
    subprocess.run(["git", "clone", "-q", "--bare", str(project), str(bare)], check=True)

    def clone(name):
        subprocess.run(["git", "clone", "-q", str(bare), str(tmp_path / name)], check=True)
        git(tmp_path / name, "config", "user.name", "u")
        git(tmp_path / name, "config", "user.email", "u@example.org")
        return tmp_path / name

    here = clone("here")
    share(here, change("a=5", "a=4"))
    share(here, change("c=5", "c=6"), **WHAT_C_DID_ONCE)
    return here, clone("there")


def change(old, new):
    return (f"{old} -> {new}", lambda text: text.replace(old, new))


def share(repository, *ideas, **settings):
    """A session that is pushed; what it said. The ideas are those after what was tried."""
    overrides = {**SETTINGS, "tag": "t", **settings}
    proposer = ScriptedProposer([])
    request = SessionRequest(repository, overrides, push=Target("origin"), proposer=proposer)
    with open_session(request) as lab:
        tried = max(0, lab.history.next_number - 1)
        proposer._ideas = [change("", "")] * tried + list(ideas)
        return list(research(lab))


def drop(repository):
    with open_session(SessionRequest(repository, {**SETTINGS, "tag": "t"})) as lab:
        return [f for f in confirm(lab, drop=True) if isinstance(f, Finding)]


def drops_of_c(repository):
    experiments = look(repository, "t").history.experiments
    return [e for e in experiments if e.description == "drop: c=5 -> c=6"]


def target(repository):
    return git(repository, "show", "autoresearch/t:target.txt")


def test_a_drop_that_was_published_second_is_made_again(clones):
    """Where another session's keep came first, the change is taken out on top of that.

    What is left then is no duplicate of what there was before the change.
    """
    here, there = clones
    assert [f.dropped for f in drop(here)] == [True, False]
    share(there, change("b=5", "b=3"))
    share(here)
    assert target(here) == "a=4\nb=3\nc=5"
    assert target(here) == git(here, "show", "origin/autoresearch/t:target.txt")
    first, again = drops_of_c(here)
    assert (first.status, first.reason) == (Status.DISCARD, Reason.SUPERSEDED)
    assert (again.status, again.reason) == (Status.KEEP, Reason.SIMPLER)
    assert (again.value, again.prev) == (7, 7)


def test_what_helps_by_then_is_not_taken_out(clones):
    """The change is measured again before it goes: on the new branch it may be needed."""
    here, there = clones
    assert [f.dropped for f in drop(here)] == [True, False]
    needs_c = {"run_command": ". ./target.txt; [ $c = 6 ] || a=9; echo metric: $((a + b))"}
    share(there, change("b=5", "b=3"), **needs_c)
    share(here, **needs_c)
    assert target(here) == "a=4\nb=3\nc=6"
    again = look(here, "t").history.experiments[-1]
    assert (again.proposer, again.status, again.reason) == ("confirm", "discard", "worse")


def test_a_drop_of_what_is_gone_is_not_made_again(clones):
    """Where the other session took the same change out first, nothing is left to do."""
    here, there = clones
    share(there)  # what was published is here then
    drop(here)
    drop(there)
    share(there)
    share(here)
    assert target(here) == "a=4\nb=5\nc=5"
    assert [e.reason for e in drops_of_c(here)] == [Reason.SIMPLER, Reason.SUPERSEDED]


def test_what_was_taken_out_before_it_was_published_never_comes_back(clones):
    """A change that another session's keep came before is not tried again if it was dropped here."""
    here, there = clones
    hold(here, [change("", "")] * 2 + [("d=1", lambda text: text + "d=1\n")], run_command=WITH_D)
    assert target(here).endswith("d=1")
    assert next(iter(drop(here))).dropped
    share(there, change("b=5", "b=3"))
    share(here, run_command=WITH_D)
    assert "d=1" not in target(here)
    assert "b=3" in target(here)


def test_a_drop_alone_moves_along(clones):
    """Where the other session kept nothing, what was taken out is out, under its new number."""
    here, there = clones
    drop(here)
    share(there, change("b=5", "b=9"))
    share(here)
    assert target(here) == git(here, "show", "origin/autoresearch/t:target.txt") == "a=4\nb=5\nc=5"


def test_a_drop_ends_with_the_time(clones, monkeypatch):
    """Made again in a session it keeps to that one's time limit, and goes on in the next."""
    here, there = clones
    drop(here)
    share(there, change("b=5", "b=3"))
    with monkeypatch.context() as patch:
        patch.setattr(Session, "is_over", lambda lab: len(lab.history.pairs) == 2)
        share(here)
    cut = look(here, "t").history.experiments[-1]
    assert (cut.proposer, cut.reason, len(cut.samples)) == ("confirm", Reason.INTERRUPTED, 4)
    assert target(here).endswith("c=6")
    share(here)
    assert target(here) == "a=4\nb=3\nc=5"


def test_what_a_drop_is_worth_on_a_slower_machine_is_written_down_for_the_one_on_record(tmp_path):
    """A part of the incumbent's value is the same part on any machine."""
    count = "n=$(cat $STATE/runs 2>/dev/null || echo 0); echo $((n + 1)) > $STATE/runs; . ./target.txt\n"
    metric = "echo metric: $(($(cat $STATE/speed) * (a SIGN 10 * c) + n * 7 % 5))\n"
    project = make_project(tmp_path / "p", **{"target.txt": "a=200\nc=5\n"})
    (state() / "speed").write_text("1\n")
    hold(project, [change("c=5", "c=6")], run_command=count + metric.replace("SIGN", "-"))
    (state() / "speed").write_text("20\n")
    settings = {"tag": "t", "run_command": count + metric.replace("SIGN", "+")}
    with open_session(SessionRequest(project, {**SETTINGS, **settings})) as lab:
        assert [f.dropped for f in confirm(lab, drop=True) if isinstance(f, Finding)] == [True]
    _, kept, dropped = look(project, "t").history.experiments
    assert (kept.status, dropped.status) == (Status.KEEP, Status.KEEP)
    assert dropped.prev == kept.value
    assert dropped.value == pytest.approx(kept.value * 250 / 260, rel=0.01)


def test_what_the_guard_wants_is_not_dropped_and_that_is_said(clones):
    """A change that helps nothing stays where the guard fails without it; its line says why."""
    here, _ = clones
    with open_session(
        SessionRequest(here, {**SETTINGS, "tag": "t", "guard_command": "grep -q c=6 target.txt"})
    ) as lab:
        of_c, _ = (f for f in confirm(lab, drop=True) if isinstance(f, Finding))
    assert (of_c.holds, of_c.dropped) == (False, False)
    assert "is not shown to help" in finding(of_c)
    assert "not dropped, since " in finding(of_c)
    assert "guard" in finding(of_c)
    assert target(here).endswith("c=6")


def test_the_campaign_of_a_person(clones):
    """`confirm` in the middle of the experiments leaves the campaign as any other would."""
    here, _ = clones
    drop(here)
    hold(here, [change("", "")] * 4 + [change("b=5", "b=3")])
    assert target(here) == "a=4\nb=3\nc=5"


def test_a_drop_is_guarded_by_a_run_without_the_change(tmp_path):
    """Whichever side was measured last, the guard and the archive find what the drop has made."""
    runs = ". ./target.txt\nn=$(cat $STATE/n 2>/dev/null || echo 0); echo $((n + 1)) > $STATE/n\n"
    runs += "echo $b > made\necho b is $b\necho metric: $((a + n * 7 % 5))\n"
    files = {"target.txt": "a=5\nb=5\n", "experiment.sh": runs, ".gitignore": "made\n"}
    project = make_project(tmp_path / "p", **files)
    lucky = {
        **SETTINGS,
        "run_command": "sh experiment.sh; . ./target.txt; echo metric: $((b * 100))",
    }
    lucky["metric_parse"] = "tail -1 run.log | cut -d' ' -f2"
    hold(project, [("b=4", "a=5\nb=4\n")], **lucky)
    with open_session(
        SessionRequest(project, {**SETTINGS, "tag": "t", "guard_command": "grep 5 made"})
    ) as lab:
        assert [f.dropped for f in confirm(lab, drop=True) if isinstance(f, Finding)] == [True]
    assert "b is 5" in git(project, "show", "autoresearch-logs/t:experiments/0000-0099/0002.log")
