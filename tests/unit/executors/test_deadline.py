"""An executor with an end: what is not over by then has no result."""

from __future__ import annotations

import math
import time

import pytest

from autoresearch_ci.core.errors import OutOfTimeError
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.deadline import Deadline
from autoresearch_ci.executors.local import ProcessExecutor


def test_within_its_time(tmp_path):
    """A command is run as ever, and its own limit is a timeout as ever."""
    run = Deadline(ProcessExecutor(), math.inf).run
    assert run(Command("exit 3", tmp_path, 30.0)).returncode == 3
    assert run(Command("sleep 60", tmp_path, 0.1)).timed_out


def test_what_ends_in_time_counts(tmp_path):
    """A command that could have run past the end, and did not, has its result."""
    run = Deadline(ProcessExecutor(), time.monotonic() + 60).run
    assert run(Command("echo yes", tmp_path, 3600.0)).output == "yes\n"


def test_cut_off(tmp_path):
    """What runs at the end is ended, and is no timeout of the command's; then nothing is begun."""
    run = Deadline(ProcessExecutor(), time.monotonic() + 0.3).run
    for command in ("sleep 60", "touch begun"):
        with pytest.raises(OutOfTimeError):
            run(Command(command, tmp_path, 30.0))
    assert not (tmp_path / "begun").exists()
