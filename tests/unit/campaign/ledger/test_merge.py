"""Two sessions' records made one campaign."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch_ci.campaign.ledger import read
from autoresearch_ci.campaign.ledger.merge import merge
from autoresearch_ci.campaign.ledger.reading import CampaignLog
from autoresearch_ci.campaign.ledger.records import dumps
from autoresearch_ci.core.history import AGAIN, FOLLOWS, History
from autoresearch_ci.core.model import BASELINE as BASE
from autoresearch_ci.core.model import (
    Direction,
    ExperimentStart,
    PairMeasured,
    Reason,
    Sample,
    SessionStart,
    Status,
)
from autoresearch_ci.core.model import Side as Ran
from tests.unit.conftest import BASELINE

START = SessionStart(
    tag="mar17",
    session="s1",
    timestamp="2026-03-17T14:35:00Z",
    metric="val_bpb",
    direction=Direction.LOWER,
    target="train.py",
    branch="autoresearch/mar17",
    base="a" * 40,
    machine="a machine",
    version="0.1.0",
)


class Side:
    """One session at work on what it knows of the campaign."""

    def __init__(self, name: str, lines: list[bytes]) -> None:
        self.name, self.lines, self.made = name, lines, 0
        self.lines.append(dumps(replace(START, session=name)))

    @property
    def log(self) -> CampaignLog:
        return read(b"".join(self.lines), "x")["mar17"]

    def experiment(self, *, keep: bool) -> None:
        history = self.log.history
        tip = history.incumbent
        parent = tip.commit if tip else "a" * 40
        self.made += 1
        name = f"{self.name}{self.made:04}".encode().hex()
        done = replace(
            BASELINE,
            session=self.name,
            experiment=history.next_number,
            status=Status.KEEP if keep else Status.DISCARD,
            reason=Reason.IMPROVED if keep else Reason.WORSE,
            description=f"{self.name} {self.made}",
            parent=parent,
            commit=f"{name:0<40}" if keep else parent,
            candidate=f"{name:1<40}",
            proposer="search",
        )
        start = ExperimentStart(
            tag="mar17", session=self.name, timestamp=done.timestamp, experiment=done.experiment,
            description=done.description, parent=parent, candidate=done.candidate, proposer="x",
        )  # fmt: skip
        self.lines += [dumps(start), dumps(done)]

    def merge(self, published: list[bytes]) -> None:
        there = read(b"".join(published), "x")["mar17"]
        self.lines = list(merge(there, self.log).log.lines)


def whole(lines: list[bytes]) -> History:
    return read(b"".join(lines), "x")["mar17"].history


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("lr"), st.sampled_from(["keep", "not", "push"]))))
def test_whoever_pushes_when_every_experiment_is_there_once(steps):
    """No gap, nothing twice, nothing published is changed, and keeps follow each other."""
    remote = [dumps(replace(START, session="s0")), dumps(replace(BASELINE, session="s0"))]
    sides = {"l": Side("l", list(remote)), "r": Side("r", list(remote))}
    for who, what in [*steps, ("l", "push"), ("r", "push"), ("l", "push")]:
        side = sides[who]
        if what != "push":
            side.experiment(keep=what == "keep")
            continue
        if side.lines[: len(remote)] != remote:
            side.merge(remote)
        assert side.lines[: len(remote)] == remote, "what is published stays as it is"
        remote = list(side.lines)
    history = whole(remote)
    assert sides["l"].lines == remote
    titles = [e.description for e in history.experiments]
    expected = [f"{who} {n}" for who, side in sides.items() for n in range(1, side.made + 1)]
    assert sorted(titles) == sorted(["baseline", *expected])
    for before, this in zip(history.kept, history.kept[1:], strict=False):
        assert this.parent == before.commit
    own = [e for e in history.experiments if e.session == "l"]
    assert [e.description for e in own] == [f"l {n}" for n in range(1, len(own) + 1)]


def test_merging_again_after_a_kill_changes_nothing():
    """Records that have other numbers in the published log already are known for the same."""
    common = [dumps(START), dumps(BASELINE)]
    theirs, ours = Side("l", list(common)), Side("r", list(common))
    theirs.experiment(keep=True)
    ours.experiment(keep=True)
    ours.experiment(keep=False)
    before = list(ours.lines)
    ours.merge(theirs.lines)
    merged = list(ours.lines)
    ours.lines = before  # the log on the disk is as it was, the branches have moved
    ours.merge(merged)
    assert ours.lines == merged


def test_a_second_baseline_of_the_same_is_a_duplicate():
    """Two sessions that begin a campaign at the same time measure the same thing."""
    theirs = [dumps(replace(START, session="l")), dumps(replace(BASELINE, session="l"))]
    ours = [dumps(replace(START, session="r")), dumps(replace(BASELINE, session="r", value=1.5))]
    merged = merge(read(b"".join(theirs), "x")["mar17"], read(b"".join(ours), "x")["mar17"])
    second = merged.log.history.experiments[1]
    assert (second.status, second.reason, second.value) == (Status.DISCARD, Reason.DUPLICATE, 1.5)
    assert merged.moved == {0: 1}


def test_a_keep_is_the_same_commit_whoever_published_first():
    """Nothing of its record changes; what it counts as, and its number, follow from its place."""
    common = [dumps(START), dumps(BASELINE)]
    theirs, ours = Side("l", list(common)), Side("r", list(common))
    theirs.experiment(keep=False)
    ours.experiment(keep=True)
    own = ours.lines[-1]
    tip = whole(ours.lines).incumbent
    pair = PairMeasured(
        tag="mar17", session="r", timestamp=tip.timestamp, metric="val_bpb", head=tip.commit,
        candidate="1" * 40, samples=(Sample(Ran.INCUMBENT, 1.0), Sample(Ran.CANDIDATE, 2.0)),
        machine="a machine", rules="0" * 12,
    )  # fmt: skip
    ours.lines.append(dumps(pair))
    ours.merge(theirs.lines)
    history = whole(ours.lines)
    assert own in ours.lines
    assert history.incumbent == replace(tip, experiment=2)
    assert history.pairs == [pair]
    assert [history.name(number) for number in range(3)] == ["0000", "0001", "r-0001"]
    assert [history.key(number) for number in range(3)] == ["s1-0000", "l-0001", "r-0001"]


def test_what_followed_a_keep_that_came_second_is_superseded_too():
    """It was compared with a version that is not on the branch."""
    common = [dumps(START), dumps(BASELINE)]
    theirs, ours = Side("l", list(common)), Side("r", list(common))
    theirs.experiment(keep=True)
    ours.experiment(keep=True)
    ours.experiment(keep=True)
    ours.merge(theirs.lines)
    history = whole(ours.lines)
    assert [e.session for e in history.kept] == ["s1", "l"]
    assert [e.description for e in history.superseded] == ["r 1", "r 2"]
    assert history.superseded[0].error.startswith("experiment 1 of another session")
    again = replace(
        history.incumbent, session="r", experiment=4, description="again", candidate="a" * 40,
        parent=history.incumbent.commit, commit="b" * 40, change={AGAIN: ["r-0001"]},
    )  # fmt: skip
    ours.lines.append(dumps(again))
    assert [e.description for e in whole(ours.lines).superseded] == ["r 2"]


def test_two_that_merge_the_base_have_it_once():
    """The second baseline follows a keep that is not the last one any more."""
    common = [dumps(START), dumps(BASELINE)]
    theirs, ours = Side("l", list(common)), Side("r", list(common))
    theirs.experiment(keep=True)
    moved = replace(
        BASELINE, session="r", experiment=1, reason=None, proposer=BASE, commit="c" * 40,
        parent="c" * 40, candidate="d" * 40, change={FOLLOWS: BASELINE.commit},
    )  # fmt: skip
    ours.lines.append(dumps(moved))
    ours.merge(theirs.lines)
    assert [e.session for e in whole(ours.lines).kept] == ["s1", "l"]
    tip = whole(ours.lines).incumbent.commit
    then = replace(moved, experiment=3, commit="e" * 40, parent="e" * 40, change={FOLLOWS: tip})
    ours.lines.append(dumps(then))
    assert whole(ours.lines).baseline == then
