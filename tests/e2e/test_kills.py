"""Two hundred and fifty kills."""

from __future__ import annotations

import random
import sys

import pytest

from tests.killed_campaigns import check_after, kill_once, make_repository


@pytest.mark.parametrize(("kills", "several"), [(200, False), (50, True)], ids=["one", "three"])
def test_kills_at_random_instants(tmp_path, kills, several):
    """However often a campaign is killed, nothing that was finished is ever lost or half done."""
    seed = random.SystemRandom().randrange(10**6)
    rng = random.Random(seed)
    repository = make_repository(tmp_path / "repository", several=several)
    for number in range(kills):
        instant = kill_once(repository, tmp_path, rng)
        try:
            done = check_after(repository, tmp_path)
        except AssertionError:
            print(f"seed {seed}, kill {number} after {instant:.3f} s", file=sys.stderr)
            raise
    assert done > kills
