"""`confirm`: what it takes, and what it does not."""

from __future__ import annotations

import pytest

from autoresearch_ci.cli import main


@pytest.mark.parametrize(
    "flag", ["max-experiments=3", "time-limit=5m", "patience=2", "proposer=search"]
)
def test_a_setting_that_would_be_ignored_is_refused(tmp_path, capsys, flag):
    """Nobody waits for a limit that does not count here; the message says what does."""
    with pytest.raises(SystemExit) as stopped:
        main(["--repo", str(tmp_path), "confirm", f"--{flag}"])
    assert stopped.value.code == 2
    assert f"--{flag.partition('=')[0]} is for `run`" in (said := capsys.readouterr().err)
    assert "--pairs" in said
