"""What a person edits in the tree while a session is at work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from autoresearch_ci.workspace.snapshot import quarantine
from autoresearch_ci.workspace.snapshot.quarantine import Quarantine

from autoresearch_ci.core.model import Side
from tests.unit.workspace.conftest import version

CANDIDATE = "lr = 0.2\nsteps = 10\n"


def kept(repo, kind: str, name: str) -> list[str]:
    """The contents of all that was put aside under this name, the oldest first."""
    folder = repo.path / ".git/autoresearch/undone" / kind
    return [path.read_text() for path in sorted(folder.glob(f"*/{name}"))]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("other.py", "changed"),
        ("pkg/deep/mod.py", "changed"),
        ("notes.txt", "changed"),
        ("train.py", "changed"),
        ("draft.md", "new"),
        ("pkg/fresh/deep.md", "new"),
        (".gitignore", "changed"),
        ("pkg/.gitignore", "new"),
    ],
)
def test_what_a_person_writes_during_a_run_is_undone_and_kept_aside(repo, name, kind):
    """A file that was changed or made meanwhile is found in the git directory, whole."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.write(name, "an hour of work\n")
        changed = trial.clean()
        assert changed == ((name,) if kind == "changed" else ())
        assert kept(repo, kind, name) == ["an hour of work\n"]
        assert trial.quarantine.startswith(".git/autoresearch/undone/changed/") == (
            kind == "changed"
        )
    assert repo.dirt == ""


def test_each_time_is_kept_by_itself(repo):
    """An edit that is made again does not replace the first one."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        for text in ("first\n", "second\n"):
            trial.show(Side.CANDIDATE)
            repo.write("other.py", text)
            trial.clean()
    assert kept(repo, "changed", "other.py") == ["first\n", "second\n"]


def test_an_edit_of_the_target_is_kept_whenever_it_is_found(repo):
    """Also between two runs, and where the trial ends without another one."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        trial.clean()
        repo.write("train.py", "mine\n")
        trial.show(Side.CANDIDATE)
        trial.clean()
        repo.write("train.py", "mine too\n")
    assert kept(repo, "changed", "train.py") == ["mine\n", "mine too\n"]


def test_new_files_are_told_of_once(repo):
    """The session says what it removed and where it is, a new directory as a whole."""
    with repo.campaign() as campaign:
        for text in (CANDIDATE, "lr = 0.3\n"):
            with campaign.trial(version(text)) as trial:
                trial.show(Side.CANDIDATE)
                repo.sh("mkdir -p out/deep; echo 1 > out/deep/a; echo 2 > out/b; echo 3 > c")
                trial.clean()
            said = campaign.removed()
            if text == CANDIDATE:
                assert ": c, out/ (now in .git/autoresearch/undone/new/" in said
            else:
                assert said == ""
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            repo.sh("for i in 1 2 3 4 5; do echo > n$i; done")
        assert "n1, n2, n3 and 2 more" in campaign.removed()


def test_a_repository_that_was_cloned_into_the_tree_is_kept_whole(repo):
    """It is moved aside with its history."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh("git init -q nest && cd nest && echo x > f && git add f")
        trial.clean()
    (nest,) = (repo.path / ".git/autoresearch/undone/new").glob("*/nest")
    assert (nest / ".git").is_dir()
    assert (nest / "f").read_text() == "x\n"


def test_a_directory_in_the_place_of_a_file_is_kept_and_the_other_way_round(repo):
    """What stands where something else was is moved, whatever it is."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh("rm other.py; mkdir other.py; echo a > other.py/a; rm -r pkg; echo b > pkg")
        assert trial.clean() == ("other.py", "pkg/deep/mod.py")
    assert kept(repo, "new", "other.py/a") + kept(repo, "changed", "other.py/a") == ["a\n"]
    assert kept(repo, "changed", "pkg") == ["b\n"]


def test_more_than_there_is_room_for_is_said(repo, monkeypatch):
    """Thousands of new files are not all kept, and the session says that."""
    monkeypatch.setattr(quarantine, "FILES", 2)
    with repo.campaign() as campaign:
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            repo.sh("for i in 1 2 3 4 5; do echo > n$i; done")
            trial.clean()
            assert repo.dirt == " M train.py"
        assert "but for what is too much" in campaign.removed()
        monkeypatch.setattr(quarantine, "BYTES", 0)
        with campaign.trial(version("lr = 0.3\n")) as trial:
            trial.show(Side.CANDIDATE)
            repo.write("large", "x")
        assert "too large to be kept" in campaign.removed()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "home").mkdir()
    return tmp_path


def take(place: Path, store: Quarantine, name: str, text: str) -> None:
    (place / "tree" / name).write_text(text)
    store.begin()
    store.take(name)


def test_the_oldest_go_when_there_is_no_more_room(place, monkeypatch):
    """What is kept is bounded, over sessions too; the newest stays."""
    monkeypatch.setattr(quarantine, "FILES", 1)
    for _ in range(2):
        store = Quarantine(place / "tree", place / "home", "undone")
        for number in range(3):
            take(place, store, "a", str(number))
    left = sorted(path.read_text() for path in (place / "home/undone").glob("*/a"))
    assert left == ["0", "1", "2", "2"]


def test_a_folder_that_somebody_put_a_link_in_place_of_leads_nowhere(place):
    """An experiment cannot have files written outside by putting a link where they go."""
    (place / "elsewhere").mkdir()
    (place / "home/undone").symlink_to(place / "elsewhere")
    take(place, Quarantine(place / "tree", place / "home", "undone"), "a", "mine")
    assert list((place / "elsewhere").iterdir()) == []
    assert len(list((place / "home/undone").glob("*/a"))) == 1


def test_the_same_path_twice_at_a_time_is_kept_twice(place):
    """Nothing that was put aside is overwritten, by a file below it neither."""
    store = Quarantine(place / "tree", place / "home", "undone")
    for text in ("one", "two"):
        (place / "tree/a").write_text(text)
        store.take("a")
    (place / "tree/a").mkdir()
    (place / "tree/a/b").write_text("three")
    store.take("a/b")
    files = [path for path in (place / "home/undone").rglob("*") if path.is_file()]
    assert sorted(path.read_text() for path in files) == ["one", "three", "two"]


def test_another_filesystem_and_a_closed_directory_are_no_obstacle(place, monkeypatch):
    """Where a rename cannot be, the file is copied and removed; a closed folder is opened."""
    calls = []

    def refuse(source: str, target: str) -> None:
        calls.append(source)
        raise OSError(quarantine.errno.EXDEV, "another filesystem")

    store = Quarantine(place / "tree", place / "home", "undone")
    with monkeypatch.context() as patch:
        patch.setattr(quarantine.os, "rename", refuse)
        take(place, store, "a", "mine")
    real = os.rename

    def closed_once(source: str, target: str) -> None:
        calls.append(source)
        if len(calls) == 2 or (source.endswith("/a") and len(calls) == 3):
            raise PermissionError(quarantine.errno.EACCES, "closed")
        real(source, target)

    assert not (place / "tree/a").exists()
    monkeypatch.setattr(quarantine.os, "rename", closed_once)
    take(place, store, "b", "mine too")
    kept_here = [path.read_text() for path in (place / "home/undone").rglob("*") if path.is_file()]
    assert sorted(kept_here) == ["mine", "mine too"]
    assert store.place.startswith(str(place / "home/undone/"))
