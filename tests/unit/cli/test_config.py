"""`config`: what counts, and where it was said."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.cli.config import written
from autoresearch_ci.config import Settings, render_schema
from autoresearch_ci.core.model import Direction, MinDelta
from tests.projects import commit_all

pytestmark = pytest.mark.git  # it asks which level of isolation there is

SECTION = """# Notes

## autoresearch

- target_file: solve.py
- run_command: python solve.py
- metric_name: score
- metric_parse: tail -1 run.log
- metric_direction: higher_is_better
- min_delta: 0.5%
"""


@pytest.fixture
def config(tmp_path, capsys):
    (tmp_path / "CLAUDE.md").write_text(SECTION)

    def call(*words):
        with pytest.raises(SystemExit) as exit_:
            main(["--repo", str(tmp_path), "config", *words])
        assert exit_.value.code == 0
        return capsys.readouterr().out

    return call


def test_every_setting_has_a_value_and_a_source(config):
    """All of them are listed, each with the source that won."""
    rows = {
        line.split()[0]: line for line in config("--all", "--patience", "7").splitlines() if line
    }
    assert set(Settings.model_fields) <= set(rows)
    assert "CLAUDE.md:5" in rows["target_file"]
    assert rows["target_file"].endswith("solve.py")
    assert "command line" in rows["patience"]
    assert rows["patience"].endswith("7")
    assert "default" in rows["time_budget"]
    assert rows["min_delta"].endswith("0.5%")


def test_a_target_that_is_not_there_is_said(config, tmp_path):
    """A misspelt target is noticed before an experiment is begun."""
    assert "note: there is no file solve.py." in config()
    (tmp_path / "solve.py").write_text("a = 1\n")
    assert "there is no file" not in config()


def test_json_is_for_programs(config):
    """Each setting is an object with value and source."""
    data = json.loads(config("--json"))
    assert set(data) == set(Settings.model_fields)
    assert data["target_file"] == {"value": "solve.py", "source": "CLAUDE.md:5"}
    assert data["time_budget"]["value"] == 300
    assert data["metric_direction"]["value"] == "higher_is_better"
    assert data["min_delta"]["value"] == "0.5%"


def test_a_subdirectory_is_in_the_repository(config, tmp_path):
    """The settings of the repository count wherever in it one stands."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    assert "solve.py" in config("--repo", str(tmp_path / "sub"))


@pytest.mark.parametrize("value", ["-5", "-0.5", "-.5", "-1e-3"])
def test_a_negative_number_is_a_value(config, value):
    """A number below zero after a flag is not taken for a flag."""
    shown = json.loads(config("--json", "--target-value", value))["target_value"]
    assert shown == {"value": float(value), "source": "command line"}


def test_the_schema_is_the_one_for_editors(config):
    """`--schema` prints what the editors are given."""
    assert config("--schema") == render_schema()


def test_a_long_script_stays_on_one_line(config):
    """A value of several lines does not break the table."""
    assert "one two" in config("--run-command", "one\ntwo")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ((), "-"),
        (("a", "b"), "a, b"),
        (300.0, "300"),
        (MinDelta(0.005, relative=True), "0.5%"),
        (MinDelta(0.01), "0.01"),
        (Direction.HIGHER, "higher_is_better"),
        ("x y", "x y"),
    ],
)
def test_values_read_as_one_would_write_them(value, shown):
    """What is printed can be put into a section."""
    assert written(value) == shown


def test_what_was_said_comes_first(config):
    """Defaults are folded: their number is said, and how to see them."""
    said = config("--patience", "7")
    assert "time_budget" not in said
    assert "more are at their defaults; --all shows them" in said
    every = [line.split()[0] for line in config("--all", "--quiet").splitlines() if line]
    assert every.index("min_delta") < every.index("time_budget")
    assert set(every) == set(Settings.model_fields)


def test_the_program_that_counts_is_shown(config, tmp_path):
    """Without a program_file, program.md is used, and shown as what is used."""
    (tmp_path / "program.md").write_text("Be quick.\n")
    (row,) = [line for line in config().splitlines() if line.startswith("program_file")]
    assert row.endswith("program.md")


def test_columns_count_in_a_pipe_too(config, monkeypatch):
    """COLUMNS is kept to wherever the output goes."""
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, config("--quiet").splitlines())) <= 40
    monkeypatch.delenv("COLUMNS")
    assert max(map(len, config("--quiet").splitlines())) > 40


def test_the_level_of_isolation_and_why(config, tmp_path, monkeypatch):
    """It says at which level runs would be kept apart here, and why no stronger one is there."""
    (tmp_path / "solve.py").write_text("")
    commit_all(tmp_path)
    named = config("--isolation", "copy").partition("runs are isolated by: ")[2]
    assert named.startswith("copy. ")
    assert "leaves open" in named
    monkeypatch.setattr("autoresearch_ci.trees.overlay.program", lambda: None)
    said = config().partition("runs are isolated by: ")[2]
    assert "overlay: bubblewrap is not installed" in said
