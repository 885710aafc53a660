"""Patterns in settings that name nothing."""

from __future__ import annotations

import pytest

from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, git, make_project


def notes(project, **settings):
    with open_session(SessionRequest(project, {**SETTINGS, **settings})) as session:
        return [note for note in session.notes if "names" in note]


@pytest.fixture
def project(tmp_path):
    made = make_project(tmp_path / "p", **{"data/a.csv": "1\n", "notes.md": "Try it.\n"})
    (made / ".gitignore").write_text("cache/\n")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "ignore")
    (made / "cache").mkdir()
    (made / "cache" / "big.bin").write_text("1")
    return made


@pytest.mark.parametrize(
    ("setting", "pattern"),
    [
        ("readonly_files", "prepare.py"),
        ("readonly_files", "data/*.tsv"),
        ("program_file", "ideas.md"),
        ("context_files", "docs/*.md"),
    ],
)
def test_a_pattern_that_names_nothing_gets_a_note(project, setting, pattern):
    """A slip in a name is told at the start, with what to do; the session goes on."""
    (note,) = notes(project, **{setting: pattern})
    assert note.startswith(f"{setting} names {pattern}")
    assert "take it out" in note


@pytest.mark.parametrize(
    ("setting", "pattern"),
    [
        ("readonly_files", "data/*.csv, cache/, experiment.sh"),
        ("readonly_files", "big.bin"),
        ("readonly_files", "made-by-setup.txt"),
        ("program_file", "notes.md"),
        ("context_files", "data/, *.md"),
    ],
)
def test_one_that_names_something_gets_none(project, setting, pattern):
    """Ignored files count for readonly_files, and what setup_command makes."""
    assert notes(project, setup_command="touch made-by-setup.txt", **{setting: pattern}) == []
