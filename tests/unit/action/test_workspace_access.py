"""The workspace that root works in, and what killed sessions leave. On real files, as root."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autoresearch_ci.action import workspace_access
from autoresearch_ci.action.workspace_access import (
    clear_leftovers,
    close_own_container,
    hand_back,
    handed_back,
)
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.executors.users import kill_all_of, lease
from tests.projects import make_project

OWNER = 4321
root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can hand files over")


@pytest.fixture
def workspace(tmp_path):
    """A repository that belongs to somebody, with a link out of it."""
    folder = make_project(tmp_path / "work" / "project")
    (folder / "out").mkdir()
    (folder / "out" / "link").symlink_to("/etc/hostname")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    return folder


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, owner and group of everything."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        st = path.lstat()
        found[str(path)] = (st.st_mode, st.st_uid, st.st_gid)
    return found


HOPPER = """
import os, sys, time
until = time.monotonic() + 20
while time.monotonic() < until:
    if os.fork():
        os._exit(0)
    os.write(int(sys.argv[1]), b".")
"""


@root
def test_what_forks_all_the_time_is_killed(tmp_path):
    """A process that is another one every moment does not outlive the end of its user's."""
    with lease() as user:
        signs, hopper = os.pipe()
        who = {"user": user, "group": user, "extra_groups": [], "pass_fds": [hopper]}
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin"}  # what another user may run, too
        words = ["python3", "-c", HOPPER, str(hopper)]
        subprocess.run(words, cwd="/", env=path, check=True, **who)
        os.close(hopper)
        assert os.read(signs, 1), "it lives"
        began = time.monotonic()
        kill_all_of(user)
        while os.read(signs, 1 << 16):
            pass  # until nobody is left who could write
        os.close(signs)
        assert time.monotonic() - began < 10, "it would have gone on for twenty seconds"


@root
def test_what_root_writes_is_handed_back(workspace):
    """In `.git` and where our logs are, also where something went wrong; all else stays as it is."""
    before = state(workspace)
    with pytest.raises(KeyError), handed_back(workspace):
        for name in (".git/objects/new", "results.tsv", ".claude/logs/autoresearch.jsonl"):
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / name).write_text("x")
        raise KeyError
    assert owners(workspace) == {OWNER}
    after = state(workspace)
    assert {path: after[path] for path in before} == before
    assert Path("/etc/hostname").stat().st_uid == 0, "no link is followed"


@root
def test_what_others_own_in_git(workspace):
    """It stays theirs."""
    (workspace / ".git" / "objects" / "theirs").touch()
    os.chown(workspace / ".git" / "objects" / "theirs", 77, 77)
    hand_back(workspace)
    assert owners(workspace) == {OWNER, 77}


@root
def test_a_disk_without_owners(workspace, monkeypatch):
    """Then the error names what could not be done."""

    def refuse(*_words):
        raise PermissionError(1, "Operation not permitted", "x")

    monkeypatch.setattr(workspace_access, "give_ours", refuse)
    with pytest.raises(MachineError, match="hand the workspace back"), handed_back(workspace):
        pass


def test_nothing_was_used(tmp_path):
    """Where no session was, nothing is handed back and nothing is cleared away."""
    for folder in (make_project(tmp_path / "p"), tmp_path):
        before = state(folder)
        hand_back(folder)
        clear_leftovers(folder)
        assert state(folder) == before


@root
def test_the_runners_folders_are_closed_in_our_container_alone(tmp_path, monkeypatch):
    """Elsewhere they are not ours to close."""
    folder = tmp_path / "github"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(workspace_access, "_OF_THE_RUNNER", (folder, tmp_path / "none"))
    close_own_container(tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o755
    close_own_container(workspace_access.OWN_CONTAINER)
    assert folder.stat().st_mode & 0o777 == 0o700


KILLED = """
import os
from pathlib import Path
from autoresearch_ci.trees.place import candidates, session_place
with session_place(candidates(Path({workspace!r}))) as place:
    (place / "layer").mkdir()
    print(place, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_layers_of_a_killed_session(workspace):
    """They are removed when the job's steps are over."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(workspace=str(workspace))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    place = Path(done.stdout.strip())
    assert (place / "layer").is_dir(), done.stderr
    clear_leftovers(workspace)
    assert not place.exists()
