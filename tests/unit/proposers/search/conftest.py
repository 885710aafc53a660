"""Campaigns in memory: the search against a function of the text, without git or processes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, Experiment, FileSet, Proposal, Reason, Status
from autoresearch_ci.proposers.search import SearchProposer

Metric = Callable[[str], float | None]


def blob(text: str) -> str:
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Campaign:
    """Drives a proposer as the loop does; strict improvements are kept, equal cuts too."""

    def __init__(self, text: str, metric: Metric, path: str = "train.py", **options) -> None:
        self.source = FileSet({path: text})
        self.metric = metric
        self.history = History(Direction.LOWER)
        self.options = {"metric_name": "loss", "deletions": False, **options}
        self.proposer = SearchProposer(**self.options)
        self.proposals: list[Proposal] = []
        self._record(Status.KEEP, None, metric(text), text, {})

    def _record(self, status, reason, value, text, change) -> None:
        best = self.history.incumbent
        number = self.history.next_number
        self.history.add(
            Experiment(
                tag="t",
                session="s",
                timestamp="",
                experiment=number,
                status=status,
                reason=reason,
                metric="loss",
                value=value,
                prev=best.value if best else None,
                description="",
                commit="",
                parent="",
                candidate=blob(text),
                proposer="search",
                change=json.loads(json.dumps(change)),
            )
        )

    @property
    def best(self) -> float:
        return self.history.incumbent.value

    def step(self) -> Proposal | None:
        proposal = self.proposer.propose(self.source, self.history)
        if proposal is None:
            return None
        self.proposals.append(proposal)
        try:
            value = self.metric(proposal.files.text)
        except (TypeError, ZeroDivisionError):
            value = None  # what the metric reads is gone: the program crashes
        best = self.best
        if value is None:
            status, reason = Status.CRASH, Reason.NONZERO_EXIT
        elif value < best:
            status, reason = Status.KEEP, Reason.IMPROVED
        elif value == best and "cut" in proposal.change:
            status, reason = Status.KEEP, Reason.SIMPLER
        else:
            status, reason = Status.DISCARD, Reason.EQUAL if value == best else Reason.WORSE
        self._record(status, reason, value, proposal.files.text, dict(proposal.change))
        if status is Status.KEEP:
            self.source = proposal.files
        return proposal

    def run(self, steps: int) -> Campaign:
        for _ in range(steps):
            if self.step() is None:
                break
        return self


def setting(text: str, name: str) -> float:
    return float(re.search(rf"^{name} = (\S+)", text, re.MULTILINE)[1])


@pytest.fixture(scope="session")
def campaign():
    """A function that starts a campaign on a text and a metric."""
    return Campaign


@pytest.fixture(scope="session")
def read():
    """A function that reads the value of `NAME = value` from a text."""
    return setting
