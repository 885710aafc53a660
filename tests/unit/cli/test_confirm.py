"""`confirm`: what it takes, and what it does not."""

from __future__ import annotations

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.engine import confirm
from tests.projects import SETTINGS, hold, make_project


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


@pytest.mark.parametrize(("drop", "more"), [([], ""), (["--drop"], "stays out, ")])
def test_ctrl_c_says_what_is_left_of_it(tmp_path, capsys, monkeypatch, drop, more):
    """Whoever stops it is told how far it came, and that the next one goes on from there."""
    project = make_project(tmp_path / "project")
    hold(project, [("nine", "echo metric: 9\n")])

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(confirm, "run_pairs", stopped)
    monkeypatch.setattr(confirm, "dropped", stopped)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    with pytest.raises(SystemExit) as ended:
        main(["--repo", str(project), "confirm", "--tag=t", *drop, *flags])
    assert ended.value.code == 130
    said = capsys.readouterr().out
    assert "interrupted after 0 of 1 kept change" in said
    assert f"{more}every pair of runs is in the log" in said
