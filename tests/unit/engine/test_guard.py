"""Whole sessions whose ideas are after the ruler, with real git and real processes."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.core.errors import BaselineError
from autoresearch_ci.core.model import Experiment, Reason, Status
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.reports.table import Layout
from autoresearch_ci.reports.terminal import Paint
from tests.projects import (
    SETTINGS,
    experiments,
    git,
    hold,
    look,
    make_project,
    make_repository,
    state,
)

TARGET = """\
SEED = 7
WIDTH = 10


def main():
    score = WIDTH * 1.0
    print(f"score: {score}")


main()
"""
PYTHON = {
    "target_file": "train.py",
    "run_command": f"{sys.executable} train.py",
    "metric_name": "score",
    "metric_parse": "grep '^score:' run.log | tail -1 | cut -d' ' -f2",
}


def says(value: object) -> str:
    return f"echo metric: {value}\n"


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


@pytest.fixture
def program(tmp_path):
    return make_repository(tmp_path / "program", {"train.py": TARGET, ".gitignore": "made/\n"})


def swap(old, new):
    return lambda text: text.replace(old, new)


def test_a_violation_is_discarded_before_a_run_is_spent(program):
    """An edit of the report or of a seed costs no second, and its line is named."""
    events = hold(
        program,
        [
            ("lie", swap("{score}", "{0.1}")),
            ("say it first", swap("SEED", "print('score: 1')\nSEED")),
            ("another seed", swap("SEED = 7", "SEED = 8")),
            ("honest", swap("WIDTH = 10", "WIDTH = 9")),
        ],
        **PYTHON,
    )
    _, *lies, honest = experiments(events)
    assert [e.reason for e in lies] == [Reason.RULE_VIOLATION] * 3
    assert [e.seconds for e in lies] == [0, 0, 0]
    assert [e.samples for e in lies] == [(), (), ()]
    assert lies[0].error == 'line 7, which reports score, is changed: print(f"score: {score}")'
    assert lies[2].error == "line 1, which sets a random seed, is changed: SEED = 7"
    assert (honest.status, honest.value) == (Status.KEEP, 9)


def test_a_jump_is_measured_again_and_flagged_everywhere(project):
    """A value ten times better is run twice, kept when it repeats, and marked in every report."""
    events = hold(project, [("leap", says(0.5)), ("modest", says(0.4))], guard_command="true")
    _, leap, modest = experiments(events)
    assert (leap.status, leap.reason, leap.jump) == (Status.KEEP, Reason.IMPROVED, True)
    assert [s.value for s in leap.samples if s.side == "candidate"] == [0.5, 0.5]
    assert not modest.jump
    history = look(project, "t").history
    assert [e.jump for e in history.experiments] == [False, True, False]
    assert "improved, jump" in Layout(None, Paint(colour=False)).row(history.experiments[1])
    page = git(project, "show", "autoresearch-logs/t:README.md")
    assert ", **jump** |" in page
    assert "**A jump: experiment 1.**" in page
    assert "Autoresearch-Jump" in git(project, "log", "--format=%B", "autoresearch/t^")
    assert "Autoresearch-Jump" not in git(project, "log", "-1", "--format=%B", "autoresearch/t")


def test_a_jump_that_does_not_repeat_is_implausible(project):
    """A number that was luck, or a lie told once, is a crash and no keep."""
    once = "test -e $STATE/once || { touch $STATE/once; echo metric: 0.1; exit; }\n"
    events = hold(project, [("once", once + says(10)), ("honest", says(9))])
    _, lucky, honest = experiments(events)
    assert (lucky.status, lucky.reason, lucky.value) == (Status.CRASH, Reason.IMPLAUSIBLE, None)
    assert lucky.error.startswith("a jump that did not repeat: 0.1, 10")
    assert honest.status is Status.KEEP
    assert not honest.jump


def test_a_jump_on_a_slower_machine_is_compared_with_that_machine(project):
    """A session on a machine of another speed keeps a real leap: its own runs show the gain."""
    noisy = "n=$(cat $STATE/runs 2>/dev/null || echo 0); echo $((n + 1)) > $STATE/runs\n"
    noisy += "speed=$(cat $STATE/speed)\necho metric: $((WORK * speed + n * 7 % 5))\n"
    speed = state() / "speed"
    speed.write_text("1\n")
    (project / "target.txt").write_text(noisy.replace("WORK", "100"))
    git(project, "commit", "-qam", "noisy")
    ideas = [("none", noisy.replace("WORK", "100") + "# none\n")]
    hold(project, ideas)
    speed.write_text("20\n")
    ideas.append(("leap", noisy.replace("WORK", "5")))
    *_, leap = experiments(hold(project, ideas))
    assert leap.reason is Reason.IMPROVED, leap.error
    assert leap.value == pytest.approx(6, abs=4), "what it would be on the machine on record"


def test_a_jump_that_breaks_the_guard_is_not_kept(project):
    """A leap is no excuse: the guard has the last word, and nothing is flagged."""
    events = hold(project, [("leap", says(0.5))], guard_command="! grep -q 0.5 target.txt")
    assert experiments(events)[1].reason is Reason.GUARD_FAILED
    assert not experiments(events)[1].jump


MEASURED = {**PYTHON, "metric_parse": "", "measure_command": f"{sys.executable} measure.py"}
MEASURE = """\
import pathlib
print(len(pathlib.Path("made/model").read_text()))
"""
MAKES = """\
import pathlib
WIDTH = 10
pathlib.Path("made").mkdir(exist_ok=True)
pathlib.Path("made/model").write_text("x" * WIDTH)
print("score: 10")
"""


@pytest.fixture
def measured(tmp_path):
    files = {"train.py": MAKES, "measure.py": MEASURE, ".gitignore": "made/\n__pycache__/\n"}
    return make_repository(tmp_path / "measured", files)


def test_measure_command_is_the_only_source_of_the_metric(measured):
    """What the target prints counts for nothing; what it made is measured, rules restored."""
    cheat = "open('measure.py', 'w').write('print(1)')\n"
    events = hold(
        measured,
        [
            ("print what I like", swap("score: 10", "score: 0")),
            ("a lie at the end", lambda text: text + "print('score: 0')\n"),
            ("edit the ruler", lambda text: text + cheat),
            ("a smaller model", swap("WIDTH = 10", "WIDTH = 9")),
            ("no model", lambda text: "import shutil\nshutil.rmtree('made', True)\n"),
        ],
        **MEASURED,
    )
    assert [(e.status, e.reason, e.value) for e in experiments(events)] == [
        (Status.KEEP, None, 10),
        (Status.DISCARD, Reason.EQUAL, 10),
        (Status.DISCARD, Reason.EQUAL, 10),
        (Status.DISCARD, Reason.RULE_VIOLATION, 10),
        (Status.KEEP, Reason.IMPROVED, 9),
        (Status.CRASH, Reason.NO_METRIC, None),
    ]
    assert experiments(events)[-1].error.startswith("measure_command failed")
    assert "FileNotFoundError" in experiments(events)[-1].error


@pytest.mark.skipif(shutil.which("make") is None, reason="NOT RUN: no make")
def test_a_file_for_a_made_target(measured):
    """A candidate that writes a file of the name of a target has no guard pass for it."""
    (measured / "Makefile").write_text("test:\n\tgrep -q 'WIDTH = 10' train.py\n")
    git(measured, "add", "Makefile")
    git(measured, "commit", "-qm", "tests")

    def evil(text):
        return text.replace("= 10", "= 9").replace("score: 10", "") + "open('test', 'w')\n"

    events = hold(measured, [("made", evil)], guard_command="make test", **MEASURED)
    assert experiments(events)[1].reason is Reason.GUARD_FAILED


def test_a_held_out_number_is_recorded_and_no_proposer_sees_it(measured):
    """Keeps have it in the log and the README; nothing that a proposer is given does."""
    command = "test $(wc -c < made/model) != 8 && echo 123.5 || echo no, 123.5 of 2"
    seen = []

    class Curious(ScriptedProposer):
        def propose(self, source, history):
            seen.append(repr((source, history.experiments, history.kept, history.incumbent)))
            return super().propose(source, history)

    ideas = [
        ("worse", swap("= 10", "= 11")),
        ("nine", swap("= 10", "= 9")),
        ("eight", swap("= 9", "= 8")),
    ]
    with open_session(
        SessionRequest(
            measured, {**MEASURED, "tag": "t", "holdout_command": command}, proposer=Curious(ideas)
        )
    ) as session:
        events = list(research(session))
    base, worse, nine, eight = experiments(events)
    assert [e.holdout for e in (base, worse, nine, eight)] == [123.5, None, 123.5, None]
    assert eight.status is Status.KEEP
    assert eight.holdout_error.startswith("holdout_command printed more than one number")
    lines = (measured / ".claude/logs/autoresearch.jsonl").read_text().splitlines()
    details = [json.loads(line)["details"] for line in lines if "experiment_done" in line]
    assert [d.get("holdout", "-") for d in details] == [123.5, "-", 123.5, None]
    assert "| 2 | 9.000000 | 123.500000 |" in git(measured, "show", "autoresearch-logs/t:README.md")
    assert len(seen) == 4
    assert not any("123.5" in words for words in seen)
    assert not any(
        "123.5" in git(measured, "show", f"autoresearch-logs/t:{name}")
        for name in git(
            measured, "ls-tree", "-r", "--name-only", "autoresearch-logs/t"
        ).splitlines()
        if name.endswith((".log", ".tsv"))
    )
    assert all(isinstance(e, Experiment) for e in look(measured, "t").history.experiments)


def test_a_held_out_failure_stops_no_keep(project):
    """What holdout_command does wrong is a note beside the keep."""
    events = hold(
        project,
        [("nine", says(9))],
        holdout_command="! grep 9 target.txt || echo x >> experiment.sh; echo 1",
    )
    assert experiments(events)[1].status is Status.KEEP
    assert experiments(events)[1].holdout is None
    error = experiments(events)[1].holdout_error
    assert error == "holdout_command changed experiment.sh"
    assert git(project, "status", "--porcelain") == ""


FORGED = """\
import os
before = os.stat("measure.py")
with open("measure.py", "r+") as file:
    source = file.read()
    file.seek(0)
    file.write("print(1)" + "#" * (len(source) - 9) + "\\n")
os.utime("measure.py", ns=(before.st_atime_ns, before.st_mtime_ns))
"""


@pytest.mark.parametrize(
    "config", [(), ("core.trustctime", "false"), ("core.checkStat", "minimal")]
)
def test_a_forged_time_and_size_do_not_hide_an_edit(measured, config):
    """A file with its old size and time is compared by what it holds."""
    if config:
        git(measured, "config", *config)
    events = hold(measured, [("forge", lambda text: FORGED + text)], **MEASURED)
    assert experiments(events)[1].reason is Reason.RULE_VIOLATION
    assert "measure.py" in experiments(events)[1].error
    assert experiments(events)[1].value == 10
    assert (measured / "measure.py").read_text() == MEASURE


POISON = """\
import importlib.util, os, pathlib, py_compile
lie = pathlib.Path("made/lie.py"); lie.parent.mkdir(exist_ok=True); lie.write_text("SIZE = 1\\n")
code = pathlib.Path(py_compile.compile("made/lie.py", "made/lie.pyc")).read_bytes()[16:]
st = os.stat("rules.py")
head = importlib.util.MAGIC_NUMBER + (0).to_bytes(4, "little") + int(st.st_mtime).to_bytes(4, "little") + st.st_size.to_bytes(4, "little")
cached = pathlib.Path(importlib.util.cache_from_source("rules.py")); cached.parent.mkdir(exist_ok=True)
cached.write_bytes(head + code)
"""


def test_poisoned_byte_code_measures_nothing(tmp_path):
    """A compiled file that pretends to be the ruler's, which git ignores, is not there when it counts."""
    files = {
        "train.py": "WIDTH = 10\n",
        "rules.py": "SIZE = 10\n",
        "measure.py": "import rules\nprint(rules.SIZE)\n",
        ".gitignore": "made/\n__pycache__/\n",
    }
    project = make_repository(tmp_path / "p", files)
    events = hold(project, [("poison", POISON), ("again", swap("10", "11"))], **MEASURED)
    assert [e.value for e in experiments(events)] == [10, 10, 10]


SHADOWS = """\
import importlib.util, pathlib, py_compile
pathlib.Path("made").mkdir(exist_ok=True)
lie = pathlib.Path("made/lie.py")
lie.write_text("print(1); import os; os._exit(0)\\n")
py_compile.compile("made/lie.py", "NAME")
"""


@pytest.mark.parametrize(
    "name", ["json.pyc", "numpy.pyc", "sub/helper.pyc", "colorsys.so", "rules.so"]
)
def test_what_is_imported_instead_of_what_is_meant_measures_nothing(tmp_path, name):
    """A compiled file beside a script, which git ignores, is not there when any script looks for it."""
    imports = "import importlib, sys\nsys.path.insert(1, 'sub')\nfor name in ('json', 'numpy', 'helper'):\n"
    imports += "    try: importlib.import_module(name)\n    except ImportError: pass\n"
    files = {
        "train.py": "WIDTH = 10\n",
        "measure.py": f"{imports}print(10)\n",
        "rules.py": "",
        "sub/rest.py": "",
        ".gitignore": "made/\n__pycache__/\n*.py[cod]\n*.so\n",
    }
    project = make_repository(tmp_path / "p", files)
    ideas = [
        ("shadow", lambda text: SHADOWS.replace("NAME", name) + text),
        ("more", swap("10", "11")),
    ]
    events = hold(project, ideas, **MEASURED)
    assert [e.value for e in experiments(events)] == [10, 10, 10]
    assert not (project / name).exists()


def test_a_module_that_the_run_builds_is_measured_where_it_is_named(tmp_path):
    """Of what a run makes, only data comes along by itself: what can be imported is named."""
    files = {
        "train.py": "from pathlib import Path\nPath('fast.cpython-311.so').write_text('x' * 10)\n",
        "measure.py": "from pathlib import Path\nprint(len(Path('fast.cpython-311.so').read_text()))\n",
        ".gitignore": "*.so\n__pycache__/\n",
    }
    project = make_repository(tmp_path / "p", files)
    ideas = [("smaller", swap("* 10", "* 9"))]
    with pytest.raises(BaselineError, match="measure_command failed"):
        hold(project, ideas, **MEASURED)
    events = hold(project, ideas, **MEASURED, artifacts="*.so")
    assert [e.value for e in experiments(events)] == [10, 9]


def test_what_the_user_edits_during_a_session_is_not_measured(project):
    """Runs are of what is committed, whatever becomes of the user's files meanwhile."""
    with open_session(SessionRequest(project, {**SETTINGS, "tag": "t"})) as session:
        source = session.campaign.source()
        trial = session.campaign.trial(source | {source.target: says(9)})
        trial.show("candidate")
        assert session.evaluator.measure(trial).value == 9
        (project / "experiment.sh").write_text("echo metric: 1\n")
        (project / "target.txt").write_text(says(2))
        measured = session.evaluator.measure(trial)
        assert (measured.reason, measured.value) == (None, 9)
    assert (project / "experiment.sh").read_text() == "echo metric: 1\n"
    assert (project / "target.txt").read_text() == says(2)


@pytest.mark.parametrize("names", [(), ("data/*",)])
def test_an_ignored_file_that_readonly_files_names_may_not_be_written(tmp_path, names):
    """Whoever writes to one is discarded; the user's file is as it was either way."""
    project = make_project(tmp_path / "p", **{".gitignore": "data/\n"})
    (project / "data").mkdir()
    (project / "data/truth").write_text("truth\n")
    settings = {"readonly_files": ",".join(names)} if names else {}
    events = hold(project, [("lie", "echo lie > data/truth\n" + says(9))], **settings)
    reason = Reason.RULE_VIOLATION if names else Reason.IMPROVED
    assert experiments(events)[1].reason is reason
    assert (project / "data/truth").read_text() == "truth\n"


def test_no_brief_has_a_held_out_number(measured, capsys):
    """What a model would be shown of a campaign says nothing of the numbers that are held out."""
    hold(measured, [("nine", swap("= 10", "= 9"))], **MEASURED, holdout_command="echo 123.5")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in MEASURED.items()]
    with pytest.raises(SystemExit) as exit_:
        main(["--repo", str(measured), "brief", "--tag=t", *flags])
    shown = capsys.readouterr().out
    assert exit_.value.code == 0
    assert "nine" in shown
    assert "123.5" not in shown
