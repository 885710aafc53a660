from __future__ import annotations

import pytest

from autoresearch_ci.project_types import ml

FILES = {"train.py": "print()\n", "prepare.py": "\n"}


@pytest.fixture
def programs(monkeypatch):
    def programs(*names):
        monkeypatch.setattr(ml.shutil, "which", lambda name: name if name in names else None)

    return programs


@pytest.mark.parametrize("managed", ["pyproject.toml", "uv.lock"])
def test_uv_runs_what_uv_manages(settings, programs, managed):
    """With uv and a project that it can read, uv runs the training."""
    programs("uv", "python")
    assert settings({**FILES, managed: ""})["run_command"] == "uv run train.py"


def test_python_without_a_project(settings, programs):
    """uv alone changes nothing where there is no pyproject.toml."""
    programs("uv", "python")
    assert settings(FILES)["run_command"] == "python train.py"


def test_python_without_uv(settings, programs):
    """A pyproject.toml is no reason to ask for a program that is not there."""
    programs("python")
    assert settings({**FILES, "pyproject.toml": ""})["run_command"] == "python train.py"


def test_python3_where_there_is_no_python(settings, programs):
    """On systems without `python` the command that exists is used."""
    programs("python3")
    assert settings(FILES)["run_command"] == "python3 train.py"


def test_the_evaluation_cannot_change(settings):
    """prepare.py, which evaluates, is read-only."""
    assert settings(FILES)["readonly_files"] == "prepare.py"


def test_half_of_the_layout_is_not_enough(settings, write):
    """train.py alone is any Python project."""
    from autoresearch_ci.project_types import detect

    assert detect(write({"train.py": "print()\n"})) is None


def test_a_lock_file_without_its_program_is_said(write, programs):
    """uv.lock without uv runs with other packages than were locked, and a note says so."""
    from autoresearch_ci.project_types import detect

    programs("python")
    (note,) = detect(write({**FILES, "uv.lock": ""})).notes
    assert "Install uv" in note
    programs("uv")
    assert detect(write({"train.py": "x"})).notes == ()


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ('print("---")\nprint(f"val_bpb:          {val_bpb:.6f}")\n', False),
        ('print("val_bpb:", val_bpb)  # the end\n', False),
        ('for step in range(9):\n    print(f"val_bpb: {val_bpb:.6f}")\n', True),
        ('print(f"val_bpb: {early}")\nprint(f"val_bpb: {val_bpb}")\n', True),
        ('print(f"val_bpb: {val_bpb} after {step}")\n', True),
        ("import inner\n", True),
        ('def main():\n    if 1:\n        print(f"val_bpb: {val_bpb:.6f}")\nmain()\n', False),
        ('def report():\n    print(f"val_bpb: {val_bpb:.6f}")\n', True),
        ('def main():\n    while 1:\n        print("val_bpb:", val_bpb)\n', True),
        ('print("val_bpb:", val_bpb, end="")\n', True),
        ("print(\n", True),
    ],
)
def test_a_line_that_is_printed_once_needs_no_shell(settings, text, needed):
    """`metric_parse` is there where one of many values has to be chosen, or nobody knows."""
    assert ("metric_parse" in settings({**FILES, "train.py": text})) == needed


PROGRAM = """\
# Research
The goal is simple: get the {way} val_auc. Everything is fair game, more or less.

Read it: `grep "^val_auc:\\|^peak_vram_mb:" run.log`
"""


@pytest.mark.parametrize(
    ("program", "name", "direction"),
    [
        (PROGRAM.format(way="highest"), "val_auc", "higher"),
        (PROGRAM.format(way="lowest"), "val_auc", "lower"),
        ("Get the lowest val_bpb.\n\ngrep '^val_bpb:' run.log\n", "val_bpb", "lower"),
        ("Research what you like.\n", "val_bpb", "lower"),
    ],
)
def test_the_metric_is_what_the_programme_reads(settings, program, name, direction):
    """Other tasks in karpathy's layout have other metrics, which program.md names."""
    found = settings({**FILES, "program.md": program})
    assert found["metric_name"] == name
    assert found["metric_direction"] == f"{direction}_is_better"
    assert found["metric_parse"].startswith(f'grep "^{name}:"')


RUNNER = """\
import prepare, train
def run():
    score = prepare.evaluate(train.train())
    print(f"val_accuracy : {score:.4f}")
    print(f"elapsed      : {1.0:.1f}s")
run()
"""


def test_another_script_runs_the_training(settings, programs):
    """Where program.md starts another script than train.py, that one runs, prints and is protected."""
    programs("python")
    program = (
        "Edit `train.py`, then run `python run.py`. First time: `python prepare.py`.\n"
        "Keep it: `git commit -m 'exp: val_accuracy'`\n"
    )
    found = settings(
        {
            "train.py": "def train():\n    return 1\n",
            "prepare.py": '"""Defines val_accuracy (higher is better)."""\n',
            "run.py": RUNNER,
            "program.md": program,
        }
    )
    assert found["target_file"] == "train.py"
    assert found["run_command"] == "python run.py"
    assert found["readonly_files"] == "prepare.py, run.py"
    assert found["metric_name"] == "val_accuracy"
    assert found["metric_direction"] == "higher_is_better"


def test_a_metric_that_nothing_names(write, programs):
    """The layout's own name is no silent guess where the programme is about something else."""
    from autoresearch_ci.project_types import detect

    programs("python")
    (note,) = detect(write({**FILES, "program.md": "Make the classifier better.\n"})).notes
    assert "Nothing here names val_bpb" in note


def test_what_uv_fetches_is_there_before_the_runs(settings, programs):
    """With uv the packages are installed once a session, since runs may have no network."""
    programs("uv", "python")
    assert settings({**FILES, "uv.lock": ""})["setup_command"] == "uv sync --inexact"
    programs("python")
    assert "setup_command" not in settings(FILES)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('CACHE_DIR = os.path.join(os.path.expanduser("~"), ".cache", "autoresearch")', ""),
        ('CACHE_DIR = Path.home() / ".cache" / "autoresearch-tabular"', "~/.cache/autoresearch-tabular"),
        ('CACHE_DIR = "~/.cache/iris"', "~/.cache/iris"),
    ],
)  # fmt: skip
def test_data_that_runs_do_not_see(write, programs, text, named):
    """Downloads in karpathy's own folder are shown; for any other a note says the setting."""
    from autoresearch_ci.project_types import detect

    programs("python")
    notes = " ".join(detect(write({**FILES, "prepare.py": text})).notes)
    assert (f"{named}: runs see that where" in notes) if named else not notes


def test_a_direction_that_the_programme_leaves_open(write, programs):
    """Lower is taken, and a note says so."""
    from autoresearch_ci.project_types import detect

    programs("python")
    (note,) = detect(write({**FILES, "program.md": PROGRAM.format(way="best")})).notes
    assert "a lower or a higher val_auc is better" in note
