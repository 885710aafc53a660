"""Agents that may edit more than the target, in whole sessions."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.model import ProposalRejected, Reason
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, experiments, git, make_repository

FILES = {
    "target.txt": "one=5\n",
    "lib/two.txt": "two=5\n",
    "other.txt": "x\n",
    "experiment.sh": ". ./target.txt\nfor each in lib/*.txt; do . ./$each; done\n"
    "echo metric: $((one + two + ${four:-0}))\n",
    ".gitignore": "lib/z*\n",
}


@pytest.fixture
def project(tmp_path):
    return make_repository(tmp_path / "project", FILES)


def asked(project, command):
    """One session in which this agent has the first idea; what it came to."""
    settings = {"proposer": "command", "proposer_command": command, "max_experiments": 1}
    overrides = {**SETTINGS, "tag": "t", "editable_files": "lib/*.txt", **settings}
    with open_session(SessionRequest(project, overrides)) as session:
        events = list(research(session))
    rejected = [event for event in events if isinstance(event, ProposalRejected)]
    return (experiments(events)[1:] or [None])[0], rejected


def test_every_editable_file_is_taken_and_nothing_else(project):
    """What is named may change together; other files go with the agent's tree."""
    found, _ = asked(
        project, "echo one=4 > target.txt; echo two=4 > lib/two.txt; echo y > other.txt"
    )
    assert (found.reason, found.value) == (Reason.IMPROVED, 8)
    touched = git(project, "show", "--format=", "--name-only", found.commit)
    assert touched.split() == ["lib/two.txt", "target.txt"]


def test_the_brief_names_the_files(project):
    """The agent is told which files are taken."""
    found, _ = asked(
        project, 'grep -q "lib/two.txt" "$AUTORESEARCH_BRIEF" && echo two=1 > lib/two.txt'
    )
    assert found.files == ("lib/two.txt",)


def test_new_files_are_taken_where_a_pattern_allows_them(project):
    """An ignored one, one elsewhere, a link and a folder's are left behind."""
    found, _ = asked(
        project,
        "for each in lib/four.txt four.txt lib/z.txt; do echo four=-3 > $each; done;"
        "ln -s two.txt lib/link.txt; mkdir lib/deep; echo four=-9 > lib/deep/a.txt",
    )
    assert (found.files, found.value) == (("lib/four.txt",), 7)


def test_a_file_that_is_deleted_is_no_idea(project):
    """Files are changed and added, never deleted."""
    _, rejected = asked(project, "rm lib/two.txt; echo one=4 > target.txt")
    assert "deleted lib/two.txt" in rejected[0].error
