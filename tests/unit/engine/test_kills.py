"""What a kill costs; `tests/e2e/test_kills.py` kills two hundred times."""

from __future__ import annotations

import random

from tests.killed_campaigns import check_after, kill_once, make_repository


def test_a_kill_at_any_instant_costs_the_experiment_under_way_at_most(tmp_path):
    """Kill -9, run again: the log is whole, the branch is the last keep, the tree is clean."""
    repository = make_repository(tmp_path / "repository")
    rng = random.Random(20260317)
    for _ in range(6):
        kill_once(repository, tmp_path, rng)
        check_after(repository, tmp_path)
