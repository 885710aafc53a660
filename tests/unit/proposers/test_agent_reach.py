"""What an agent gets at: under every level of isolation, no more than the project and toolchains."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch_ci.core.model import Proposal
from tests.projects import git
from tests.servers.sockets import Server, whole
from tests.unit.proposers.conftest import EDIT, EDITED, rejected

pytestmark = pytest.mark.usefixtures("elsewhere")

SECRET = "s3cret-of-the-user"
LEVELS = ("overlay", "copy")


@pytest.fixture(params=LEVELS)
def attack(request, ask, seen, repo, tmp_path, monkeypatch):
    """Lets an agent attack and then edit; what it found out is returned."""
    home = tmp_path / "home"
    for name in (".ssh/id_ed25519", ".netrc", ".config/gh/hosts.yml", ".claude/.credentials.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"{SECRET}\n")
    (tmp_path / "beside.txt").write_text(f"{SECRET}\n")
    git(repo, "config", "http.extraheader", f"Authorization: {SECRET}")
    git(repo, "branch", "other")
    monkeypatch.setenv("DEPLOY_TOKEN", SECRET)

    def attack(shell):
        outcome = ask(f"{{ {shell}\n}} > {seen}/out 2>&1; {EDIT}", isolation=request.param)
        assert isinstance(outcome, Proposal), outcome
        assert outcome.files.text == EDITED
        return (seen / "out").read_text(errors="replace")

    return attack


@pytest.mark.parametrize(
    "shell",
    [
        "cat ~/.ssh/* ~/.netrc ~/.config/gh/* ~/.claude/.credentials.json",
        "cat {home}/.ssh/* {home}/.netrc {home}/.config/gh/* {home}/.claude/.credentials.json",
        "cat {tmp}/beside.txt {repo}/../beside.txt",
        "cat {repo}/.git/config .git/config; git config --list; git branch -a",
        "env; cat /proc/*/environ | tr '\\0' '\\n'",
        "cat {repo}/notes.txt notes.txt",
        "ln -s {home}/.netrc x; cat x; ln {home}/.netrc y; cat y",
        "grep -rsa {secret} /proc/{pid}/mem /proc/{pid}/root{home} /proc/{pid}/cwd/.git",
    ],
)
def test_nothing_of_the_users_is_read(attack, repo, tmp_path, shell):
    """Home, `.git`, the harness's environment and memory, files beside the project: nothing."""
    words = {
        "home": tmp_path / "home", "tmp": tmp_path, "repo": repo, "pid": os.getpid(),
        "secret": SECRET[:-1],
    }  # fmt: skip
    found = attack(shell.format(**words))
    assert SECRET not in found
    assert "not tracked" not in found
    assert "other" not in found.split()


@pytest.mark.parametrize(
    "place", ["{tmp}", "{home}", "{repo}", "{repo}/.git", "{repo}/src", "/usr"]
)
def test_nothing_outside_of_its_tree_is_written(attack, repo, tmp_path, place):
    """What it writes anywhere is gone, or was refused."""
    at = Path(place.format(tmp=tmp_path, home=tmp_path / "home", repo=repo))
    attack(f"mkdir -p {at}; echo x > {at}/planted; rm -f {at}/beside.txt {at}/prepare.py")
    assert not (at / "planted").exists()
    assert (tmp_path / "beside.txt").exists()
    assert (repo / "prepare.py").exists()


def test_nobody_elses_processes_are_ended(attack):
    """The session and the user's other programs are out of its reach."""
    with subprocess.Popen(["sleep", "60"]) as other:
        attack(f"kill -9 {other.pid}; kill -STOP {other.pid}; true")
        assert other.poll() is None
        other.kill()


def test_its_network_is_open_where_that_of_runs_is_not(ask, seen):
    """An agent asks its API, also with `network: none`."""
    get = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], bytes(1)).read())"
    with Server(lambda _: whole(200, b"hello")) as server:
        outcome = ask(
            f"{sys.executable} -c '{get}' {server.url} > {seen}/out && {EDIT}", network="none"
        )
    assert isinstance(outcome, Proposal)
    assert "hello" in (seen / "out").read_text()


@pytest.mark.parametrize("level", LEVELS)
def test_its_home_is_its_own(ask, seen, tmp_path, level):
    """Each agent begins with an empty home and temporary folder, which it may write to."""
    command = f"echo x > ~/.agentrc && echo x > $TMPDIR/x && ls -a ~ $TMPDIR > {seen}/out; {EDIT}"
    for _ in range(2):
        assert isinstance(ask(command, isolation=level), Proposal)
        assert (seen / "out").read_text().split().count(".agentrc") == 1
        assert not (tmp_path / "home" / ".agentrc").exists()
    assert isinstance(ask(f"! test -e ~/.agentrc && {EDIT}", isolation=level), Proposal)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("rm src/train.py", "deleted"),
        ("rm -r src", "where the folder of src/train.py was"),
        ("mkdir d; mv src/train.py d; rm -r src; ln -s d src", "the folder of"),
        ("rm src/train.py; ln -s /etc/passwd src/train.py", "no plain file"),
        ("rm src/train.py; mkdir src/train.py", "no plain file"),
    ],
)
def test_what_is_not_taken(ask, level, command, problem):
    """Under every level it is told the same."""
    assert problem in rejected(ask(command, isolation=level))
