"""What a run wrote, and what measures it was not shown: the error says so, with what to write."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.engine.artifact_advice import missed, partly
from tests.projects import experiments, hold, make_project

ROOT = "/home/me/project"
LEFT = (
    "dist/index.js",
    "dist/a.js",
    "made/model.so",
    "src/fast.cpython-313-x86_64-linux-gnu.so",
    "app",
    "out/DataGenerator.class",
    "out/org/acme/Main.class",
)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'made/model.so'",
            "made/model.so",
        ),
        ("find: \u2018dist\u2019: No such file or directory", "dist"),
        ("sh: 1: cannot open dist/a.js: No such file", "dist"),
        ("sh: 1: ./app: not found", "app"),
        (f"Error: Cannot find module '{ROOT}/dist/index.js'", "dist"),
        ("Error: Cannot find module './dist/index'", "dist"),
        (f"Error: ENOENT: no such file or directory, open '{ROOT}/dist/a.js'", "dist"),
        ("ModuleNotFoundError: No module named 'fast'", "src/fast.cpython-313-x86_64-linux-gnu.so"),
        ("Error: Unable to access jarfile made/model.so", "made/model.so"),
        ("Error: Could not find or load main class DataGenerator", "out"),
        ("Caused by: java.lang.ClassNotFoundException: org.acme.Main", "out/org/acme/Main.class"),
    ],
)
def test_a_missed_file_is_named_with_the_line_to_write(said, line):
    """Whichever way a program says that it misses a file which the run wrote."""
    advice = missed(f"before\n{said}\nafter", LEFT, ROOT, ())
    assert "left behind" in advice
    assert advice.endswith(f"Set `artifacts: {line}`.")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "AssertionError: dist/a.js is too large",
        "No such file or directory: 'data/set'",
        "sh: 1: vitest: not found",
        "ModuleNotFoundError: No module named 'numpy'",
    ],
)
def test_other_failures_are_not_explained_by_it(said):
    """Nothing is said where no file is missed, or one that no run wrote."""
    assert missed(said, LEFT, ROOT, ()) == ""


def test_what_is_named_already_stays_in_the_line():
    """The line to write has what the setting has."""
    said = "cat: dist/a.js: No such file or directory"
    assert missed(said, LEFT, ROOT, ("out",)).endswith("Set `artifacts: out, dist`.")


def test_a_folder_of_which_a_part_is_shown():
    """A command that names a folder or file of which something was left behind is found."""
    assert partly("find dist -type f | wc -c", LEFT)[1].endswith("Set `artifacts: dist`.")
    assert partly("wc -c < ./app", LEFT)[0].startswith("reads app, ")
    assert partly("grep dist_size run.log", LEFT) == ("", "")


MEASURED = {"metric_parse": "", "measure_command": "sh ruler.sh"}
BUILD = "mkdir -p made; . ./target.txt; echo metric: $a > made/out.txt; echo $a > made/part.js\n"


def test_a_measuring_command_that_misses_a_file_says_so(tmp_path):
    """The error of the baseline has the exact line, and with that line it works."""
    ruler = "grep -o '[0-9]*' made/part.js"
    files = {"experiment.sh": BUILD, "ruler.sh": ruler, "target.txt": "a=5\n"}
    project = make_project(tmp_path / "p", **files)
    ideas = [("smaller", "a=4\n")]
    with pytest.raises(BaselineError, match="No such file") as caught:
        hold(project, ideas, **MEASURED)
    assert "Set `artifacts: made`." in caught.value.remedy or "made/part.js" in caught.value.remedy
    events = hold(project, ideas, **MEASURED, artifacts="made")
    assert [each.value for each in experiments(events)] == [5, 4]


def test_a_measuring_command_that_sees_a_part_is_refused(tmp_path):
    """A size that is taken of a part of what the run wrote is no metric; the error says what to set."""
    files = {"experiment.sh": BUILD, "target.txt": "a=5\n"}
    project = make_project(tmp_path / "p", **files)
    settings = {"metric_parse": "cat made/* | wc -c"}
    with pytest.raises(BaselineError, match="made/part") as caught:
        hold(project, [], **settings)
    assert "Set `artifacts: made`." in caught.value.remedy
    assert [e.value for e in experiments(hold(project, [], **settings, artifacts="made"))] == [12]


def test_what_a_run_deletes_is_not_measured(tmp_path):
    """A file of the user's that a run removes is gone for what measures, too."""
    files = {
        "experiment.sh": "rm made/old.txt; " + BUILD,
        "target.txt": "a=5\n",
        ".gitignore": "made\n",
    }
    project = make_project(tmp_path / "p", **files)
    (project / "made").mkdir()
    (project / "made/old.txt").write_text("of an earlier build\n")
    settings = {"metric_parse": "cat made/* | wc -c", "artifacts": "made"}
    assert [e.value for e in experiments(hold(project, [], **settings))] == [12]
    assert (project / "made/old.txt").exists()
