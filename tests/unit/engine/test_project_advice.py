"""Commands that miss a file of the project: the error says what is the matter with it."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import AutoresearchError
from autoresearch_ci.engine.project_advice import of_project
from tests.projects import git, hold, make_project


@pytest.fixture
def root(tmp_path):
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    return project


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("/bin/sh: 1: ./eval.sh: not found", "eval.sh"),
        ("sh: 0: cannot open eval.sh: No such file", "eval.sh"),
        ("python3: can't open file '{root}/eval.sh': [Errno 2] No such file", "eval.sh"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data/raw/a.csv'", "data/raw"),
        ("/bin/sh: 1: cd: can't cd to data/raw", "data/raw"),
        ("ModuleNotFoundError: No module named 'helper'", "lib/helper.py"),
        ("ModuleNotFoundError: No module named 'tools.deep'", "tools"),
        ("Error: Cannot find module './helper'", "lib/helper.py"),
        ("error: no such file: other.txt", None),
        ("ModuleNotFoundError: No module named 'numpy'", None),
    ],
)
def test_what_is_not_committed(root, said, path):
    """A file that is there and neither committed nor ignored is named: runs do not see it."""
    (root / "data/raw").mkdir()
    for each in ("eval.sh", "data/raw/a.csv"):
        (root / each).write_text("x\n")
    hidden = (".git", "run.log", "eval.sh", "data/raw", "lib/helper.py", "tools")
    found = of_project(said.format(root=root), "make", root, 1, lambda: hidden)
    assert bool(found) == bool(path)
    assert not path or f"git add {path} " in found


@pytest.mark.parametrize(
    "said",
    [
        "cat: data/set/train.csv: No such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: './data/set'",
        "error: cannot open {root}/data/set/train.csv",
    ],
)
def test_a_link_out_of_the_project(root, said, tmp_path):
    """Data sets often lie elsewhere, behind a link: the place that it leads to is to be shown."""
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets/train.csv").write_text("x\n")
    (root / "data/set").symlink_to("../../sets")
    said = said.format(root=root)
    assert f"`sandbox_read: {tmp_path}/sets`" in of_project(said, "make", root, 1, tuple)
    (root / "data/set").unlink()
    (root / "data/set").symlink_to("../other")
    (root / "other").mkdir()
    assert of_project(said, "make", root, 1, tuple) == ""


def test_a_script_that_cannot_be_started(root):
    """One that is not executable, and one with the line ends of Windows."""
    script = root / "run.sh"
    script.write_bytes(b"#!/bin/sh\r\necho\r\n")
    said = "/bin/sh: 1: ./run.sh: "
    assert "chmod +x run.sh " in of_project(f"{said}Permission denied", "make", root, 126, tuple)
    script.chmod(0o755)
    assert "line ends of Windows" in of_project(f"{said}not found", "make", root, 127, tuple)
    script.write_bytes(b"#!/bin/sh\n")
    assert of_project(f"{said}not found", "make", root, 127, tuple) == ""


@pytest.mark.parametrize(
    ("said", "shell"),
    [
        ("/usr/bin/env: \u2018bash\\r\u2019: No such file or directory", "./run.sh --fast"),
        ("run.sh: 1: set: Illegal option -", "sh run.sh"),
        ("run.sh: line 2: $'\\r': command not found", "bash run.sh"),
        ("run.sh: 3: Syntax error: end of file unexpected", "cd . && sh run.sh"),
        ("/bin/sh^M: bad interpreter: No such file", "make"),
    ],
)
def test_the_line_ends_of_windows(root, said, shell):
    """Whatever shells say of a carriage return, it ends in the script that has them."""
    (root / "run.sh").write_bytes(b"set -e\r\npython3 t.py\r\n")
    (root / "make").write_bytes(b"#!/bin/sh\r\n")
    assert "sed -i 's/\\r$//'" in of_project(said, shell, root, 2, tuple)
    assert of_project("x: No such file", "python3 t.py", root, 2, tuple) == ""


@pytest.mark.parametrize("said", ["sh: 1: data: not found", f"{'a' * 300}: not found"])
def test_what_is_no_script(root, said):
    """A folder's name, or what is no name of a file at all, is no reason to fail."""
    assert of_project(said, "make", root, 127, tuple) == ""


def test_the_error_says_it(tmp_path):
    """The real thing in a real tree: a new script that nobody committed."""
    project = make_project(tmp_path / "p")
    (project / "new.sh").write_text("echo metric: 1\n")
    with pytest.raises(AutoresearchError) as caught:
        hold(project, [], run_command="sh new.sh")
    assert "git add new.sh" in caught.value.remedy
    git(project, "add", "new.sh")
    git(project, "commit", "-q", "-m", "new")
    hold(project, [], run_command="sh new.sh", tag="after")
