"""`demo` gets its own copy of the bundled project."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

from autoresearch_ci.cli import demo, main
from autoresearch_ci.config import load
from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Direction, Reason


def test_the_copy_is_the_project_and_nothing_else(tmp_path):
    """What runs left in the project beforehand is not copied."""
    source = tmp_path / "source"
    (source / "__pycache__").mkdir(parents=True)
    (source / "data").mkdir()
    for name in ("train.py", "run.log", "results.tsv", "data/x.txt"):
        (source / name).write_text(name)
    place = demo.copy(source, tmp_path / "new")
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    assert found == {"train.py", "data/x.txt"}


def test_the_bundled_project_is_there():
    """The demo finds what it is about to copy."""
    assert (demo.example() / "prepare.py").is_file()


@pytest.mark.parametrize("kind", ["file", "full"])
def test_nothing_is_overwritten(tmp_path, kind):
    """A place that holds anything is refused."""
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
    with pytest.raises(WorkspaceError, match="not an empty directory"):
        demo.copy(demo.example(), place)


def test_the_demo_goes_on_with_the_same_python(tmp_path):
    """The interpreter that has numpy is in the commands of the copy's settings."""
    place = demo.copy(demo.example(), tmp_path / "place")
    demo.name_python(place / "CLAUDE.md")
    loaded = load(place)
    assert shlex.split(loaded.settings.run_command)[-2:] == [sys.executable, "train.py"]
    assert shlex.split(loaded.settings.measure_command)[0] == sys.executable
    assert str(loaded.origins["time_budget"]).startswith("CLAUDE.md")


def test_the_best_step_is_the_largest_gain(make_history):
    """Of the kept changes, the one that gained the most; the baseline is none."""
    history = make_history(
        (0.9, Reason.IMPROVED), (0.5, Reason.IMPROVED), (0.49, Reason.IMPROVED), (2.0, Reason.WORSE)
    )
    assert demo.best_step(history).experiment == 2
    assert demo.best_step(make_history((2.0, Reason.WORSE))) is None
    rising = make_history(
        (1.1, Reason.IMPROVED), (5.0, Reason.IMPROVED), direction=Direction.HIGHER
    )
    assert demo.best_step(rising).experiment == 2


def test_the_whole_of_it(tmp_path, monkeypatch, capsys):
    """A repository of its own, its experiments, the table, a patch, and what to do next."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "train.py").write_text("RATE = 4\nprint('val_bpb:', RATE)\n")
    (project / "CLAUDE.md").write_text("## autoresearch\n- run_command: python3 train.py\n")
    (project / "prepare.py").write_text("")
    monkeypatch.setattr(demo, "example", lambda: project)
    place = tmp_path / "place"
    with pytest.raises(SystemExit) as exit_:
        main(["demo", "--dir", str(place), "--experiments", "3"])
    out, err = capsys.readouterr()
    assert exit_.value.code == 0, err
    for part in (
        f"repository in {place}",
        "What it tried:",
        "-RATE = 4",
        "+RATE = ",
        f"cd {place}",
    ):
        assert part in out
    shown = out.split("Look at it yourself: ")[1].splitlines()[0]
    patch = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True).stdout
    assert "+RATE = " in patch
    commits = subprocess.run(
        ["git", "-C", place, "log", "--oneline"], capture_output=True, text=True, check=True
    )
    assert len(commits.stdout.splitlines()) == 1


@pytest.mark.git
def test_as_json_the_demo_prints_records_alone(tmp_path, monkeypatch, capsys):
    """With --json even the demo's standard output is data."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "train.py").write_text("RATE = 4\nprint('val_bpb:', RATE)\n")
    (project / "CLAUDE.md").write_text("## autoresearch\n- run_command: python3 train.py\n")
    (project / "prepare.py").write_text("")
    monkeypatch.setattr(demo, "example", lambda: project)
    with pytest.raises(SystemExit):
        main(["--json", "demo", "--dir", str(tmp_path / "place"), "--experiments", "1"])
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert records[-1]["action"] == "session_end"
