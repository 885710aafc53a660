"""Small real repositories to work in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoresearch_ci.core.model import FileSet
from autoresearch_ci.workspace import Campaign, Workspace
from tests.projects import make_repository

TARGET = "train.py"
SOURCE = "lr = 0.1\nsteps = 10\n"


def version(text: str, target: str = TARGET) -> FileSet:
    """The files of a candidate with this text as its target."""
    return FileSet({target: text})


class Repo:
    """A repository with a target, a neighbour, a package, ignored data and the user's notes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def sh(self, script: str) -> str:
        done = subprocess.run(
            ["sh", "-ec", script], cwd=self.path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=self.path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def at(self) -> str:
        return self.git("rev-parse", "--abbrev-ref", "HEAD")

    @property
    def dirt(self) -> str:
        """What `git status` has to say, the user's own notes not counted."""
        lines = self.git("status", "--porcelain", "--untracked-files=all").splitlines()
        return "\n".join(line for line in lines if line != "?? notes.txt")

    def open(self) -> Workspace:
        return Workspace.open(self.path)

    @property
    def manifest(self) -> str:
        """Every path outside .git with its type, mode, time and content or link."""
        return self.sh(
            "find . -path ./.git -prune -o -printf '%P %y %m %T@ %l\\n' | sort; "
            "find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum"
        )

    @contextmanager
    def campaign(self, tag: str = "mar17", **options: object) -> Iterator[Campaign]:
        workspace = self.open()
        workspace.exclude_outputs()
        settings: dict = {"target": TARGET, "session": "s1"} | options
        with workspace.lock(tag), workspace.campaign(tag, **settings) as campaign:
            yield campaign


def make(path: Path) -> Repo:
    make_repository(
        path,
        {
            TARGET: SOURCE,
            "other.py": "other\n",
            "pkg/deep/mod.py": "mod\n",
            ".gitignore": "data/\n*.pyc\n",
        },
        user="Ann",
    )
    repo = Repo(path)
    repo.write("data/a.bin", "precious\n")
    repo.write("notes.txt", "my notes\n")
    return repo


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make(tmp_path / "a repo é")


@pytest.fixture(scope="session")
def make_repo() -> Callable[[Path], Repo]:
    return make
