"""The folder of a session's layers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import machine, place
from autoresearch_ci.trees.place import candidates, session_place


def test_a_place_is_ours_and_goes(tmp_path):
    """Only we can enter it, and nothing of it stays."""
    with session_place([tmp_path]) as made:
        assert made.stat().st_mode & 0o777 == 0o700
        (made / "layer").mkdir()
    assert [path.name for path in tmp_path.rglob("*")] == [f"autoresearch-{os.getuid()}"]


def test_what_a_killed_session_left_goes(tmp_path):
    """That of a living one stays."""
    code = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from pathlib import Path
from autoresearch_ci.trees.place import session_place
with session_place([Path({str(tmp_path)!r})]) as place:
    (place / "layer").mkdir()
    print(place, flush=True)
    time.sleep(60)
"""
    sessions = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    killed, living = (Path(session.stdout.readline().strip()) for session in sessions)
    sessions[0].kill()
    sessions[0].wait()
    with session_place([tmp_path]) as made:
        assert not killed.exists()
        assert (living / "layer").exists()
        assert made.exists()
    sessions[1].kill()
    for session in sessions:
        session.wait()
        session.stdout.close()


def test_a_folder_of_somebody_elses(tmp_path):
    """A link that somebody has put there leads nowhere."""
    (tmp_path / "else").mkdir()
    (tmp_path / f"autoresearch-{os.getuid()}").symlink_to("else")
    with pytest.raises(MachineError, match="somebody else"), session_place([tmp_path]):
        pass


def test_no_folder():
    """The error says what TMPDIR has to name."""
    with pytest.raises(MachineError) as caught, session_place([]):
        pass
    assert "TMPDIR" in caught.value.remedy


def test_never_in_the_project(tmp_path):
    """Nor in the home: a layer cannot lie in another one."""
    folder = tmp_path / "project/tmp"
    folder.mkdir(parents=True)
    assert folder not in candidates(tmp_path / "project", str(folder))
    assert folder in candidates(tmp_path / "other", str(folder))


def test_what_is_not_mounted_lies_anywhere(tmp_path, monkeypatch):
    """A container's own disk is no ground for overlays, but good enough for copies."""
    monkeypatch.setattr(place, "file_system", lambda _path: "overlay")
    assert candidates(tmp_path, str(tmp_path.parent)) == []
    assert tmp_path.parent in candidates(tmp_path, str(tmp_path.parent), mounted=False)


def test_of_two_file_systems_at_a_place_the_later_is_seen(monkeypatch):
    """What was mounted over another one hides it, and its folders are on the longest path."""
    mounts = [("/", "ext4"), ("/shm", "tmpfs"), ("/shm", "overlay"), ("/a", "xfs")]
    monkeypatch.setattr(machine, "_mounts", lambda: iter(mounts))
    kinds = [machine.file_system(path) for path in ("/shm/x", "/shm", "/a/b/c", "/ab", "/")]
    assert kinds == ["overlay", "overlay", "xfs", "ext4", "ext4"]
