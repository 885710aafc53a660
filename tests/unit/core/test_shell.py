"""What can be seen of a command without running it."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.shell import copies, missing, notes


@pytest.mark.parametrize(
    ("shell", "does"),
    [
        ("grep -oE '[0-9]+' run.log | head -1", True),
        ("grep '^val_bpb:' run.log | tail -1 | awk '{print $2}'", True),
        ("awk '/^metric:/ { print $2 }' run.log", True),
        ("awk -F : '{print $2+0}' run.log", True),
        ("sed -n 's/.*score=//p' run.log", True),
        ("tr '\\r' '\\n' < run.log | grep score | cut -d' ' -f2", True),
        ("grep -c FAIL run.log", False),
        ("awk '{print $2*1000}' run.log", False),
        ("awk '{s += $2} END {print s/NR}' run.log", False),
        ("wc -c < dist/main.js", False),
        ("du -b dist | cut -f1", False),
        ("cat run.log | wc -l", False),
        ("python parse.py run.log", False),
        ("echo $(cut -d' ' -f2 run.log)", False),
        ("sort run.log | uniq -c | head -1", False),
        ("grep 'it run.log", False),
        ("jq .score run.log", False),
    ],
)
def test_what_only_copies_is_told_from_what_counts(shell, does):
    """A number that is counted or computed need not be in the log, and nothing is said of it."""
    assert copies(shell) == does


@pytest.mark.parametrize(
    ("name", "shell", "says"),
    [
        ("run_command", "python train.py | tee out.txt", "exit code is that of `tee`"),
        ("run_command", "make\npython train.py 2>&1 | grep -v warn", "that of `grep`"),
        ("guard_command", "npm test | cat", "guard_command ends in a pipe"),
        ("run_command", "set -o pipefail; python train.py | tee out.txt", ""),
        ("run_command", "python train.py || exit 1", ""),
        ("run_command", "cat a | sort > b; python train.py", ""),
        ("run_command", "python train.py --sep '|'", ""),
        ("run_command", "pip install -r requirements.txt && python train.py", "`pip install`"),
        ("run_command", "python -m pip install -q . ; python t.py", "`pip install`"),
        ("run_command", "npm ci && npm run build", "setup_command"),
        ("run_command", "apt-get -y install jq; ./go", "setup_command"),
        ("run_command", "uv run train.py > run.log 2>&1", "`> run.log 2>&1`"),
        ("run_command", "python t.py &> ./run.log", "`> run.log 2>&1`"),
        ("run_command", "python t.py 2> errors.log", ""),
        ("run_command", "uv run train.py", ""),
        ("run_command", "npm run build", ""),
    ],
)
def test_habits_that_cost_or_hide_something_are_named(name, shell, says):
    """A pipe that hides a failure, and an install that each run repeats, are said at the start."""
    found = "\n".join(notes({name: shell}))
    assert says in found
    assert bool(found) == bool(says)


@pytest.mark.parametrize(
    ("log", "name"),
    [
        ("sh: 1: pnpm: not found", "`pnpm`"),
        ("bash: line 1: cargo: command not found", "`cargo`"),
        ("zsh: command not found: go", "`go`"),
        ("/usr/bin/env: \u2018pyton3\u2019: No such file or directory", "`pyton3`"),
        ("", "A command"),
    ],
)
def test_a_command_that_is_missing_is_named(log, name):
    """Exit code 127 leads to the command, and to where it has to be installed."""
    assert missing(127, log).startswith(f"{name} was not found")
    assert "image or container" in missing(127, log)
    assert missing(1, log) == ""


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("/bin/sh: 1: source: not found", "`. ./FILE`"),
        ("/bin/sh: 1: [[: not found", "`bash -c '...'`"),
        ("/bin/sh: 1: set: Illegal option -o pipefail", "`bash -c '...'`"),
        ('/bin/sh: 1: Syntax error: "(" unexpected', "`bash -c '...'`"),
        ("/bin/sh: 2: Syntax error: redirection unexpected", "`bash -c '...'`"),
        ("/bin/sh: 1: Syntax error: Bad for loop variable", "`bash -c '...'`"),
        ("bench.sh: 3: Bad substitution", "`bash -c '...'`"),
        ("/bin/sh: 1: ./solve.sh: not found", "root of the repository"),
    ],
)
def test_a_command_that_cannot_be_installed(log, says):
    """A word of bash and a file that the project has not are nothing to install."""
    assert says in missing(127, log)
    assert "Install" not in missing(127, log)
