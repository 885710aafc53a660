"""The workspace, lent to the experiments' user and handed back. On real files, as root."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autoresearch_ci.action import workspace_access
from autoresearch_ci.action.workspace_access import (
    EXPERIMENTS,
    folders_of_sockets,
    handed_back,
    places_of_the_runner,
    take_back,
)
from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.executors.users import kill_all_of, processes_of
from tests.projects import git, make_project

OWNER = 4321
root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can hand files over")


@pytest.fixture
def workspace(tmp_path):
    """A repository that belongs to somebody, in a place that anybody may pass through."""
    folder = make_project(tmp_path / "work" / "project")
    (folder / "out").mkdir()
    (folder / "out" / "link").symlink_to("/etc/hostname")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    tmp_path.chmod(0o755)  # experiments have a user of their own where the tests are root's
    return folder


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


HOPPER = """
import os, sys, time
until = time.monotonic() + 20
while time.monotonic() < until:
    if os.fork():
        os._exit(0)
    os.write(int(sys.argv[1]), b".")
"""


@root
def test_what_forks_all_the_time_is_killed(workspace):
    """A process that is another one every moment does not outlive the end of its user's."""
    signs, hopper = os.pipe()
    who = {"user": EXPERIMENTS, "group": EXPERIMENTS, "extra_groups": [], "pass_fds": [hopper]}
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin"}  # what another user may run, too
    words = ["python3", "-c", HOPPER, str(hopper)]
    subprocess.run(words, cwd="/", env=path, check=True, **who)
    os.close(hopper)
    assert os.read(signs, 1), "it lives"
    began = time.monotonic()
    kill_all_of(EXPERIMENTS)
    while os.read(signs, 1 << 16):
        pass  # until nobody is left who could write
    os.close(signs)
    assert time.monotonic() - began < 10, "it would have gone on for twenty seconds"


@root
def test_a_file_with_another_name_elsewhere_is_not_lent(workspace, tmp_path):
    """What a package store shares with this project stays its owner's, and nobody else's to write."""
    store = tmp_path / "store.js"
    store.write_text("shared")
    os.link(store, workspace / "out" / "package.js")
    os.chown(store, OWNER, OWNER)
    in_a_child(f"""
        with lent(workspace, []):
            assert (workspace / "out" / "package.js").stat().st_uid == {OWNER}
            assert (workspace / "out").stat().st_uid == {EXPERIMENTS}
    """, workspace)  # fmt: skip
    assert store.stat().st_uid == OWNER


@root
def test_lent_and_handed_back(workspace, tmp_path):
    """Within, all but `.git` is the experiments' and closed places are shut; after it, nothing is."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    host = Path("/etc/hostname").stat().st_uid
    in_a_child(f"""
        with lent(workspace, [Path({str(closed)!r})]):
            found = {{p.lstat().st_uid for p in workspace.rglob("*") if ".git" not in p.parts}}
            assert found == {{{EXPERIMENTS}}}, found
            assert (workspace / ".git").stat().st_uid == {OWNER}
            assert (workspace / ".git").stat().st_mode & 0o777 == 0o700
            assert Path({str(closed)!r}).stat().st_mode & 0o777 == 0o700
            (workspace / "mine").touch()
    """, workspace)  # fmt: skip
    assert owners(workspace) == {OWNER}
    assert closed.stat().st_mode & 0o777 == 0o755
    assert Path("/etc/hostname").stat().st_uid == host
    assert not list((workspace / ".git" / "autoresearch").iterdir())


@root
def test_after_a_kill(workspace, tmp_path):
    """After SIGKILL whoever comes next ends what runs on, and knows whose everything was."""
    in_a_child("""
        with lent(workspace, []) as users:
            import subprocess
            subprocess.Popen(["sleep", "300"], user=users.experiments.uid,
                             start_new_session=True, stdout=-3, stderr=-3)
            os.kill(os.getpid(), 9)
    """, workspace, code=-9)  # fmt: skip
    assert processes_of(EXPERIMENTS)
    assert owners(workspace) != {OWNER}
    note = json.loads((workspace / ".git" / "autoresearch" / "lent.json").read_text())
    assert Path(note["homes"]).is_dir()
    take_back(workspace)
    assert not Path(note["homes"]).exists()
    until = time.monotonic() + 5
    while processes_of(EXPERIMENTS) and time.monotonic() < until:
        time.sleep(0.01)
    assert processes_of(EXPERIMENTS) == []
    assert owners(workspace) == {OWNER}


@root
def test_what_an_experiment_makes_and_the_loop_puts_back(workspace):
    """An experiment may write to its log and its files again after the loop has restored them."""
    in_a_child("""
        with lent(workspace, []) as users:
            run = ProcessExecutor(user=users.experiments).run
            log = workspace / "run.log"
            for _ in range(2):
                done = run(Command("id -u; id -G; echo $HOME; pwd; echo x >> run.log; "
                    "ls .git", workspace, 30.0, log=log))
                said = log.read_text()
                assert said.split().count(str(users.experiments.uid)) == 2, said
                assert str(users.experiments.home) in said
                assert "x\\n" in said
                assert "Permission denied" in said or "cannot open" in said, said
                assert log.stat().st_uid == users.experiments.uid
    """, workspace)  # fmt: skip


@root
def test_the_log_with_what_is_held_out_is_closed(workspace):
    """No experiment and no agent reads the log, and it is its owner's to read in the end."""
    log = workspace / ".claude" / "logs" / "autoresearch.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("")
    log.chmod(0o644)
    in_a_child("""
        from autoresearch_ci.campaign.ledger import Ledger
        from autoresearch_ci.core.model import Direction, IdeaRequest
        with lent(workspace, []) as users:
            log = workspace / ".claude" / "logs" / "autoresearch.jsonl"
            book = Ledger(log, workspace / "results.tsv", "t", Direction.LOWER, private=True)
            idea = IdeaRequest(tag="t", session="s", timestamp="2026-03-17T14:35:00Z",
                               text="held out 0.125")
            book.append(idea)
            assert "0.125" in log.read_text()
            for user in (users.experiments, users.agents):
                said = workspace / "said.log"
                run = ProcessExecutor(user=user).run
                run(Command("id -u; cat .claude/logs/*", workspace, 30.0, log=said))
                assert "0.125" not in said.read_text()
                assert str(user.uid) in said.read_text()
                said.unlink()
            run = ProcessExecutor(user=users.experiments).run
            run(Command("rm -f .claude/logs/*; touch .claude/logs/autoresearch.jsonl", workspace,
                        30.0, log=workspace / "run.log"))
            assert book.put_back()
            assert log.stat().st_mode & 0o777 == 0o600
            assert log.stat().st_uid == 0
    """, workspace)  # fmt: skip
    assert log.stat().st_uid == OWNER
    assert "0.125" in log.read_text()


@root
def test_nobody_puts_another_git_in_its_place(workspace):
    """What git and we believe is ours: an experiment can neither move `.git` nor what is beside."""
    before = workspace.stat().st_mode
    in_a_child("""
        with lent(workspace, []) as users:
            run = ProcessExecutor(user=users.experiments).run
            done = run(Command("mv .git .real; rm -rf .git; mkdir .git; chmod 777 .; "
                "touch mine; mkdir folder; mv mine folder; rm -r folder", workspace, 30.0))
            assert done.returncode == 0, done.errors
            assert done.errors.count("ermitted") + done.errors.count("enied") >= 3, done.errors
            assert (workspace / ".git" / "HEAD").exists()
    """, workspace)  # fmt: skip
    assert workspace.stat().st_mode == before
    assert owners(workspace) == {OWNER}
    assert sorted(path.name for path in workspace.iterdir()) == [
        ".git", "experiment.sh", "out", "target.txt",
    ]  # fmt: skip


@root
def test_nothing_of_the_user_is_left_running(workspace):
    """What a command started is dead when it has ended, also what hides from its parents."""
    in_a_child("""
        with lent(workspace, []) as users:
            run = ProcessExecutor(user=users.experiments).run
            hidden = "setsid env -i sh -c '(sleep 300 &) ; sleep 300 &' >/dev/null 2>&1 &"
            run(Command(hidden + " sleep 0.3", workspace, 30.0))
            assert processes_of(users.experiments.uid) == []
    """, workspace)  # fmt: skip


@root
@pytest.mark.parametrize(
    "place", ["theirs", *(f"autoresearch-homes-{each}" for each in ("x", "y/theirs", "z"))]
)
def test_a_note_that_names_what_is_not_ours(workspace, tmp_path, monkeypatch, place):
    """Who owns the workspace may have written it: nothing of others is deleted."""
    monkeypatch.setattr(workspace_access.tempfile, "tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "autoresearch-homes-x").symlink_to("theirs")
    (tmp_path / "autoresearch-homes-y" / "theirs").mkdir(parents=True)
    (tmp_path / "autoresearch-homes-z").mkdir()
    os.chown(tmp_path / "autoresearch-homes-z", OWNER, OWNER)
    (workspace / ".git" / "autoresearch").mkdir()
    note = {"uid": OWNER, "gid": OWNER, "modes": {}, "homes": str(tmp_path / place)}
    (workspace / ".git" / "autoresearch" / "lent.json").write_text(json.dumps(note))
    take_back(workspace)
    assert (tmp_path / place).is_dir()


@root
def test_a_damaged_note(workspace):
    """A note that cannot be read is an error that says what to do by hand."""
    (workspace / ".git" / "autoresearch").mkdir()
    (workspace / ".git" / "autoresearch" / "lent.json").write_text("{")
    with pytest.raises(MachineError, match="whose the files are is not known"):
        take_back(workspace)


def test_nothing_was_lent(tmp_path):
    """Where no session was, nothing is handed back."""
    take_back(make_project(tmp_path / "p"))
    take_back(tmp_path)


def test_places_of_the_runner(tmp_path):
    """Folders of the runner's files are closed, but none that the workspace lies in."""
    home, temp = tmp_path / "home", tmp_path / "home" / "temp"
    workspace = home / "work"
    for folder in (temp, workspace):
        folder.mkdir(parents=True)
    variables = {"HOME": str(home), "RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(temp / "out")}
    assert [
        p for p in places_of_the_runner(variables, workspace) if p.is_relative_to(tmp_path)
    ] == [temp]


def test_a_socket_that_anybody_may_use(tmp_path, monkeypatch):
    """An engine's socket that is open to all is an error, save in a container of our own."""
    path = tmp_path / "docker.sock"
    monkeypatch.setattr(workspace_access, "SOCKETS", (str(path),))
    assert folders_of_sockets(in_own_container=True) == []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o660)
        assert folders_of_sockets(in_own_container=False) == []
        path.chmod(0o666)
        assert folders_of_sockets(in_own_container=True) == [tmp_path]
        with pytest.raises(MachineError, match="chmod o-w"):
            folders_of_sockets(in_own_container=False)


def in_a_child(body: str, workspace: Path, code: int = 0) -> None:
    """Python in a process of its own: what it gives up for good must not be given up here."""
    lines = "\n".join(line[8:] for line in body.splitlines())
    program = f"""
import os
from pathlib import Path
from autoresearch_ci.action.workspace_access import lent
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.local import ProcessExecutor
from autoresearch_ci.executors.users import processes_of
workspace = Path({str(workspace)!r})
{lines}
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done.stderr


@root
def test_git_that_is_used_without_a_session(workspace):
    """What is written to `.git` is its owner's at the end, also where something went wrong."""
    with pytest.raises(KeyError), handed_back(workspace):
        (workspace / ".git" / "objects" / "new").write_text("x")
        raise KeyError
    for path in (workspace, *workspace.rglob("*")):
        assert path.lstat().st_uid == OWNER, path


@root
def test_a_disk_without_owners(workspace, monkeypatch):
    """Then the error names what could not be done."""

    def refuse(*_words):
        raise PermissionError(1, "Operation not permitted", "x")

    monkeypatch.setattr(workspace_access, "give", refuse)
    with pytest.raises(MachineError, match="hand the workspace back"), handed_back(workspace):
        pass


@root
def test_a_submodule_that_an_experiment_turned_around(workspace, tmp_path):
    """It is put back, is the experiments' to write to again, and git runs none of its programs."""
    inner = make_project(tmp_path / "inner")
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub"]
    git(workspace, "-c", "safe.directory=*", *add)
    git(workspace, "-c", "safe.directory=*", "commit", "-qm", "sub")
    for path in (workspace, *workspace.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    in_a_child(f"""
        from autoresearch_ci.core.environment import trust
        from autoresearch_ci.core.model import FileSet
        from autoresearch_ci.workspace import Workspace
        trust(workspace)
        with lent(workspace, []) as users:
            run = ProcessExecutor(user=users.experiments).run
            opened = Workspace.open(workspace)
            with opened.lock("t"), opened.checkout(
                "t", target="target.txt", session="s"
            ) as campaign, campaign.trial(
                FileSet({{"target.txt": "x\\n"}})
            ) as trial:
                for _ in range(2):
                    done = run(Command("cd sub && rm -rf .git * && git init -q && "
                        "git config core.fsmonitor 'touch {tmp_path}/called' && "
                        "git config user.name a && git config user.email b && "
                        "git commit -q --allow-empty -m x && echo y > experiment.sh",
                        workspace, 30.0))
                    assert done.returncode == 0, done.errors
                    assert trial.clean() == ("sub", "sub/experiment.sh", "sub/target.txt")
                    found = {{p.lstat().st_uid for p in (workspace / "sub").rglob("*")}}
                    assert found == {{users.experiments.uid}}, found
    """, workspace)  # fmt: skip
    assert owners(workspace) == {OWNER}
    assert not (tmp_path / "called").exists()
