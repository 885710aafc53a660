"""What an experiment leaves behind in a session of the Action, and who meets it."""

from __future__ import annotations

import os

import pytest

from tests import racing_sessions
from tests.action_jobs import INPUTS, checkout

SETTINGS = """
doctor: off
setup_command: mkdir -p ~/.cache; echo 5 > ~/.five
measure_command: cat ~/.planted ~/.cache/planted "$TMPDIR/planted" ~/.five 2>/dev/null | head -n 1
holdout_command: cat ~/.planted ~/.cache/planted "$TMPDIR/planted" ~/.five 2>/dev/null | head -n 1
guard_command: test ! -e ~/.planted && test ! -e "$TMPDIR/planted"
"""
PROBES = """
echo run >> {seen}; cat ~/.planted ~/.cache/planted >> {seen}
echo 1 > ~/.planted; echo 1 > ~/.cache/planted
"""


@pytest.mark.job
@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root has a home for experiments")
def test_a_number_that_was_planted(tmp_path):
    """What runs leave in home and cache is not what measures them; the next run meets the cache."""
    with checkout(tmp_path, SETTINGS) as job:
        seen = tmp_path / "seen.txt"
        seen.touch()
        seen.chmod(0o666)
        run = PROBES.format(seen=seen) + INPUTS["run_command"]
        assert job.run(run_command=run, max_experiments="2") == 0, job.log
        records = racing_sessions.records(job.lab.bare, "t")
    done = [each["details"] for each in records if each["action"] == "experiment_done"]
    assert [each["value"] for each in done] == [5, 5, 5]
    assert done[0]["holdout"] == 5
    first, *later = seen.read_text().split("run\n")[1:]
    assert first == ""
    assert set(later) == {"1\n"}, "the cache alone"
