"""Records that tests are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import (
    Direction,
    Experiment,
    Reason,
    Sample,
    SessionStart,
    Side,
    Status,
)
from tests.projects import SETTINGS

BASELINE = Experiment(
    tag="mar17",
    session="s1",
    timestamp="2026-03-17T14:35:00Z",
    experiment=0,
    status=Status.KEEP,
    reason=None,
    metric="val_bpb",
    value=1.0,
    prev=None,
    description="baseline",
    commit="a" * 40,
    parent="a" * 40,
    candidate="0" * 40,
    proposer="baseline",
    samples=(Sample(Side.CANDIDATE, 1.0),),
)

STATUS_OF = {
    Reason.IMPROVED: Status.KEEP,
    Reason.SIMPLER: Status.KEEP,
    Reason.NONZERO_EXIT: Status.CRASH,
    Reason.TIMEOUT: Status.CRASH,
    Reason.INTERRUPTED: Status.CRASH,
}


@pytest.fixture
def baseline() -> Experiment:
    return BASELINE


@pytest.fixture
def session_start() -> SessionStart:
    return SessionStart(
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


@pytest.fixture
def make_history() -> Callable[..., History]:
    """A history from (value, reason) pairs after a baseline of 1.0."""

    def make(
        *outcomes: tuple[float | None, Reason], direction: Direction = Direction.LOWER
    ) -> History:
        history = History(direction)
        history.add(BASELINE)
        for number, (value, reason) in enumerate(outcomes, start=1):
            history.add(
                replace(
                    BASELINE,
                    experiment=number,
                    status=STATUS_OF.get(reason, Status.DISCARD),
                    reason=reason,
                    value=value,
                    prev=history.kept[-1].value,
                    description=f"idea {number}",
                    commit=f"{number:040x}",
                    candidate=f"{number:040x}",
                    proposer="search",
                )
            )
        return history

    return make


@pytest.fixture(autouse=True)
def _state(tmp_path_factory, monkeypatch):
    """What scripts of a test count, from run to run, is in a folder that runs may write to."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("STATE", str(folder))
    monkeypatch.setitem(SETTINGS, "env", "STATE")
    monkeypatch.setitem(SETTINGS, "sandbox_write", str(folder))
