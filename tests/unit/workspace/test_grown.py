"""Random projects, random runs: what is the user's is there after a session as it was before."""

from __future__ import annotations

import shutil

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.random_projects import grow, hold


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_nothing_of_the_users_is_taken_away(tmp_path_factory, random):
    """Whatever a project holds and its runs do, a session itself takes nothing away.

    After honest runs, which only add files, everything is as it was, byte for byte. Others may
    spoil what git ignores and nobody named read-only: that stays as they left it.
    """
    folder = tmp_path_factory.mktemp("grown") / "project"
    grown = grow(folder, random)
    assert hold(grown) == [], (grown.readonly, grown.log)
    shutil.rmtree(folder)
