"""Several lanes at work on one campaign, as processes, in one repository and in several clones."""

from __future__ import annotations

import os
import random
import subprocess
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from autoresearch_ci.campaign.archive import LOG
from autoresearch_ci.campaign.remove import remove
from autoresearch_ci.campaign.requests import leave_local
from autoresearch_ci.campaign.select import archive_of, view
from autoresearch_ci.core.errors import LedgerError, LockedError, SettingsError
from autoresearch_ci.core.model import IdeaRequest, Lane, Proposal, SessionStart, StopRequest
from autoresearch_ci.core.text import timestamp
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.workspace import LaneWorkspace, Target, Workspace
from tests import racing_sessions
from tests.lane_sessions import LANED, TAG, check, end, hold, improved, start
from tests.projects import git
from tests.racing_sessions import SIDES

KILLS = int(os.environ.get("LANE_KILLS", "4"))
"""Of one test; more by this variable."""


@pytest.fixture
def project(tmp_path):
    """A project whose campaign has its baseline."""
    (tmp_path / "project").mkdir()
    made = racing_sessions.make_project(tmp_path / "project")
    hold(made, setup=True)
    return made


@pytest.fixture
def bare(tmp_path):
    (tmp_path / "source").mkdir()
    source = racing_sessions.make_project(tmp_path / "source")
    place = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(source), str(place)], check=True)
    return place


@pytest.fixture
def clone(bare, tmp_path):
    """A function that makes a clone with this name."""
    return lambda name: racing_sessions.clone(bare, str(bare), tmp_path / name)


def test_two_lanes_of_one_repository_are_combined(project):
    """Every experiment is in the log once, and what both lanes found is on the branch."""
    lanes = [start(project, number, count=8, pause=0.3) for number in (1, 2)]
    said = [end(lane) for lane in lanes]
    assert git(project, "status", "--porcelain") == ""
    said.append(hold(project, combine=True))
    check(project, *said)
    assert improved(project) == {"left", "right"}
    assert not (project / ".git" / "autoresearch" / "lanes" / TAG).exists()


def test_lanes_are_seen_before_they_are_combined(project):
    """What every lane has tried is shown together, with its patches; nothing is taken for at work."""
    for number in (1, 2):
        hold(project, number, count=4)
    workspace = Workspace.open(project)
    seen = view(workspace, TAG)
    lanes = {e.session: e.lane for e in seen.sessions if isinstance(e, SessionStart)}
    tried = [e for e in seen.history.experiments if not e.is_baseline]
    assert {lanes[e.session] for e in tried} == {1, 2}
    assert len(tried) == 8
    recall = archive_of(workspace, TAG)
    assert all(recall(e.experiment, "patch") for e in seen.history.kept_changes)
    assert not seen.under_way
    assert [path for path in seen.grows if path.name == "autoresearch.jsonl" and path.is_file()]


def test_lanes_of_two_clones_are_combined_in_a_third(bare, clone):
    """They meet in refs of the remote, and none is left there in the end."""
    hold(clone("first"), setup=True, push=True)
    lanes = [
        start(clone(f"lane{number}"), number, count=8, pause=0.3, push=True) for number in (1, 2)
    ]
    said = [end(lane) for lane in lanes]
    assert "goes on from experiment" in "".join(said), "they hear of each other"
    assert len(git(bare, "for-each-ref", "refs/autoresearch/lanes").splitlines()) == 4
    said.append(hold(clone("last"), combine=True, push=True))
    check(bare, *said)
    assert improved(bare) == {"left", "right"}


def test_a_lane_that_is_killed_loses_only_what_it_was_at(project):
    """Kill -9 at random instants, again and again: the next session there goes on."""
    other = start(project, 2, count=12, pause=0.5)
    said = [*killed(project), end(other), hold(project, combine=True)]
    history = check(project, *said)
    cut = [e for e in history.experiments if e.error.startswith("the session was killed")]
    assert len(cut) <= KILLS


def killed(place, **more) -> list[str]:
    """What sessions of lane 1 said that were killed one after the other."""
    chance, said = random.Random(20261130), []
    for number in range(KILLS):
        victim = start(place, 1, count=1000, first=1000 * number, **more)
        time.sleep(chance.uniform(1.5, 4.0))
        victim.kill()
        said.append(victim.communicate()[0])
    return said


def test_a_lane_that_is_killed_while_it_pushes_and_fetches_loses_nothing_either(bare, clone):
    """What it had not pushed its next session there does."""
    hold(clone("first"), setup=True, push=True)
    other = start(clone("other"), 2, count=12, pause=0.5, push=True)
    place = clone("victim")
    said = [*killed(place, push=True), end(other), hold(place, 1, count=1, push=True)]
    said.append(hold(clone("last"), combine=True, push=True))
    check(bare, *said)


def test_what_a_killed_lane_had_pushed_is_combined_though_its_clone_is_gone(bare, clone):
    """And nothing that it pushed is missing; the rest was its own."""
    hold(clone("first"), setup=True, push=True)
    killed(clone("victim"), push=True)
    pushed = [
        line
        for ref in git(bare, "for-each-ref", "--format=%(refname)", "refs/autoresearch").split()
        if ref.endswith("/log")
        for line in git(bare, "show", f"{ref}:{LOG}").splitlines()
    ]
    said = hold(clone("last"), combine=True, push=True)
    check(bare, said)
    merged = git(bare, "show", f"autoresearch-logs/{TAG}:{LOG}").splitlines()
    assert set(pushed) <= set(merged)


def test_two_that_combine_at_once_come_to_the_same(bare, clone):
    """One is faster; the other takes its result in, and is done."""
    hold(clone("first"), setup=True, push=True)
    said = [hold(clone(f"lane{number}"), number, count=6, push=True) for number in (1, 2)]
    both = {name: clone(name) for name in ("one", "two")}
    at_work = {name: start(place, combine=True, push=True) for name, place in both.items()}
    for name, process in at_work.items():
        said.append(end(process))
        while "RACED" in said[-1]:
            said.append(hold(both[name], combine=True, push=True))
    check(bare, *said)
    assert improved(bare) == {"left", "right"}


def test_a_remote_that_is_away_for_a_while_costs_nothing(bare, clone):
    """What a lane could not push is in its clone, and its next session there pushes it."""
    hold(clone("first"), setup=True, push=True)
    place = clone("lane")
    said = [hold(place, 1, count=2, push=True)]
    bare.rename(bare.with_name("away.git"))
    said.append(hold(place, 1, count=2, first=10, push=True))
    assert "not published" in said[-1]
    bare.with_name("away.git").rename(bare)
    said.append(hold(place, 1, count=2, first=20, push=True))
    said.append(hold(clone("last"), combine=True, push=True))
    check(bare, *said)


def test_a_combination_that_nobody_needs_changes_nothing(project):
    """A second one finds nothing to do, and runs nothing."""
    said = [hold(project, 1, count=3), hold(project, combine=True)]
    head = git(project, "rev-parse", f"autoresearch/{TAG}")
    said.append(hold(project, combine=True))
    assert "IncumbentMeasured" not in said[-1]
    check(project, *said)
    assert git(project, "rev-parse", f"autoresearch/{TAG}") == head


def test_a_session_without_lanes_goes_on_after_them(project):
    """And another round of lanes after that."""
    said = [hold(project, 1, count=4), hold(project, 2, count=4), hold(project, combine=True)]
    events = []
    with open_session(SessionRequest(project, {**LANED, "max_experiments": 2})) as session:
        events += list(research(session))
    said += [hold(project, 1, count=2, first=50), hold(project, combine=True)]
    history = check(project, *said)
    assert len(history.experiments) == 1 + 8 + 2 + 2 + sum("TOLD" in s for s in said[-1].split())


def test_a_session_without_a_lane_that_publishes_beside_a_combination_is_merged(bare, clone):
    """Nothing of it is lost, and the branch goes forward alone."""
    place = clone("plain")
    hold(place, setup=True, push=True)
    said = [hold(clone(f"lane{number}"), number, count=4, push=True) for number in (1, 2)]
    plain = start(place, count=6, first=100, pause=0.5, push=True)
    one = clone("one")
    said.append(hold(one, combine=True, push=True))
    while "RACED" in said[-1]:
        said.append(hold(one, combine=True, push=True))
    said.append(end(plain))
    check(bare, *said)
    said.append(hold(clone("last"), combine=True, push=True))
    check(bare, *said)


def test_a_stop_reaches_every_lane_of_the_repository(project):
    """Each ends after the experiment that it is at."""
    lanes = [start(project, number, count=1000, pause=0.2) for number in (1, 2)]
    workspace = Workspace.open(project)
    folders = [LaneWorkspace(workspace, TAG, number).state_dir for number in (1, 2)]
    while not all((folder / LOG).exists() for folder in folders):
        time.sleep(0.1)
    assert leave_local(workspace, StopRequest(TAG, "stop-1", timestamp())) is not None
    said = [end(lane) for lane in lanes]
    assert all("StopReason.STOPPED" in each for each in said)
    said.append(hold(project, combine=True))
    check(project, *said)


class Taker:
    """Takes up whatever is queued for it, as a model would."""

    name = "taker"

    def __init__(self, lane):
        self.lane, self.made, self.taken = lane, 0, []

    def propose(self, source, history):
        self.made += 1
        _, text = racing_sessions.changed(source.text, SIDES[self.lane - 1], self.made)
        ideas = [idea.session for idea in history.ideas[:1]]
        self.taken += ideas
        files = source | {source.target: text}
        return Proposal(f"{self.lane}: {self.made}", files, self.name, {"ideas": ideas})


def test_each_queued_idea_goes_to_one_lane(project, monkeypatch):
    """Though all of them hear of it, and whoever of them it was left with."""
    monkeypatch.setattr("autoresearch_ci.campaign.lanes.sync.NEWS_EVERY", 0.0)
    monkeypatch.setattr("autoresearch_ci.campaign.lanes.sync.SHARE", 0)
    takers, workspace = [Taker(1), Taker(2)], Workspace.open(project)
    ideas = [f"idea-{number}" for number in range(6)]
    with ExitStack() as stack:
        works = [
            research(stack.enter_context(open_session(replace(
                request(project, Lane(taker.lane, 2), max_experiments=40), proposer=taker
            ))))
            for taker in takers
        ]  # fmt: skip
        for name in ideas:
            leave_local(workspace, IdeaRequest(TAG, name, timestamp(), name))
        for _ in zip(*works, strict=False):
            pass
    assert all(taker.taken for taker in takers)
    assert sorted(takers[0].taken + takers[1].taken) == ideas


def test_a_campaign_is_deleted_with_its_lanes(bare, clone):
    """Here and on the remote nothing of it stays."""
    place = clone("lane")
    hold(place, setup=True, push=True)
    hold(place, 1, count=2, push=True)
    workspace = Workspace.open(place)
    lines = remove(workspace, TAG, workspace.remote(Target("origin")))
    assert sum("refs/autoresearch/lanes" in line for line in lines) == 4
    for repository in (place, bare):
        refs = git(repository, "for-each-ref", "--format=%(refname)")
        assert "autoresearch" not in refs.replace("refs/remotes/origin/main", "")


def request(project, lane: Lane | None = None, **settings):
    return SessionRequest(project, {**LANED, **settings}, lane=lane)


@pytest.mark.parametrize("lane", [Lane(0, 2), Lane(3, 2)])
def test_a_lane_outside_of_its_count_is_refused(project, lane):
    """With how they are numbered."""
    with pytest.raises(SettingsError) as error, open_session(request(project, lane)):
        pass
    assert "from 1 to their count" in error.value.remedy


def test_a_lane_is_told_which_campaign_it_works_on(project):
    """Not the newest one by chance."""
    with (
        pytest.raises(SettingsError) as error,
        open_session(request(project, Lane(1, 2), tag=None)),
    ):
        pass
    assert "--tag" in error.value.remedy


def test_a_lane_needs_the_campaign_s_baseline(project):
    """And says how to get it."""
    with pytest.raises(LedgerError) as error, open_session(request(project, Lane(1, 2), tag="new")):
        pass
    assert "setup --tag new" in error.value.remedy


def test_a_lane_of_another_target_or_metric_is_refused(project):
    """Its numbers would be compared with others."""
    with (
        pytest.raises(SettingsError) as error,
        open_session(request(project, Lane(1, 2), metric_name="other")),
    ):
        pass
    assert "metric_name" in error.value.message


def test_lanes_of_other_commands_are_refused(project):
    """Until the others are combined."""
    said = hold(project, 1, count=1)
    other = {"run_command": "sh experiment.sh && true"}
    with (
        pytest.raises(SettingsError) as error,
        open_session(request(project, Lane(2, 2), **other)),
    ):
        pass
    assert f"combine --tag {TAG}" in error.value.remedy
    check(project, said, hold(project, combine=True))
    with open_session(request(project, Lane(2, 2), **other)):
        pass


def test_lanes_that_a_deleted_campaign_has_left_are_no_part_of_a_new_one(project):
    """Its branches are gone and its tag was taken again: nothing of the two is mixed."""
    hold(project, 1, count=1)
    git(project, "branch", "-D", f"autoresearch/{TAG}", f"autoresearch-logs/{TAG}")
    for path in ("results.tsv", LOG):
        (project / path).unlink()
    hold(project, setup=True)
    for asked in (request(project, Lane(2, 2)), replace(request(project), combine=True)):
        with pytest.raises(SettingsError) as error, open_session(asked):
            pass
        assert f"rm {TAG}" in error.value.remedy


def test_a_lane_of_a_newer_version_is_not_read(project):
    """The message says to upgrade."""
    hold(project, 1, count=1)
    log = next((project / ".git/autoresearch/lanes").glob("*/1/.claude/logs/autoresearch.jsonl"))
    log.write_bytes(log.read_bytes().replace(b'"format":1', b'"format":99'))
    with pytest.raises(LedgerError) as error, open_session(request(project, Lane(2, 2))):
        pass
    assert "newer version" in error.value.message
    assert "Upgrade" in error.value.remedy


def test_lanes_and_a_session_without_exclude_each_other_and_lanes_do_not(project):
    """Two lanes work at once; a session of the campaign, and a lane twice, are refused."""
    workspace = Workspace.open(project)
    one, two = (LaneWorkspace(workspace, TAG, number) for number in (1, 2))
    with one.lock(TAG), two.lock(TAG):
        assert workspace.busy(TAG)
        assert workspace.holders(TAG) == [os.getpid()] * 2
        with pytest.raises(LockedError), workspace.lock(TAG):
            pass
        with pytest.raises(LockedError), LaneWorkspace(workspace, TAG, 1).lock(TAG):
            pass
    with workspace.lock(TAG), pytest.raises(LockedError), one.lock(TAG):
        pass
    assert not workspace.busy(TAG)
