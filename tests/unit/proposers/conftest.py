"""Agents as people run them: real programs, a real repository, real processes."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from autoresearch_ci.core.history import History
from autoresearch_ci.core.model import Direction, FileSet, Rejected
from autoresearch_ci.engine.assembly import load_settings
from autoresearch_ci.engine.isolation import run_trees
from autoresearch_ci.executors import run as attempt
from autoresearch_ci.proposers.agent import AgentProposer
from autoresearch_ci.trees import Network
from autoresearch_ci.workspace import Workspace
from tests.projects import SETTINGS, git, make_repository

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
    """A home, and a temporary folder, of the test's own."""
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
    (made / "notes.txt").write_text("not tracked\n")
    (made / "secret.txt").write_text("ignored\n")
    return made


@pytest.fixture
def seen(tmp_path):
    """A folder that agents may write to, for what they saw."""
    folder = tmp_path / "seen"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture
def workplace(repo, tmp_path, elsewhere, seen):
    """What an agent of a session on this repository is given: trees, as the session makes them."""
    tmp_path.chmod(0o711)  # a level may give commands a user of their own

    @contextmanager
    def workplace(**settings):
        workspace = Workspace.open(repo)
        overrides = {**SETTINGS, "target_file": TARGET, "sandbox_write": str(seen), **settings}
        with (
            workspace.campaign("t", session="s", target=TARGET) as campaign,
            run_trees(
                workspace, load_settings(workspace, overrides, None), campaign.head, has_tools=True
            ) as (
                trees,
                _,
            ),
        ):
            yield {
                "root": repo,
                "workplace": lambda files: trees.tree(files, network=Network.HOST),
                "tracked": campaign.paths,
                "log": tmp_path / "proposer.log",
            }

    return workplace


@pytest.fixture
def ask(repo, tmp_path, workplace):
    """Asks an agent for an idea; checks that nothing of the repository changed."""

    def ask(
        command,
        *,
        budget=20.0,
        variables=(),
        proxied=True,
        text=TEXT,
        brief="What to do.",
        **settings,
    ):
        with workplace(**settings) as given:
            before = snapshot(repo)
            proposer = AgentProposer(
                command,
                budget=budget,
                variables=variables,
                proxied=proxied,
                brief=lambda source, history: brief,
                **given,
            )
            outcome = proposer.propose(FileSet({TARGET: text}), History(Direction.LOWER))
            assert snapshot(repo) == before
        # The folder of layers, for the next session, is all that is left, and it is empty.
        assert [path for path in (tmp_path / "tmp").rglob("*") if path.parent.name != "tmp"] == []
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
