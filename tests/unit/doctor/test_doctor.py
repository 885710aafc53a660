"""The doctor on small real projects: what it finds, what it says, what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.core.errors import BaselineError, WorkspaceError
from autoresearch_ci.core.model import Reason
from autoresearch_ci.doctor import Examination, weaknesses
from autoresearch_ci.engine.assembly import load_settings
from autoresearch_ci.engine.scratch import scratch
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.workspace import Workspace
from tests.projects import git, make_repository, state

TARGET = '''\
"""A small program."""

import random

WIDTH = 10


def main():
    rng = random.Random(3)
    score = WIDTH + 0 * rng.random()
    print(f"score: {score}")
    open("made/width.txt", "w").write(str(WIDTH))


main()
'''
CHECK = """\
import subprocess, sys
out = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, check=True).stdout
sys.exit(out != f"score: {float(open('made/width.txt').read())}\\n")
"""
PYTHON = {
    "target_file": "train.py",
    "run_command": f"rm -rf made; mkdir made; {sys.executable} train.py",
    "metric_name": "score",
    "metric_parse": "grep '^score:' run.log | tail -1 | cut -d' ' -f2",
    "time_budget": "1s",
    "kill_after": "2s",
}
MEASURED = {**PYTHON, "metric_parse": "", "measure_command": "cat made/width.txt"}
LIES = {"a lie after the work", "a lie instead of work"}


@pytest.fixture
def project(tmp_path):
    files = {"train.py": TARGET, "check.py": CHECK, ".gitignore": "made/\n"}
    return make_repository(tmp_path / "project", files)


def examine(project, **settings):
    with opened(project, settings) as place:
        examination = Examination(place, SessionRequest(project, settings))
        found = {check.title: check for check in examination.checks()}
        return found, weaknesses(place.workspace, examination.settings)


def opened(project, settings):
    workspace = Workspace.open(project)
    return scratch(workspace, load_settings(workspace, settings, None))


def wrong(found):
    return {title for title, check in found.items() if check.right is False}


def test_a_target_that_prints_its_own_metric_is_found(project):
    """Every verdict is right but the one on a lie, and what it says is what to do."""
    found, weak = examine(project, **PYTHON)
    assert wrong(found) == LIES
    assert {title: check.verdict for title, check in found.items() if check.right} == {
        "no change": "discard: duplicate",
        "a comment": "discard: equal",
        "a syntax error": "crash: nonzero_exit",
        "a crash": "crash: nonzero_exit",
        "an endless run": "crash: timeout",
        "an edit of another file": "discard: rule_violation",
        "a printed number": "discard: rule_violation",
        "another seed": "discard: rule_violation",
        "an empty file": "discard: rule_violation",
        "a run that does nothing": "crash: no_metric",
        "a slower or larger one": "discard: equal",
    }
    assert "train.py prints its own score" in found["a lie after the work"].note
    assert "measure_command" in found["a lie after the work"].note
    assert found["a faster or smaller one"].right is None
    assert any("guard_command" in each for each in weak)
    (project / "made").mkdir()
    (project / "made" / "data").write_text("1")
    assert any("made/" in each for each in Workspace.open(project).ignored(()))


def test_constraints_that_nothing_measures_are_found(project):
    """One is wrong with the line that the run has to print; the rest is looked at all the same."""
    counted = PYTHON["run_command"] + "; echo METRIC tests=4; echo METRIC kb=9"
    bounds = "tests >= 3, coverage >= -0.5%, kb <= 8, holdout >= -1%"
    settings = {**PYTHON, "run_command": counted, "constraints": bounds}
    found, _ = examine(project, **settings, holdout_command="echo 1")
    assert wrong(found) == {"constraint coverage", *LIES}
    assert found["constraint coverage"].verdict == "nothing measures it"
    assert "METRIC coverage=1.5" in found["constraint coverage"].note
    assert found["constraint tests"].verdict == "measured: 4"
    assert "kb <= 8 is not met yet" in found["constraint kb"].verdict
    assert found["constraint holdout"].right is None


def test_marks_for_proposers_do_not_bind_the_doctor(tmp_path):
    """A target of which only a block may change is looked at as a whole."""
    marked = "# EVOLVE-BLOCK-START\nSPARE = 1\n# EVOLVE-BLOCK-END\n"
    files = {"train.py": TARGET + marked, "check.py": CHECK, ".gitignore": "made/\n"}
    found, _ = examine(make_repository(tmp_path / "project", files), **PYTHON)
    assert wrong(found) == LIES
    assert found["a crash"].verdict == "crash: nonzero_exit"


def test_a_guard_that_works_it_out_again_makes_it_sound(project):
    """A lie that the tests see is no keep, and the doctor says that all is well."""
    guard = f"{sys.executable} check.py"
    found, weak = examine(project, **PYTHON, guard_command=guard)
    assert not wrong(found)
    assert found["a lie after the work"].verdict == f"discard: {Reason.GUARD_FAILED}"
    assert not any("guard_command" in each for each in weak)


def test_measure_command_makes_it_sound(project):
    """What is printed does not count: neither lies nor an empty file win anything."""
    found, _ = examine(project, **MEASURED)
    assert not wrong(found)
    assert found["a lie instead of work"].verdict == f"crash: {Reason.NO_METRIC}"
    assert found["a run that does nothing"].verdict == f"crash: {Reason.NO_METRIC}"


def test_old_results_count_for_nobody(project):
    """A run that makes nothing is not given the last one's number, though that was not removed."""
    keeps = "mkdir -p made; " + PYTHON["run_command"].rpartition("; ")[2]
    found, _ = examine(project, **{**MEASURED, "run_command": keeps})
    assert not wrong(found)
    assert found["a run that does nothing"].verdict == f"crash: {Reason.NO_METRIC}"


def test_a_swallowed_exit_code_is_found(project):
    """A pipe that hides how the program ended, and a number from elsewhere: broken programs pass."""
    hidden = PYTHON["run_command"] + " | cat; true"
    found, _ = examine(project, **{**PYTHON, "run_command": hidden, "metric_parse": "echo 5"})
    assert "a syntax error" in wrong(found)
    assert "exit code" in found["a syntax error"].note


def test_time_and_size_have_a_better_program(project):
    """Where the metric is a run's wall time, planted waste is worse and its removal is kept."""
    parse = 'echo "$AUTORESEARCH_SECONDS"'
    timed = {**PYTHON, "metric_name": "seconds", "metric_parse": parse}
    timed |= {"min_delta": "0.5", "kill_after": "9s", "guard_command": "grep -q 0 made/width.txt"}
    found, _ = examine(project, **timed)
    assert found["a slower or larger one"].verdict == "discard: worse"
    assert found["a faster or smaller one"].verdict == "keep: improved"
    assert "not read from what a run prints" in found["a lie after the work"].note
    assert not wrong(found)


def test_the_search_does_not_lie(project):
    """With a proposer that writes no code there is nothing to be afraid of."""
    found, _ = examine(project, **PYTHON, proposer="search")
    assert not wrong(found)
    assert "writes no code" in found["a lie after the work"].note


def test_an_unknown_language_is_said(tmp_path):
    """What cannot be planted is said, with the reason, and the rest is examined."""
    project = make_repository(
        tmp_path / "p", {"model.zzz": "4\n", "run.sh": "echo metric: $(cat model.zzz)\n"}
    )
    found, _ = examine(
        project, target_file="model.zzz", run_command="sh run.sh", metric_name="metric",
        metric_parse="sed 's/.*: //' run.log", time_budget="1s", kill_after="2s",
    )  # fmt: skip
    assert found["no change"].right
    assert found["an empty file"].right
    assert found["a comment"].right is None
    assert "does not know the language" in found["a comment"].note


def everything(project):
    """All files of the project but git's objects, and all refs."""
    paths = (path for path in sorted(project.rglob("*")) if path.is_file())
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in paths
        if path.relative_to(project).parts[:2] != (".git", "objects")
    }


def test_the_project_is_left_as_it_was(project):
    """No branch, no log, no file, whether it ends well or not, and whatever the user has changed."""
    (project / "notes.txt").write_text("mine")
    (project / "check.py").write_text("edited")
    git(project, "switch", "-q", "-c", "work")
    before = everything(project)
    with pytest.raises(BaselineError):
        examine(project, **{**PYTHON, "run_command": "false"})
    with pytest.raises(KeyboardInterrupt), opened(project, PYTHON) as place:
        folder = place.workspace.outputs
        raise KeyboardInterrupt
    assert not folder.exists()
    found, _ = examine(project, **PYTHON)
    assert wrong(found) == LIES
    assert everything(project) == before


def test_no_object_of_the_users_is_collected(project):
    """What only the user's branches hold survives git's collecting in the doctor's repository."""
    for number in range(3):
        (project / "check.py").write_text(f"# {number}\n")
        git(project, "commit", "-qam", f"more {number}")
    with opened(project, PYTHON) as place:
        shadow = place.workspace
        with suppress(WorkspaceError):
            shadow.git.run("gc", "--prune=now")
        with suppress(WorkspaceError):
            shadow.git.run("prune", "--expire=now")
        shadow.maintain()
    assert git(project, "fsck", "--strict") == ""
    assert git(project, "log", "--format=%s").split("\n")[0] == "more 2"


def test_the_verb_says_it_in_words_and_in_json(project, capsys):
    """Exit code 1 where the loop cannot be trusted; --json has every check on standard output."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in PYTHON.items()]
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(project), "--json", "doctor", *flags])
    assert exit_.value.code == 1
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert data["trusted"] is False
    assert {c["title"] for c in data["checks"] if c["right"] is False} == LIES
    assert "WRONG" in err
    guard = f"--guard-command={sys.executable} check.py"
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(project), "--quiet", "doctor", *flags, guard])
    assert exit_.value.code == 0
    assert capsys.readouterr().out.strip() == (
        "Every verdict was right: the loop can be trusted with this project."
    )


def test_a_killed_doctor_leaves_nothing(project):
    """SIGTERM in the middle of it ends the run under way."""
    before = everything(project)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in PYTHON.items()]
    command = [sys.executable, "-m", "autoresearch_ci", "--repo", str(project), "doctor", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as doctor:
        for line in doctor.stdout:
            if "no change" in line:
                doctor.terminate()
    assert doctor.returncode == 130
    assert everything(project) == before


LIBRARY = "def double(x):\n    return 2 * x\n"


def test_an_edited_file_may_be_imported(tmp_path):
    """A file that the target imports is changed harmlessly, put back, and no bug of ours."""
    files = {"train.py": f"import lib\n{TARGET}", "lib.py": LIBRARY}
    project = make_repository(tmp_path / "p", files)
    (project / ".git" / "info" / "exclude").write_text("made/\n__pycache__/\n")
    found, _ = examine(project, **MEASURED)
    assert found["an edit of another file"].verdict == "discard: rule_violation"
    assert not wrong(found)


def test_an_edit_that_breaks_the_run_is_no_bug(tmp_path):
    """A project that tolerates no change to another file crashes on it: nothing is wrong with that."""
    strict = "import os\nif open('only.dat').read() != '123': os._exit(3)\n"
    project = make_repository(tmp_path / "p", {"train.py": strict + TARGET, "only.dat": "123"})
    (project / ".git" / "info" / "exclude").write_text("made/\n")
    found, _ = examine(project, **MEASURED)
    assert found["an edit of another file"].verdict == "crash: nonzero_exit"
    assert found["an edit of another file"].right
    assert not wrong(found)


PACKED = {
    "target_file": "lib.py",
    "run_command": "rm -rf dist; mkdir dist; tar cf dist/lib.tar lib.py",
    "metric_name": "package_bytes",
    "metric_parse": "cat lib.py | wc -c",
    "time_budget": "1s",
    "kill_after": "2s",
}
"""A build that packs the target, and looks at nothing in it."""


@pytest.fixture
def packed(tmp_path):
    files = {"lib.py": LIBRARY, "README.md": "A library.\n", ".gitignore": "dist/\n__pycache__/\n"}
    return make_repository(tmp_path / "project", files)


def test_a_package_that_is_tested_is_sound(packed):
    """Where a build only packs the target, what the guard notices is enough."""
    test = f'{sys.executable} -c "import lib; assert lib.double(2) == 4"'
    found, _ = examine(packed, **PACKED, guard_command=test)
    assert not wrong(found)
    assert found["a syntax error"].verdict == "discard: worse, and the guard refuses it"
    assert found["a printed number"].note == "the metric is not read from what a run prints"
    assert "execute" in found["an edit of another file"].note
    assert found["a faster or smaller one"].verdict == "keep: improved"


def test_a_package_that_nobody_tests_is_found(packed):
    """Without a guard the size is won by an empty file, and the advice can be followed."""
    found, _ = examine(packed, **PACKED)
    assert found["a syntax error"].right
    assert wrong(found) == {"an empty file"}
    assert "Set guard_command" in found["an empty file"].note


def test_a_hidden_build_failure_makes_nothing(packed):
    """A build whose failure is hidden leaves the last artefact, which is not measured for its own."""
    build = f"mkdir -p dist; {sys.executable} -m py_compile lib.py && cp lib.py dist/; true"
    size = "wc -c < dist/lib.py"
    found, _ = examine(
        packed, **{**PACKED, "run_command": build, "metric_parse": size}, artifacts="dist/lib.py"
    )
    assert found["a syntax error"].verdict == f"crash: {Reason.NO_METRIC}"
    assert wrong(found) == {"an empty file"}


def test_a_build_that_takes_time(packed):
    """A build's time says nothing of a broken target; only keeping one would be wrong."""
    test = f'{sys.executable} -c "import lib; assert lib.double(2) == 4"'
    timed = {
        **PACKED,
        "metric_name": "build_seconds",
        "metric_parse": 'echo "$AUTORESEARCH_SECONDS"',
    }
    found, _ = examine(packed, **timed, guard_command=test, min_delta="5")
    assert not wrong(found)
    assert found["a slower or larger one"].right is None


def test_waste_that_breaks_the_guard(project):
    """A project that cannot be measured with planted waste is examined to its end nevertheless."""
    guard = f"{sys.executable} -c \"assert len(open('train.py').read()) < 9000\""
    size = {"metric_name": "made_bytes", "metric_parse": "wc -c < train.py"}
    found, _ = examine(project, **{**PYTHON, **size}, guard_command=guard)
    assert found["a faster or smaller one"].right is None
    assert "planted waste" in found["a faster or smaller one"].note


def test_what_is_under_way_is_said(project, capsys):
    """Piped, each plant is a line when it begins, with its number of how many."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in PYTHON.items()]
    with pytest.raises(SystemExit):
        main(["--repo", str(project), "doctor", *flags])
    out = capsys.readouterr().out
    assert "the project as it is" in out
    assert "3 of 14: a syntax error" in out
    assert out.index("3 of 14: a syntax error") < out.index("crash: nonzero_exit")
    assert "1 of 14 changes not judged here" in out


def test_a_project_that_fails_later_is_examined_to_its_end(project):
    """What can no longer be tried says why, and what was found before is kept."""
    mark = state() / "mark"
    opened = {"sandbox_write": str(state())}
    settings = {
        **PYTHON,
        **opened,
        "guard_command": f"if grep -q atexit train.py; then touch {mark}; fi",
    }
    settings["run_command"] = f"test ! -e {mark} && {PYTHON['run_command'].replace(';', ' &&')}"
    found, _ = examine(project, **settings)
    assert found["a lie after the work"].verdict == "keep: improved"
    assert found["a lie instead of work"].right is None
    assert "gives no metric" in found["a lie instead of work"].note
    assert len(found) == 14
