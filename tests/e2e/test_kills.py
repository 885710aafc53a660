"""Two hundred kills."""

from __future__ import annotations

import random
import sys

from tests.killed_campaigns import check_after, kill_once, make_repository

KILLS = 200


def test_two_hundred_kills_at_random_instants(tmp_path):
    """However often a campaign is killed, nothing that was finished is ever lost."""
    seed = random.SystemRandom().randrange(10**6)
    rng = random.Random(seed)
    repository = make_repository(tmp_path / "repository")
    for number in range(KILLS):
        instant = kill_once(repository, tmp_path, rng)
        try:
            done = check_after(repository, tmp_path)
        except AssertionError:
            print(f"seed {seed}, kill {number} after {instant:.3f} s", file=sys.stderr)
            raise
    assert done > KILLS
