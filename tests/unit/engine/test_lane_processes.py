"""Processes of lanes on one machine."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from autoresearch_ci.engine import lane_processes
from autoresearch_ci.engine.lane_processes import Ended, LaneProcesses, Said
from autoresearch_ci.engine.lane_resources import Place

pytestmark = pytest.mark.git

WAITS = "import time; print('here', flush=True); time.sleep(60)"


@pytest.fixture
def lanes(tmp_path):
    """Starts lanes that are these programs."""

    def start(*programs, places=None, **variables):
        return LaneProcesses(
            lambda number: [sys.executable, "-c", programs[number - 1]],
            places or [Place() for _ in programs],
            tmp_path,
            {**os.environ, **variables},
        )

    return start


def nothing():
    """No work in between."""


def test_one_stream(lanes):
    """What the lanes say comes line by line with their number, and each says that it has ended."""
    tell = "import sys; print('{0}'); print('for people {0}', file=sys.stderr); sys.exit({0})"
    with lanes(tell.format(0), tell.format(7)) as both:
        said = list(both.stream(nothing))
    assert {each for each in said if isinstance(each, Said)} == {
        Said(1, "0"), Said(2, "7"), Said(1, "for people 0", people=True),
        Said(2, "for people 7", people=True),
    }  # fmt: skip
    assert {each for each in said if isinstance(each, Ended)} == {Ended(1, 0), Ended(2, 7)}
    assert [each for each in said if each.number == 2][-1] == Ended(2, 7)


def test_its_place(lanes):
    """A lane has the cores and the GPU of its place, and no other."""
    core = min(os.sched_getaffinity(0))
    tell = (
        "import os; print(sorted(os.sched_getaffinity(0)), os.environ['CUDA_VISIBLE_DEVICES'],"
        " os.environ['HIP_VISIBLE_DEVICES'])"
    )
    ours = os.sched_getaffinity(0)
    with lanes(tell, tell, places=[Place((core,), "1"), Place((), "3")]) as both:
        said = {each.line for each in both.stream(nothing) if isinstance(each, Said)}
    assert said == {f"[{core}] 1 1", f"{sorted(ours)} 3 3"}
    assert os.sched_getaffinity(0) == ours


def test_an_interrupt_is_passed_on(lanes):
    """Each lane hears of it, and what it says while it undoes its work is still heard."""
    tidy = (
        "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print('undone')))\n"
    )
    with lanes(tidy + WAITS, tidy + WAITS) as both:
        said = []
        for each in both.stream(nothing):
            said.append(each)
            if [s.line for s in said if isinstance(s, Said)] == ["here", "here"]:
                both.interrupt()
    assert sorted(s.line for s in said if isinstance(s, Said)) == [
        "here",
        "here",
        "undone",
        "undone",
    ]
    assert {s for s in said if isinstance(s, Ended)} == {Ended(1, 0), Ended(2, 0)}


def test_none_is_left_behind(lanes, monkeypatch):
    """However the block ends, no lane goes on after it, also one that does not listen."""
    monkeypatch.setattr(lane_processes, "PATIENCE", 0.5)
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    found = []
    with pytest.raises(KeyboardInterrupt), lanes(deaf + WAITS, WAITS) as both:
        for each in both.stream(nothing):
            found = both.processes
            if each == Said(1, "here"):
                raise KeyboardInterrupt
    assert found[1].returncode == -signal.SIGKILL
    assert found[2].returncode == -signal.SIGTERM


def test_one_that_cannot_be_started(lanes, tmp_path):
    """Those that were started before it are ended."""
    both = LaneProcesses(
        lambda number: [sys.executable, "-c", WAITS] if number == 1 else [str(tmp_path / "none")],
        [Place(), Place()], tmp_path, dict(os.environ),
    )  # fmt: skip
    with pytest.raises(FileNotFoundError), both:
        pass
    assert both.processes[1].returncode == -signal.SIGTERM


def test_work_in_between(lanes):
    """While nobody says anything something else can be done, such as a push."""
    done = []
    with lanes("import time; time.sleep(0.5)") as one:
        list(one.stream(lambda: done.append(time.monotonic()), every=0.05))
    assert len(done) > 3
