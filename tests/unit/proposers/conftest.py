"""Agents as people run them: real programs, a real repository, real processes."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet, Rejected
from autoresearch_ci.executors import Command
from autoresearch_ci.executors import run as attempt
from autoresearch_ci.executors.local import ProcessExecutor
from autoresearch_ci.proposers.agent import AgentProposer
from autoresearch_ci.workspace import Workspace
from tests.projects import git, make_repository

TARGET = "src/train.py"
TEXT = "LR = 0.02\nDEPTH = 3\n"
FILES = {
    TARGET: TEXT,
    "prepare.py": "N = 1\n",
    ".gitignore": "secret.txt\nout/\n",
    "out/kept.txt": "k\n",
}
EDIT = "sed -i 's/0.02/0.04/' src/train.py"
EDITED = TEXT.replace("0.02", "0.04")


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A home, and a folder for scratch copies, of the test's own."""
    monkeypatch.setattr(attempt, "_GRACE", 0.15)
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture
def repo(tmp_path):
    made = make_repository(tmp_path / "repo", FILES)
    git(made, "add", "-f", "out/kept.txt")
    git(made, "commit", "-qm", "a tracked file that is ignored")
    (made / "secret.txt").write_text("not tracked\n")
    return made


@pytest.fixture
def ask(repo, tmp_path, elsewhere):
    """Asks an agent for an idea; checks that nothing of the repository changed."""

    def run(shell, **more):
        return ProcessExecutor().run(Command(shell, **more))

    def ask(command, *, budget=20.0, variables=(), proxied=True, text=TEXT, brief="What to do."):
        workspace = Workspace.open(repo)
        workspace.exclude_outputs()
        with (
            workspace.lock("t"),
            workspace.checkout("t", session="s", target=TARGET) as campaign,
        ):
            before = snapshot(repo)
            proposer = AgentProposer(
                command,
                budget=budget,
                variables=variables,
                proxied=proxied,
                run=run,
                scratch=campaign.scratch,
                brief=lambda source, history: brief,
                log=tmp_path / "proposer.log",
            )
            outcome = proposer.propose(FileSet({TARGET: text}), History(Direction.LOWER))
            assert snapshot(repo) == before
        assert list((tmp_path / "tmp").iterdir()) == []
        return outcome

    return ask


def snapshot(repo):
    """Everything in the working tree, and all refs."""
    files = {
        path: path.read_bytes()
        for path in sorted(repo.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }
    return files, git(repo, "for-each-ref"), git(repo, "status", "--porcelain")


def rejected(outcome):
    assert isinstance(outcome, Rejected), outcome
    assert outcome.proposer == "command"
    assert "\n" not in outcome.problem
    return outcome.problem
