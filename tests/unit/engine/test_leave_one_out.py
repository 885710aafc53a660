"""Each kept change by itself: which of them can be left out, on real git and real processes."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Finding
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.confirm import confirm
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, git, hold, make_project

SUM = ". ./target.txt\necho metric: $((a + b + c))\n"


def change(old, new):
    return (f"{old} -> {new}", lambda text: text.replace(old, new))


def findings(project, **settings):
    """What is found of each kept change, by what it did."""
    with open_session(SessionRequest(project, {**SETTINGS, "tag": "t", **settings})) as lab:
        return {f.description: f for f in confirm(lab) if isinstance(f, Finding)}


def test_changes_of_neighbouring_lines_are_left_out_one_by_one(tmp_path):
    """Settings that stand in one block are as good as far apart: each one's worth is found."""
    project = make_project(
        tmp_path / "p", **{"target.txt": "a=5\nb=5\nc=5\n", "experiment.sh": SUM}
    )
    hold(project, [change("a=5", "a=4"), change("b=5", "b=3"), change("c=5", "c=2")])
    found = findings(project)
    assert {name: f.gain for name, f in found.items()} == {
        "a=5 -> a=4": 1, "b=5 -> b=3": 2, "c=5 -> c=2": 3,
    }  # fmt: skip
    assert all(f.holds for f in found.values())


def test_changes_of_one_line_are_left_out_one_by_one(tmp_path):
    """So are two numbers that stand in one line, in text that is no English, with Windows' ends."""
    project = make_project(
        tmp_path / "p", **{"target.txt": "\n", "experiment.sh": "tr -d '\\r' <target.txt >x; . ./x"}
    )
    (project / "target.txt").write_bytes("x='é 素'; a=5; b=5\r\necho metric: $((a + b))".encode())
    git(project, "commit", "-qam", "start")
    hold(project, [change("a=5", "a=4"), change("b=5", "b=3")])
    assert {name: f.gain for name, f in findings(project).items()} == {
        "a=5 -> a=4": 1, "b=5 -> b=3": 2,
    }  # fmt: skip


def test_what_would_be_broken_is_not_measured(tmp_path):
    """Where the rest cannot be read without a change, that is said, and no run is spent on it."""
    project = make_project(tmp_path / "p", **{"target.py": "x = 1\ny = 1\n"})
    settings = {
        "target_file": "target.py",
        "run_command": "echo metric: $(wc -c <target.py)",
        "metric_direction": "higher_is_better",
    }
    ideas = [
        ("loop", lambda text: text.replace("y = 1\n", "for y in (1,):\n    x = 1\n")),
        ("in it", lambda text: text.replace("    x = 1\n", "    x = 1\n    x = 0\n")),
    ]
    hold(project, ideas, **settings)
    found = findings(project, **settings)
    assert found["in it"].holds
    broken = found["loop"]
    assert (broken.holds, broken.gain) == (None, None)
    assert "the rest would be broken: line " in broken.note


def test_a_base_that_moved_is_no_change_of_the_campaign(tmp_path):
    """What was merged from the base branch stays when a change from before is left out."""
    project = make_project(
        tmp_path / "p", **{"target.txt": "a=5\nb=5\nc=5\n", "experiment.sh": SUM}
    )
    hold(project, [change("a=5", "a=4")])
    (project / "target.txt").write_text("a=5\nb=5\nc=5\nd=5\n")
    git(project, "commit", "-qam", "moved")
    hold(project, [change("", ""), change("", ""), change("b=5", "b=3")])
    with open_session(SessionRequest(project, {**SETTINGS, "tag": "t"})) as lab:
        *found, whole = confirm(lab)
        assert "d=5" in lab.campaign.at_base().text
    assert [(f.description, f.gain) for f in found] == [("b=5 -> b=3", 2), ("a=5 -> a=4", 1)]
    assert (whole.base_value, whole.value) == (15, 12)


def test_a_long_chain(tmp_path):
    """Many changes of one block, made in no order, are all told apart."""
    names = [f"v{number}" for number in range(12)]
    program = "".join(f"{name}=5\n" for name in names)
    total = " + ".join(names)
    project = make_project(
        tmp_path / "p",
        **{"target.txt": program, "experiment.sh": f". ./target.txt\necho metric: $(({total}))\n"},
    )
    hold(project, [change(f"{name}=5", f"{name}=4") for name in (*names[::2], *names[1::2])])
    found = findings(project)
    assert len(found) == len(names)
    assert {f.gain for f in found.values()} == {1}


def test_a_shallow_clone_is_told_what_it_lacks(tmp_path):
    """Without the history nothing can be left out, and nothing is taken for the base."""
    project = make_project(
        tmp_path / "p", **{"target.txt": "a=5\nb=5\nc=5\n", "experiment.sh": SUM}
    )
    hold(project, [change("a=5", "a=4"), change("b=5", "b=3")])
    words = ["--depth=1", "--no-single-branch", f"file://{project}", str(tmp_path / "clone")]
    subprocess.run(["git", "clone", "-q", *words], check=True)
    with pytest.raises(WorkspaceError) as told:
        findings(tmp_path / "clone")
    assert "is not in this clone" in told.value.message
    git(tmp_path / "clone", "fetch", "-q", "--unshallow")
    assert {f.gain for f in findings(tmp_path / "clone").values()} == {1, 2}
