"""The search in several lanes at once: ideas that do not collide, and what others do is used."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    ExperimentStart,
    FileSet,
    Lane,
    Proposal,
    Reason,
    Status,
)
from autoresearch_ci.proposers.search import SearchProposer
from autoresearch_ci.proposers.search.batch import dealt
from autoresearch_ci.proposers.search.landscape import Space, landscape
from autoresearch_ci.proposers.search.observations import Keep, Observations
from autoresearch_ci.proposers.search.tuning import ranked
from tests.unit.proposers.search import reading

KNOBS = FileSet({"a.py": "LR = 0.02\nBATCH_SIZE = 64\nDROPOUT = 0.1\nDEPTH = 4\nUSE_MASK = True\n"})
FUNCTIONS = FileSet(
    {"a.go": "package a\n" + "".join(f"\nfunc own{n}() {{\n\tgo{n}()\n}}\n" for n in range(12))}
)

Record = Callable[..., Experiment]


@pytest.fixture
def record() -> Record:
    """A function that makes an experiment's record."""

    def make(number: int, status: Status, value: float | None, **fields) -> Experiment:
        told = {"parent": "base", "commit": "base", "candidate": f"c{number}", **fields}
        return Experiment(
            **{
                "tag": "t", "session": "s", "timestamp": "", "experiment": number,
                "status": status, "reason": Reason.WORSE, "metric": "loss", "value": value,
                "prev": 1.0, "description": "", "proposer": "search", **told,
            }
        )  # fmt: skip

    return make


@pytest.fixture
def begun(record) -> Callable[[], History]:
    """A function that makes a history with a baseline alone."""

    def make() -> History:
        history = History(Direction.LOWER)
        history.add(record(0, Status.KEEP, 1.0, prev=None, reason=None, candidate="c"))
        return history

    return make


def under_way(proposal: Proposal, parent: str = "base") -> ExperimentStart:
    return ExperimentStart(
        "t", "other", "", 1, proposal.title, parent, proposal.files.digest, "search",
        change=proposal.change,
    )  # fmt: skip


def ideas(search: SearchProposer, source: FileSet, history: History, count: int) -> list[Proposal]:
    """What one lane tries that hears of nobody, while nothing is better."""
    found = []
    for _ in range(count):
        proposal = search.propose(source, history)
        if proposal is None:
            break
        found.append(proposal)
        number = history.next_number
        baseline = history.experiments[0]
        history.add(
            replace(
                baseline, experiment=number, status=Status.DISCARD, reason=Reason.WORSE,
                value=1.0 + random.Random(number).random(), prev=1.0,
                candidate=proposal.files.digest, change=proposal.change,
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("source", [KNOBS, FUNCTIONS])
def test_one_lane_alone_has_the_ideas_that_a_session_without_lanes_has(begun, source):
    """The same in the same order."""
    found = []
    for lane in (None, Lane(1, 1)):
        history = begun()
        history.lane = lane
        proposals = ideas(SearchProposer(metric_name="kb", seed="t"), source, history, 12)
        found.append([each.files for each in proposals])
    assert found[0]
    assert found[0] == found[1]


@pytest.mark.parametrize(("source", "lanes", "count"), [(KNOBS, 12, 8), (FUNCTIONS, 2, 4)])
def test_lanes_that_hear_nothing_of_each_other_have_different_ideas(begun, source, lanes, count):
    """However late news comes, what one of them tries is not what another tries."""
    found = []
    for number in range(1, lanes + 1):
        history = begun()
        history.lane = Lane(number, lanes)
        search = SearchProposer(metric_name="loss", seed="t", deletions=source is FUNCTIONS)
        found += [each.files.digest for each in ideas(search, source, history, count)]
    assert len(set(found)) == len(found) == lanes * count


def test_lanes_that_work_on_one_version_move_different_parameters(begun):
    """So what they keep can be put together; on the next version each has others."""
    source = FileSet({"a.py": "".join(f"{name}_RATE = 0.02\n" for name in "ABCDEFGHIJKL")})
    moved = []
    for number in range(1, 5):
        history = begun()
        history.lane = Lane(number, 4)
        search = SearchProposer(metric_name="loss", seed="t", deletions=False)
        found = ideas(search, source, history, 8)
        moved.append({name for each in found for name in each.change["set"]})
    assert len(set().union(*moved)) == sum(map(len, moved)) == 12
    names = sorted(set().union(*moved))
    assert dealt(names, Lane(1, 4), turn=1) != dealt(names, Lane(1, 4), turn=2)


def test_every_idea_is_had_though_the_lanes_divide_them(begun):
    """A lane whose own deletions are all tried takes the others'."""
    history = begun()
    history.lane = Lane(2, 5)
    alone = ideas(SearchProposer(metric_name="kb", seed="t"), FUNCTIONS, begun(), 99)
    assert {each.title for each in alone} == {
        each.title
        for each in ideas(SearchProposer(metric_name="kb", seed="t"), FUNCTIONS, history, 99)
    }


@pytest.mark.parametrize("source", [KNOBS, FUNCTIONS])
def test_what_is_under_way_is_not_begun_again(begun, source):
    """Twenty lanes that see each other begin with twenty different experiments, or with fewer."""
    history = begun()
    seen: list[ExperimentStart] = []
    for number in range(1, 21):
        history.lane, history.under_way = Lane(number, 20), tuple(seen)
        search = SearchProposer(metric_name="kb", seed="t", deletions=source is FUNCTIONS)
        proposal = search.propose(source, history)
        if proposal is None:
            break
        seen.append(under_way(proposal))
    assert len(seen) >= 12
    assert len({each.candidate for each in seen}) == len(seen)


def test_an_idea_that_came_to_nothing_elsewhere_is_wanted_again(begun):
    """Where the lane that had begun it is gone, another one tries it."""
    history = begun()
    search = SearchProposer(metric_name="loss", seed="t", deletions=False)
    first = search.propose(KNOBS, history)
    history.under_way = [under_way(first)]
    assert search.propose(KNOBS, history).files != first.files
    history.under_way = []
    assert search.propose(KNOBS, history).files == first.files


def test_another_place_is_tried_than_where_others_are():
    """What is under way counts as no better, and so does what is near."""
    parameters = reading.parameters("RATE = 1.0\nOTHER = 1.0\n")
    learned = Observations(keeps=[Keep({}, 0.0)])
    alone = next(iter(ranked(parameters, learned, random.Random(1))))
    busy = [{"RATE": (1.0, rate)} for rate in (0.5, 0.7, 1.4, 2.0, 4.0)]
    learned.under_way = [(1, moves) for moves in busy]
    beside = next(iter(ranked(parameters, learned, random.Random(1))))
    assert {step.parameter.id for step in alone} != {step.parameter.id for step in beside}
    assert {step.parameter.id for step in beside} == {"OTHER"}


@pytest.mark.parametrize("later", [FUNCTIONS, FUNCTIONS | {"a.go": FUNCTIONS.text + "\n// new\n"}])
def test_a_deletion_that_crashed_in_another_lane_is_not_repeated(begun, record, later):
    """Nor after something else was kept."""
    history = begun()
    search = SearchProposer(metric_name="kb", seed="t")
    crashed = search.propose(FUNCTIONS, history)
    history.add(
        record(
            1, Status.CRASH, None, reason=Reason.NONZERO_EXIT, session="other",
            candidate=crashed.files.digest, change=crashed.change,
        )
    )  # fmt: skip
    history.lane = Lane(2, 2)
    proposals = ideas(SearchProposer(metric_name="kb", seed="t"), later, history, 99)
    assert crashed.title not in [each.title for each in proposals]
    assert len(proposals) >= 11


def test_an_experiment_counts_where_it_was_tried(begun, record):
    """One on an older version, or on a keep that another superseded, is not taken for today's."""
    history = begun()
    set_lr = {"set": {"LR": [0.02, 0.04]}}
    set_depth = {"set": {"DEPTH": [4, 8]}}
    history.add(record(1, Status.KEEP, 0.9, commit="k1", change=set_lr, reason=Reason.IMPROVED))
    history.add(
        record(
            2, Status.DISCARD, 0.95, reason=Reason.SUPERSEDED, commit="k2",
            change={"set": {"LR": [0.02, 0.01]}},
        )
    )  # fmt: skip
    history.add(record(3, Status.DISCARD, 1.5, parent="base", change=set_depth))
    history.add(record(4, Status.DISCARD, 1.2, parent="k2", prev=0.95, change=set_depth))
    history.add(record(5, Status.DISCARD, 1.1, parent="k1", prev=0.9, change=set_depth))
    history.under_way = [
        ExperimentStart("t", "o", "", 6, "", "k2", "c6", "search", change=set_depth)
    ]
    observations = Observations()
    observations.read(history)
    parameters = reading.parameters(KNOBS.text.replace("0.02", "0.04"))
    space = Space(parameters)
    seen = landscape(space, observations)
    at = space.index["LR"]
    lr = [round(parameters[at].scale.place(value), 6) for value in (0.02, 0.04, 0.01)]
    base, now, fork = lr
    expected = [base, now, fork, base, fork, now]
    assert [round(place, 6) for place in seen.evidence.points[:, at]] == expected
    assert [round(place, 6) for place in seen.under_way[:, at]] == [fork]


def test_a_history_that_was_changed_in_its_middle_is_read_anew(begun, record):
    """Where news comes in between, or a keep is superseded, nothing of before is believed."""
    search = SearchProposer(metric_name="loss", seed="t", deletions=False)
    worse = [
        record(n, Status.DISCARD, 1.0 + n, change={"set": {"DEPTH": [4, 4 + n]}}) for n in (1, 2)
    ]
    before, after = begun(), begun()
    kept = {"commit": "k", "change": {"set": {"LR": [0.02, 0.04]}}}
    before.add(record(1, Status.KEEP, 0.9, reason=Reason.IMPROVED, **kept))
    after.add(record(1, Status.DISCARD, 0.9, reason=Reason.SUPERSEDED, **kept))
    for history in (before, after):
        history.add(replace(worse[1]))
    search.propose(KNOBS, before)
    assert (
        search.propose(KNOBS, after).files
        == SearchProposer(metric_name="loss", seed="t", deletions=False).propose(KNOBS, after).files
    )
