"""Sessions that are killed, at chosen and at random instants."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.workspace import git, locks
from tests.unit.workspace.conftest import version

TARGET = "train.py"
SOURCE = "lr = 0.1\nsteps = 10\n"
CANDIDATE = "lr = 0.2\nsteps = 10\n"
ROUNDS = int(os.environ.get("KILL_ROUNDS", "8"))
SEED = int(os.environ.get("KILL_SEED", "7"))
LOCK = ".git/refs/heads/autoresearch/mar17.lock"
MESSAGE = "experiment: x\n\nAutoresearch-Experiment: 1\n"

# A session in small: the file `kept` beside the repository plays the ledger.
SESSION = """
import sys
from pathlib import Path
from autoresearch_ci.core.model import FileSet, Side
from autoresearch_ci.workspace import Workspace

root, ledger, number = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
kept, parent = ledger.read_text().split() if ledger.exists() else (None, None)
workspace = Workspace.open(root)
workspace.exclude_outputs()
with workspace.lock("mar17"), workspace.campaign(
    "mar17", target="train.py", session=f"s{number}", kept=kept, kept_parent=parent
) as campaign:
    print("ready", flush=True)
    for step in range(1000):
        trial = campaign.trial(FileSet({"train.py": f"lr = {number}.{step}\\n"}))
        trial.show(Side.CANDIDATE)
        if step % 2 == 0:
            message = "experiment: x\\n\\nAutoresearch-Experiment: 1\\n"
            commit = trial.commit(message)
            ledger.with_suffix(".new").write_text(f"{commit} {trial.parent}")
            ledger.with_suffix(".new").rename(ledger)
            trial.keep(commit)
        campaign.publish({"results.tsv": str(step).encode()}, "log")
"""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (git, locks):
        monkeypatch.setattr(module, "_PATIENCE", 0.1)


def killed(repo, action) -> None:
    """Run `action` with a campaign in a process that then kills itself."""
    child = os.fork()
    if child == 0:
        try:
            with repo.campaign() as campaign:
                action(campaign)
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def nothing(_campaign) -> None:
    """The session dies before it does anything."""


def test_a_session_killed_at_random_instants_leaves_nothing_behind(repo, tmp_path):
    """Wherever the kill hits, the next session stands on the last kept commit, all in order."""
    ledger = tmp_path / "kept"
    start, before = repo.head, repo.manifest
    chance = random.Random(SEED)
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    for number in range(ROUNDS):
        command = [sys.executable, "-c", SESSION, str(repo.path), str(ledger), str(number)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env=env, start_new_session=True
        ) as child:
            assert child.stdout is not None
            if number % 4:
                assert child.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.6))
            os.killpg(child.pid, signal.SIGKILL)
        kept, parent = ledger.read_text().split() if ledger.exists() else (None, None)
        with repo.campaign(kept=kept, kept_parent=parent) as campaign:
            tip = repo.git("rev-parse", "autoresearch/mar17")
            assert campaign.head == tip == (kept or start)
            campaign.publish({"a": b"b"}, "log")
        assert (repo.at, repo.head, repo.manifest) == ("main", start, before)
    assert ledger.exists()
    repo.git("fsck", "--strict")


def test_a_kill_between_the_record_and_the_branch_is_made_good(repo):
    """What the ledger has as kept becomes the branch's tip; the branch is never moved back."""
    commits, start = repo.path.parent / "commit", repo.head

    def action(campaign) -> None:
        commits.write_text(campaign.trial(version(CANDIDATE)).commit(MESSAGE))

    killed(repo, action)
    commit = commits.read_text()
    assert repo.git("rev-parse", "autoresearch/mar17") == start
    with repo.campaign(kept=commit, kept_parent=start) as campaign:
        assert campaign.head == repo.git("rev-parse", "autoresearch/mar17") == commit
        assert campaign.source().text == CANDIDATE


def test_the_user_works_on_after_a_kill(repo):
    """Nothing of the killed session is in their way, and the next one leaves alone what they do."""
    killed(repo, nothing)
    repo.write(TARGET, "my own\n")
    repo.write("other.py", "staged\n")
    repo.git("add", "other.py")
    before, status = repo.manifest, repo.git("status", "--porcelain")
    with repo.campaign() as campaign:
        assert campaign.source().text == SOURCE
    assert (repo.manifest, repo.git("status", "--porcelain")) == (before, status)


def test_another_campaign_may_follow_a_killed_one(repo):
    """A new campaign starts from the user's branch, not from where the killed one stood."""
    killed(repo, nothing)
    with repo.campaign("apr01") as campaign:
        assert campaign.created
        assert campaign.base == repo.git("rev-parse", "main")


def test_a_lock_that_a_live_git_holds_is_waited_for_and_then_refused(repo, impatient):
    """A stale lock is only removed when nobody can own it."""
    killed(repo, nothing)
    lock = repo.write(LOCK, "")
    fake = repo.path.parent / "git-fake"
    fake.symlink_to("/bin/sleep")
    with subprocess.Popen([str(fake), "60"], cwd=repo.path) as live:
        try:
            with pytest.raises(WorkspaceError, match=str(live.pid)), repo.campaign():
                pass
            assert lock.exists()
        finally:
            live.kill()
    with repo.campaign():
        assert not lock.exists()
    with (
        pytest.raises(WorkspaceError, match="holds refs/heads/autoresearch/mar17"),
        repo.campaign() as campaign,
    ):
        lock.touch()
        trial = campaign.trial(version(CANDIDATE))
        trial.keep(trial.commit(MESSAGE))
    assert lock.exists()
