"""Lanes share six pushes a minute, and what is read of a remote is bounded, too."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from autoresearch_ci.campaign.lanes.sync import LaneSync
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Lane


class Place:
    """A remote, a campaign, a ledger, an archive and news: all that a lane's way to share asks."""

    def __init__(self):
        self.pushes, self.reads, self.now, self.written = [], [], 0.0, 0
        self.notes = []
        self.name, self.on, self.streams = "origin", "", []
        self.refs = {"code": "c", "log": "0"}
        self.slow, self.refuses = 0.0, False
        self.head, self.campaign = "c", SimpleNamespace()

    def leave_out(self, _gone):
        pass

    def push(self, _refs, **_how):
        self.pushes.append(self.now)
        self.now += self.slow
        if self.refuses:
            raise WorkspaceError("origin declined.", remedy="Allow it.")
        return True

    def fetch(self, _patience):
        self.reads.append(self.now)

    def read(self):
        return False

    def catch_up(self):
        self.written += 1
        self.refs = {"code": "c", "log": str(self.written)}


def run(place: Place, lane: Lane, minutes: float, seconds: float) -> None:
    """Experiments of so many seconds, one after the other."""

    def sleep(wait: float) -> None:
        place.now += wait

    sync = LaneSync(place, place, place, place, place, lane, clock=lambda: place.now, sleep=sleep)
    while place.now < 60 * minutes:
        sync.announce()
        place.now += seconds
        place.notes += sync.sync().notes
    sync.sync(last=True)


@pytest.mark.parametrize("lanes", [1, 2, 4, 16, 256])
@pytest.mark.parametrize("seconds", [0.5, 7.0, 60.0, 300.0])
def test_all_lanes_together_keep_to_six_pushes_a_minute(lanes, seconds):
    """Each has its share, over any stretch of time; and reads stay below fifteen a second."""
    place = Place()
    run(place, Lane(1, lanes), 600, seconds)
    window = 20 * lanes
    for at in random.Random(1).sample(place.pushes, min(len(place.pushes), 50)):
        assert sum(at <= other < at + window for other in place.pushes) <= 2
    assert len(place.reads) / place.now * lanes * 2 <= 15
    assert place.reads


def test_what_took_long_is_pushed_at_once_and_so_is_what_begins_then():
    """A lane that is killed loses what it is at, and the others know what that is."""
    place = Place()
    run(place, Lane(1, 4), 60, 300.0)
    ends = [place.pushes.count(300.0 * number) for number in range(1, 12)]
    assert ends == [2] * 11


@pytest.mark.parametrize("lanes", [4, 16])
def test_lanes_that_begin_at_once_do_not_push_at_once(lanes):
    """The first pushes come one after the other; what is short is spread from then on."""
    pushes = []
    for number in range(1, lanes + 1):
        place = Place()
        run(place, Lane(number, lanes), lanes / 2, 1.0)
        pushes += place.pushes[:-1]
    busiest = max(sum(at <= other < at + 60 for other in pushes) for at in pushes)
    assert busiest <= 7  # an experiment's end is not at the second


def test_a_remote_that_rejects_is_asked_again_ever_later():
    """It is said once, and the lane goes on."""
    place = Place()
    place.refuses = True
    run(place, Lane(1, 4), 60, 10.0)
    assert 5 <= len(place.pushes) <= 8
    assert len(place.notes) == 1
    assert "Allow it." in place.notes[0]


def test_a_slow_remote_is_asked_no_more_often_than_any():
    """Nor does it take more than its share of the lane's time."""
    place = Place()
    place.slow = 30.0
    run(place, Lane(1, 4), 60, 10.0)
    assert len(place.pushes) <= 2 * 60 * 60 / 80 + 2
