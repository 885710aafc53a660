"""The parts of one machine that lanes have to themselves."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from autoresearch_ci.engine.lane_resources import Place, lanes, places, shortages, unfit


@pytest.mark.parametrize(
    ("parallel", "gpus", "count"),
    [("auto", (), 1), ("auto", ("0",), 1), ("auto", ("0", "1"), 2), (1, ("0", "1"), 1), (3, (), 3)],
)
def test_the_number_of_lanes(parallel, gpus, count):
    """It is what the user says; `auto` is one a GPU where there are several, else one."""
    assert lanes(SimpleNamespace(parallel=parallel), gpus) == count


def test_cores_are_shared_out():
    """Each lane is pinned to as many cores as any other, and no core to two of them."""
    assert [each.cores for each in places(2, (0, 1, 2, 5, 7), (), None)] == [(0, 1), (2, 5)]
    assert [each.cores for each in places(3, (0, 1), (), None)] == [(), (), ()]


def test_each_lane_sees_one_gpu():
    """A lane's programs see its own GPU, of either maker, and its containers get no other."""
    first, second = places(2, (0, 1), ("2", "GPU-ab"), None)
    assert first.variables == {"CUDA_VISIBLE_DEVICES": "2", "HIP_VISIBLE_DEVICES": "2"}
    assert second.settings(SimpleNamespace(gpus=("all",))) == {"gpus": "GPU-ab"}
    assert second.settings(SimpleNamespace(gpus=())) == {}
    assert [each.gpu for each in places(3, (0, 1, 2), ("0", "1"), None)] == ["0", "1", "0"]
    assert Place().variables == {}
    assert [each.gpu for each in places(2, (0, 1), ("0",), None)] == ["", ""]


def test_memory_is_shared_out():
    """The lanes together have what one of them would have had."""
    given = SimpleNamespace(gpus=())
    assert [each.settings(given) for each in places(2, (0, 1), (), 4001)] == [
        {"memory_limit": 2000}
    ] * 2


def test_more_lanes_than_there_is_of_something():
    """What is too scarce for each lane to have one is told, with the number that would fit."""
    assert list(shortages(2, (0, 1), ())) == []
    (told,) = shortages(4, (0, 1), ())
    assert told.startswith("4 lanes share 2 cores")
    assert "set parallel to 2" in told
    cores, gpus = shortages(3, (0,), ("0", "1"))
    assert "1 core," in cores
    assert "set parallel to 2" in gpus


@pytest.mark.parametrize(
    ("metric", "unit", "noisy", "said"),
    [
        ("val_bpb", "", False, ""),
        ("size_bytes", "B", False, ""),
        ("items", "", False, ""),
        ("build_ms", "", False, "build_ms is a time"),
        ("p99", "", False, "p99 is a time"),
        ("bench", "ns", False, "bench is a time"),
        ("score", "", True, "score differs between runs"),
    ],
)
def test_what_wants_one_lane(metric, unit, noisy, said):
    """A metric that is a time, or was seen to be noisy, is better measured by one at a time."""
    told = unfit(metric, unit, noisy=noisy)
    assert told.startswith(said)
    assert bool(told) is bool(said)
