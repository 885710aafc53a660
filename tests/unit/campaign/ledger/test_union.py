"""The records of several lanes as one campaign, whoever has which of them."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.campaign.ledger import Ledger, dumps, read
from autoresearch_ci.campaign.ledger.reading import arranged
from autoresearch_ci.campaign.ledger.union import PLAIN, entries, ordered, split, union
from autoresearch_ci.core.errors import LedgerError
from autoresearch_ci.core.history import AGAIN
from autoresearch_ci.core.model import (
    BASELINE,
    Direction,
    Experiment,
    ExperimentStart,
    Reason,
    SessionEnd,
    SessionStart,
    Status,
    StopReason,
)

TAG = "t"


def at(second: int) -> str:
    return f"2026-03-17T{12 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


class Lane:
    """Writes the records of one session; its clock may be off."""

    def __init__(self, session: str, lane: int = 0, lanes: int = 0, off: int = 0) -> None:
        self.session, self.off = session, off
        self.lines: list[bytes] = []
        start = SessionStart(
            TAG, session, at(off), "m", Direction.LOWER, "f", "b", "base", machine="", version="1",
            lane=lane, lanes=lanes,
        )  # fmt: skip
        self.write(start)

    def write(self, record) -> None:
        self.lines.append(dumps(record))

    def start(self, number: int, second: int, parent: str) -> None:
        self.write(
            ExperimentStart(
                TAG, self.session, at(second + self.off), number, "x", parent, "c", "search"
            )
        )

    def done(self, number: int, second: int, parent: str, value: float, **more) -> str:
        """An experiment; the commit of a keep."""
        keep = more.pop("keep", True)
        commit = f"{self.session}{number}" if keep else parent
        done = Experiment(
            tag=TAG, session=self.session, timestamp=at(second + self.off), experiment=number,
            status=Status.KEEP if keep else Status.DISCARD,
            reason=Reason.IMPROVED if keep else Reason.WORSE, metric="m", value=value, prev=10.0,
            description=f"{self.session} {number}", commit=commit, parent=parent,
            candidate=f"blob {self.session} {number}", proposer="search",
        )  # fmt: skip
        self.write(replace(done, **more))
        return commit

    def end(self, second: int) -> None:
        reason = StopReason.STOPPED
        self.write(SessionEnd(TAG, self.session, at(second + self.off), reason, 1, 1, 1.0))


def baseline() -> Lane:
    lane = Lane("main")
    lane.done(0, 1, "base", 10.0, reason=None, proposer=BASELINE, commit="base")
    lane.end(2)
    return lane


def campaign(*lanes: Lane, on: str = ""):
    return arranged(TAG, union(*(split(entries(lane.lines)) for lane in lanes)), on)


@st.composite
def campaigns(draw):
    """Lanes that learn of each other's keeps late, and whose clocks are off by up to an hour."""
    main = baseline()
    lanes = [
        Lane(f"s{n}", n, 4, off=draw(st.integers(-3600, 3600)))
        for n in range(1, draw(st.integers(2, 4)))
    ]
    kept = ["base"]
    for number in range(1, draw(st.integers(1, 14))):
        lane = draw(st.sampled_from(lanes))
        parent = draw(st.sampled_from(kept))
        lane.start(number, 10 * number, parent)
        if draw(st.integers(0, 5)):
            keep = draw(st.booleans())
            value = 10.0 - draw(st.integers(1, 5))
            commit = lane.done(number, 10 * number + 5, parent, value, keep=keep)
            if keep:
                kept.append(commit)
    for lane in lanes:
        if draw(st.booleans()):
            lane.end(1000)
    return [main, *lanes]


@given(campaigns(), st.randoms(use_true_random=False), st.data())
def test_whoever_merges_what_in_whatever_order_finds_the_same(lanes, chance, data):
    """Copies that are a beginning of a lane's records, merged in any order and any grouping."""
    copies = [split(entries(lane.lines)) for lane in lanes]
    for lane in lanes:
        cut = data.draw(st.integers(1, len(lane.lines)))
        copies.append(split(entries(lane.lines[:cut])))
    whole = union(*copies)
    chance.shuffle(copies)
    at = data.draw(st.integers(1, len(copies)))
    grouped = union(union(*copies[:at]), union(*copies[at:]))
    one_by_one = reduce(union, copies)
    found = [arranged(TAG, streams) for streams in (whole, grouped, one_by_one)]
    assert found[0].lines == found[1].lines == found[2].lines
    tables = [
        [(e.experiment, e.status, e.error, log.history.name(e.experiment)) for e in experiments]
        for log in found
        for experiments in (log.history.experiments,)
    ]
    assert tables[0] == tables[1] == tables[2]


@given(campaigns())
def test_a_merged_log_reads_as_its_lanes_did(lanes):
    """What was written in the order of the union is that campaign, and so is any other order."""
    log = campaign(*lanes)
    shuffled = [line for lane in reversed(lanes) for line in lane.lines]
    for lines in (log.lines, shuffled):
        again = read(b"".join(lines), "log")[TAG]
        assert again.lines == log.lines
        assert list(again.history.experiments) == list(log.history.experiments)


@given(campaigns())
def test_every_experiment_is_there_once_and_the_keeps_are_a_chain(lanes):
    """Numbers without gaps; what is kept stands on what was kept before it."""
    history = campaign(*lanes).history
    written = sum(line.count(b'"experiment_done"') for lane in lanes for line in lane.lines)
    assert [e.experiment for e in history.experiments] == list(range(written))
    names = [history.name(number) for number in range(written)]
    assert len(set(names)) == written
    assert all(history.named(name).experiment == n for n, name in enumerate(names))
    for before, this in zip(history.kept, history.kept[1:], strict=False):
        assert this.parent == before.commit


@given(campaigns())
def test_nothing_comes_before_what_it_rests_on(lanes):
    """However wrong the clocks are."""
    seen = set()
    for each in ordered(union(*(split(entries(lane.lines)) for lane in lanes))):
        record = each.record
        if isinstance(record, ExperimentStart | Experiment) and record.session != "main":
            assert record.parent in seen
        if isinstance(record, Experiment) and record.status is Status.KEEP:
            seen.add(record.commit)


def test_the_best_keep_counts_and_the_others_say_where_they_were_kept():
    """Two lanes kept on the baseline; the better one is the tip."""
    one, two = Lane("s1", 1, 2), Lane("s2", 2, 2)
    one.done(1, 10, "base", 8.0)
    tip = two.done(1, 11, "base", 7.0)
    history = campaign(baseline(), one, two).history
    assert history.incumbent.commit == tip
    (lost,) = history.superseded
    assert lost.session == "s1"
    assert lost.error == "kept in lane 1 while experiment 2 was better"


def test_a_keep_that_was_tried_again_says_what_became_of_it():
    """And nobody has to try it once more."""
    one, two = Lane("s1", 1, 2), Lane("s2", 2, 2)
    one.done(1, 10, "base", 8.0)
    tip = two.done(1, 11, "base", 7.0)
    two.done(3, 20, tip, 6.0, change={AGAIN: ["s1-0001"]})
    history = campaign(baseline(), one, two).history
    assert not history.superseded
    lost = history.named("s1-0001")
    assert lost.error == (
        "kept in lane 1 while experiment 3 was better; tried again as experiment 3: keep"
    )


def test_several_that_failed_together_are_still_to_be_tried_apart():
    """What was not kept together says nothing of each."""
    one, two = Lane("s1", 1, 2), Lane("s2", 2, 2)
    a = one.done(1, 10, "base", 8.0)
    one.done(2, 12, a, 7.5)
    tip = two.done(1, 11, "base", 7.0)
    again = {AGAIN: ["s1-0001", "s1-0002"]}
    two.done(4, 20, tip, 7.0, keep=False, change=again)
    assert len(campaign(baseline(), one, two).history.superseded) == 2
    two.done(5, 21, tip, 7.0, keep=False, change={AGAIN: ["s1-0002"]})
    assert len(campaign(baseline(), one, two).history.superseded) == 1


def test_the_branch_is_never_left_for_a_better_keep_beside_it():
    """What the campaign's branch has counts, whatever a late lane brings."""
    one, two = Lane("s1", 1, 2), Lane("s2", 2, 2)
    worse = one.done(1, 10, "base", 8.0)
    two.done(1, 11, "base", 7.0)
    assert campaign(baseline(), one, two, on=worse).history.incumbent.commit == worse
    combined = Lane("s3", 0, 2)
    combined.lines[0] = combined.lines[0].replace(b'"lanes":2', b'"lanes":2,"head":"s11"')
    assert campaign(baseline(), one, two, combined).history.incumbent.commit == worse


def test_a_lane_that_was_taken_for_dead_keeps_what_it_found():
    """The interrupted experiment that somebody else wrote for it gives way, from every side."""
    alive, dead = Lane("s1", 1, 2), Lane("s1", 1, 2)
    for lane in (alive, dead):
        lane.start(1, 10, "base")
    alive.done(1, 15, "base", 8.0)
    dead.done(1, 20, "base", 0.0, status=Status.CRASH, reason=Reason.INTERRUPTED, commit="base")
    for sides in ((alive, dead), (dead, alive)):
        history = campaign(baseline(), *sides).history
        assert [e.status for e in history.experiments] == [Status.KEEP, Status.KEEP]


def test_what_others_have_begun_and_not_ended_is_known():
    """Until it ends."""
    one, two = Lane("s1", 1, 2), Lane("s2", 2, 2)
    one.start(1, 10, "base")
    two.start(1, 10, "base")
    two.done(1, 12, "base", 11.0, keep=False)
    assert [each.session for each in campaign(baseline(), one, two).under_way] == ["s1"]


def test_a_log_without_lanes_is_one_stream_in_its_order():
    """Old logs are read as before, also where their clocks were wrong."""
    late, early = Lane("a", off=3000), Lane("b")
    late.done(0, 1, "base", 10.0, reason=None, proposer=BASELINE, commit="base")
    early.done(1, 2, "base", 9.0)
    lines = [*late.lines, *early.lines]
    assert list(split(entries(lines))) == [PLAIN]
    assert read(b"".join(lines), "log")[TAG].lines == lines


def test_a_row_that_others_keeps_have_changed_is_still_the_ledger_s(tmp_path):
    """What was a keep in the table is superseded now, and nobody is asked to move the table."""
    one, two = Lane("s1", 1, 2), Lane("s2", 2, 2)
    one.done(1, 10, "base", 8.0)
    two.done(1, 11, "base", 7.0)
    place = (tmp_path / "log.jsonl", tmp_path / "results.tsv", TAG, Direction.LOWER)
    main = split(entries(baseline().lines))
    before = Ledger(*place, others=[main, split(entries(one.lines))])
    assert "\tkeep\ts1 1\n" in before.results.read_text()
    after = Ledger(*place, others=[split(entries(two.lines))])
    assert "\tdiscard\ts1 1\n" in after.results.read_text()
    after.results.write_text(after.results.read_text() + "mine\n")
    with pytest.raises(LedgerError):
        Ledger(*place)


@pytest.mark.parametrize("seed", range(3))
def test_lanes_that_never_hear_of_each_other_agree_in_the_end(seed):
    """Whatever they kept, one chain counts and everything else is still to be tried."""
    chance = random.Random(seed)
    lanes = [Lane(f"s{n}", n, 8) for n in range(1, 9)]
    for lane in lanes:
        parent = "base"
        for number in range(1, 6):
            parent = lane.done(number, 10 * number, parent, 10 - number + chance.random())
    history = campaign(baseline(), *lanes).history
    assert len(history.kept) == 6
    assert len(history.superseded) == 35
    assert history.incumbent.value == min(e.value for e in history.experiments)
