"""What decisions are made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch_ci.core.model import Reason, Status


def test_the_incumbent_is_the_last_keep_and_not_the_lowest_value(make_history):
    """A keep is what the judge kept: the history never picks a best by itself."""
    history = make_history((0.9, Reason.IMPROVED), (0.5, Reason.GUARD_FAILED))
    assert history.incumbent.experiment == 1
    assert history.since_keep == 1
    assert [e.experiment for e in history.kept] == [0, 1]


def test_an_interrupted_candidate_may_be_tried_again(make_history):
    """A candidate that never got its verdict is no duplicate."""
    history = make_history((None, Reason.INTERRUPTED), (1.1, Reason.WORSE))
    assert history.tried(f"{1:040x}") is None
    assert history.tried(f"{2:040x}").experiment == 2


def test_numbers_run_without_gaps(make_history, baseline):
    """An experiment out of order is a bug that is met at once."""
    history = make_history()
    with pytest.raises(ValueError, match="experiment 5 after 0"):
        history.add(replace(baseline, experiment=5, status=Status.DISCARD))
