"""Copies of the project: whose they are, what is in them, and that none stays."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from autoresearch_ci.workspace import clear_copies, project_copy, sessions_in_copies

USER = 4321


@pytest.fixture
def home(repo):
    return repo.path / ".git" / "autoresearch"


def note(home, place):
    """What a killed process leaves of a copy at `place`."""
    (home / "copies").mkdir(parents=True, exist_ok=True)
    path = home / "copies" / quote(str(place), safe="")
    path.write_text("1\n")
    return path


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can hand files over")
def test_a_copy_of_somebody_elses(repo):
    """Its files are the user's, its `.git` is closed, and we can work in it all the same."""
    before = dict(os.environ)
    with project_copy(repo.open(), owner=USER) as copy:
        paths = [path for path in copy.root.rglob("*") if ".git" not in path.parts]
        assert {path.lstat().st_uid for path in paths} == {USER}
        assert (copy.root / ".git").stat().st_uid == 0
        assert (copy.root / ".git").stat().st_mode & 0o777 == 0o700
        assert copy.root.parent.stat().st_uid == 0
        assert copy.root.parent.stat().st_mode & 0o777 == 0o711
        assert copy.commit("train.py", "lr = 1\n", "planted") == copy.head
        assert (copy.root / "train.py").stat().st_uid == USER
    assert not copy.root.parent.exists()
    assert dict(os.environ) == before


def test_a_commit_follows_no_link(repo, tmp_path):
    """What a run has put in the target's place is replaced, and not written through."""
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    with project_copy(repo.open()) as copy:
        (copy.root / "train.py").unlink()
        (copy.root / "train.py").symlink_to(victim)
        copy.commit("train.py", "lr = 1\n", "planted")
        assert (copy.root / "train.py").read_text() == "lr = 1\n"
    assert victim.read_text() == "mine\n"


def test_what_only_this_clone_ignores(repo):
    """A folder that `.git/info/exclude` hides is as hidden in the copy."""
    (repo.path / ".git" / "info" / "exclude").write_text("made/\n")
    repo.write("made/x", "1")
    with project_copy(repo.open()) as copy:
        assert "made/" in copy.ignored(())


def test_a_copy_that_somebody_has(repo, home):
    """As long as a process has it a copy is nobody else's to delete."""
    with project_copy(repo.open()) as copy:
        clear_copies(home)
        assert sessions_in_copies(home) == []
        assert copy.root.is_dir()
    assert list((home / "copies").iterdir()) == []


def test_what_a_kill_left(home, tmp_path):
    """A copy that nobody has is deleted, with the session that was at work there named before."""
    place = tmp_path / "autoresearch-0123"
    state = place / "project" / ".git" / "autoresearch" / "session.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"session":"s9","tag":"t","target":"x","origin":"","started":0}')
    note(home, place)
    never_made = note(home, tmp_path / "autoresearch-4567")
    assert sessions_in_copies(home) == ["s9"]
    clear_copies(home)
    assert not place.exists()
    assert not never_made.exists()
    clear_copies(home)


def test_no_other_folder_is_deleted(home, tmp_path):
    """A note can name nothing but a copy, and what it names is not gone through."""
    precious, link = tmp_path / "precious", tmp_path / "autoresearch-link"
    (precious / "deep").mkdir(parents=True)
    link.symlink_to(precious)
    for place in (precious, link):
        note(home, place)
    clear_copies(home)
    assert (precious / "deep").is_dir()
    assert not link.is_symlink()


def test_a_state_that_is_no_file(home, tmp_path):
    """What an experiment has put there instead of the session's mark holds nobody up."""
    place = tmp_path / "autoresearch-0123" / "project" / ".git" / "autoresearch"
    place.mkdir(parents=True)
    os.mkfifo(place / "session.json")
    note(home, tmp_path / "autoresearch-0123")
    assert sessions_in_copies(home) == []
    clear_copies(home)
    assert not Path(tmp_path / "autoresearch-0123").exists()
