"""A copy of the project for somebody who is not trusted with the project.

Where a copy lies is written down, under a lock that ends with us: what is left of
one after a kill is found by whoever comes next, and deleted.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from autoresearch_ci.workspace import locks
from autoresearch_ci.workspace.files import disk_errors, remove
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.state import load

_SETTINGS = {
    "user.name": "autoresearch-ci",
    "user.email": "autoresearch-ci@users.noreply.github.com",
    "commit.gpgSign": "false",  # nobody is there to be asked for a passphrase
    "core.hooksPath": "/dev/null",
}
_PREFIX = "autoresearch-"


@contextmanager
def scratch_copy(git: Git, commit: str, name: str, home: Path) -> Iterator[Path]:
    """The files of `commit` in a folder called `name`, for the block.

    It is a repository of its own with one commit and no remote, and shares nothing
    with the one it was made from: agents want one, and what they do to it is lost.
    `home` is our own folder in the repository it is made from.
    """
    with files_of(git, commit, name, home) as folder:
        own = Git(folder)
        own.run("init", "--quiet", "--template=", "--initial-branch=main")
        for setting, value in _SETTINGS.items():
            own.run("config", setting, value)
        own.run("add", "--all", "--force")
        own.run("commit", "--quiet", "--message", "The project as it stands")
        yield folder


@contextmanager
def files_of(git: Git, commit: str, name: str, home: Path) -> Iterator[Path]:
    """A folder called `name` with the tracked files of `commit`, for the block; `home` as above."""
    with _place(home) as outer:
        folder = outer / name
        folder.mkdir()
        index = {"GIT_INDEX_FILE": str(outer / "index")}
        git.run("read-tree", commit, env=index)
        git.run("checkout-index", "--all", f"--prefix={folder}/", env=index)
        yield folder


def sessions_in_copies(home: Path) -> list[str]:
    """The ids of the sessions that were killed at work in a copy."""
    states = (
        load(path)
        for place in _left(home)
        for path in place.glob("*/.git/autoresearch/session.json")
        if path.is_file()
    )
    return [state.session for state in states if state and state.session]


def clear_copies(home: Path) -> None:
    """Delete what killed processes have left; to be called when nothing of them runs."""
    for place in _left(home):
        with disk_errors(f"remove {place}"):
            remove(str(place.parent), place.name)
            _note(home, place).unlink(missing_ok=True)


@contextmanager
def _place(home: Path) -> Iterator[Path]:
    """A new folder that only we can enter, written down before it is made."""
    place = Path(tempfile.gettempdir()).resolve() / f"{_PREFIX}{uuid.uuid4().hex[:12]}"
    note = _note(home, place)
    with locks.held([(note, f"The copy {place}")]):
        try:
            with disk_errors("make a scratch copy"):
                place.mkdir(mode=0o700)
            yield place
        finally:
            with disk_errors(f"remove {place}"):
                remove(str(place.parent), place.name)
                note.unlink(missing_ok=True)


def _left(home: Path) -> list[Path]:
    """The copies that nobody has any more; whoever writes notes can name no other folder."""
    dead = [note for note in (home / "copies").glob("*") if not locks.is_held(note)]
    places = [Path(unquote(note.name)) for note in dead]
    return [place for place in places if place.name.startswith(_PREFIX)]


def _note(home: Path, place: Path) -> Path:
    return home / "copies" / quote(str(place), safe="")
