"""Lanes share six pushes a minute, and what is read of a remote is bounded, too."""

from __future__ import annotations

import bisect
import random
import time
from types import SimpleNamespace

import pytest

from autoresearch_ci.campaign.lanes.sync import LaneSync
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Lane

DAY = 1_800_000_000.0
"""The time of the day when lanes begin."""


class Place:
    """A remote, a campaign, a ledger, an archive, news and a clock: all that a lane's sync asks."""

    def __init__(self, begins: float = 0.0, late: random.Random | None = None):
        self.pushes, self.reads, self.now, self.written = [], [], begins, 0
        self.contents, self.notes = [], []
        self.name, self.on, self.streams = "origin", "", []
        self.refs = {"code": "c", "log": "0"}
        self.slow, self.refuses, self.late = 0.0, False, late
        self.head, self.campaign = "c", SimpleNamespace()
        self.timer = None

    def leave_out(self, _gone):
        pass

    def push(self, refs, **_how):
        self.pushes.append(self.now)
        self.contents.append(refs["log"])
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

    def later(self, seconds, do):
        """A timer, which may be late, of which there is one at a time."""
        assert self.timer is None
        late = self.late.uniform(-0.01, 4.0) if self.late else 0.0
        self.timer = (max(self.now, self.now + seconds + late), do)
        return SimpleNamespace(is_alive=lambda: self.timer is not None, join=self.join)

    def join(self, _patience):
        self.wait(self.timer[0] + self.slow - self.now)

    def wait(self, seconds):
        """Let time go by, and what was to be done later be done in it."""
        end = self.now + seconds
        if self.timer and self.timer[0] <= end:
            self.now, do = self.timer
            do()
            self.timer = None
        self.now = end


def run(place: Place, lane: Lane, minutes: float, seconds: float) -> None:
    """Experiments of so many seconds, one after the other."""
    sync = LaneSync(
        place,
        place,
        place,
        place,
        place,
        lane,
        clock=lambda: place.now,
        day=lambda: DAY + place.now,
        sleep=place.wait,
        later=place.later,
    )
    while place.now < 60 * minutes:
        place.wait(0.1)
        sync.announce()
        place.wait(seconds)
        place.catch_up()
        place.notes += sync.sync().notes
    sync.sync(last=True)


@pytest.mark.parametrize("lanes", [1, 2, 4, 7, 16, 256])
@pytest.mark.parametrize("seconds", [0.5, 7.0, 60.0, 300.0])
def test_all_lanes_together_push_six_times_in_any_minute_at_most(lanes, seconds):
    """Also where they begin at any time, and pushes come late by some seconds.

    But for the last words of more than 25: no session waits longer than five minutes with them.
    """
    chance = random.Random(f"{lanes}/{seconds}")
    pushes, minutes = [], 3 * lanes / 5 if seconds < 60 else 2 * lanes
    minutes = min(minutes, 4_000 * seconds / lanes / 60 + 5)
    for number in range(1, lanes + 1):
        place = Place(chance.uniform(0, 60), chance)
        run(place, Lane(number, lanes), minutes, seconds * chance.uniform(0.7, 1.4))
        assert len(place.reads) / place.now * lanes * 2 <= 15
        pushes += place.pushes[:-1] if lanes > 25 else place.pushes
    pushes.sort()
    in_minute = [bisect.bisect_left(pushes, at + 60) - n for n, at in enumerate(pushes)]
    assert max(in_minute) <= 6
    assert pushes


def test_a_session_that_ends_keeps_its_runner_for_five_minutes_at_most():
    """However far off its lane's turn is."""
    place, waits = Place(), []
    sync = LaneSync(
        place, place, place, place, place, Lane(200, 256), day=lambda: DAY, sleep=waits.append
    )
    place.catch_up()
    sync.sync(last=True)
    assert len(waits) == len(place.pushes) == 1
    assert waits[0] <= 300


@pytest.mark.parametrize("lanes", [1, 4, 16])
@pytest.mark.parametrize("seconds", [5.0, 60.0, 300.0])
def test_a_lane_pushes_at_its_next_turn_while_it_is_at_its_next_experiment(lanes, seconds):
    """What is lost with a machine is at most one round of turns old, and then it knows the start."""
    place = Place()
    run(place, Lane(lanes, lanes), 60, seconds)
    apart = [after - before for before, after in zip(place.pushes, place.pushes[1:], strict=False)]
    assert max(apart) <= max(12 * lanes, seconds + 0.1 + 12 * lanes)
    assert all((DAY + at - 12 * (lanes - 1)) % (12 * lanes) < 0.001 for at in place.pushes)
    assert place.contents[-1] == place.refs["log"]


def test_a_lane_that_is_cut_off_does_not_wait_for_its_turn():
    """Its last words are all that is left of it."""
    place = Place()
    sync = LaneSync(place, place, place, place, place, Lane(1, 16), sleep=lambda _wait: 1 / 0)
    place.catch_up()
    sync.sync(last=True, hurry=True)
    assert len(place.pushes) == 1


def test_a_lane_without_news_ends_at_once():
    """Nobody waits for a push of nothing."""
    place = Place()
    run(place, Lane(1, 16), 10, 1.0)
    ended = place.now
    sync = LaneSync(place, place, place, place, None, Lane(1, 16), sleep=lambda _wait: 1 / 0)
    sync.sync(last=True)
    assert place.now == ended


def test_a_remote_that_rejects_is_asked_again_ever_later():
    """It is said once, and the lane goes on."""
    place = Place()
    place.refuses = True
    run(place, Lane(1, 4), 60, 10.0)
    assert 5 <= len(place.pushes) <= 8
    assert len(place.notes) == 1
    assert "Allow it." in place.notes[0]


def test_a_real_timer_pushes_while_the_lane_waits(monkeypatch):
    """The push is made beside the experiment."""
    monkeypatch.setattr("autoresearch_ci.campaign.lanes.pace.APART", 0.05)
    place = Place()
    sync = LaneSync(place, place, place, place, place, Lane(1, 1))
    sync.announce()
    for _ in range(100):
        if place.pushes:
            break
        time.sleep(0.02)
    assert place.contents == ["1"]
    sync.sync(last=True)
    assert len(place.pushes) == 1 + (place.written > 1)
