"""What an experiment leaves behind in a session of the Action, and who meets it."""

from __future__ import annotations

import pytest

from tests import racing_sessions
from tests.action_jobs import INPUTS, checkout

PLANTED = "~/.planted ~/.cache/pip/planted /tmp/planted /dev/shm/planted"
SETTINGS = f"""
doctor: off
setup_command: echo 5 > ~/.five
measure_command: cat {PLANTED} ~/.five 2>/dev/null | head -n 1
holdout_command: cat {PLANTED} ~/.five 2>/dev/null | head -n 1
guard_command: test -z "$(cat {PLANTED} 2>/dev/null)"
"""
PLANTS = f"mkdir -p ~/.cache/pip; for at in {PLANTED}; do echo 1 > $at; done; "


@pytest.mark.job
def test_a_number_that_was_planted(tmp_path):
    """What runs leave in the home, a cache or a temporary folder is not what measures them."""
    with checkout(tmp_path, SETTINGS) as job:
        run = PLANTS + INPUTS["run_command"]
        assert job.run(run_command=run, max_experiments="2") == 0, job.log
        records = racing_sessions.records(job.lab.bare, "t")
    done = [each["details"] for each in records if each["action"] == "experiment_done"]
    assert [each["value"] for each in done] == [5, 5, 5]
    assert done[0]["holdout"] == 5
