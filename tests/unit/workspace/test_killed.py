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
from autoresearch_ci.core.model import Side
from autoresearch_ci.workspace import Workspace, git, locks
from tests.unit.workspace.conftest import version

TARGET = "train.py"
SOURCE = "lr = 0.1\nsteps = 10\n"
CANDIDATE = "lr = 0.2\nsteps = 10\n"
ROUNDS = int(os.environ.get("KILL_ROUNDS", "8"))
SEED = int(os.environ.get("KILL_SEED", "7"))
MESSAGE = "experiment: x\n\nAutoresearch-Experiment: 1\n"

# A session in small: the file `kept` beside the repository plays the ledger.
SESSION = """
import os, subprocess, sys
from pathlib import Path
from autoresearch_ci.core.model import FileSet, Side
from autoresearch_ci.workspace import Workspace

root, ledger, number = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
kept, parent = ledger.read_text().split() if ledger.exists() else (None, None)
workspace = Workspace.open(root)
workspace.exclude_outputs()
with workspace.lock("mar17"), workspace.checkout(
    "mar17", target="train.py", session=f"s{number}", kept=kept, kept_parent=parent
) as campaign:
    print("ready", flush=True)
    for step in range(1000):
        with campaign.trial(FileSet({"train.py": f"lr = {number}.{step}\\n"})) as trial:
            trial.show(Side.CANDIDATE)
            script = "echo x > new.txt; echo y > other.py; rm -f notes.txt; git add -A; sleep 0.01"
            subprocess.run(["sh", "-c", script], cwd=root)
            trial.clean()
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


def in_trial(repo, script: str):
    def action(campaign) -> None:
        trial = campaign.trial(version(CANDIDATE)).__enter__()
        trial.show(Side.CANDIDATE)
        repo.sh(script)
        os.kill(os.getpid(), signal.SIGKILL)

    return action


def test_a_session_killed_at_random_instants_leaves_nothing_behind(repo, tmp_path):
    """Wherever the kill hits, the next session stands on the last kept commit, all in order."""
    ledger = tmp_path / "kept"
    start = repo.head
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
        interrupted = repo.open().interrupted_sessions()
        assert interrupted in ([], [f"s{number}"])
        with repo.campaign(kept=kept, kept_parent=parent) as campaign:
            assert campaign.head == repo.head == (kept or start)
            assert repo.dirt == ""
            assert repo.read("notes.txt") == "my notes\n"
            with campaign.trial(version("x\n")) as trial:
                assert trial.clean() == ()
            campaign.publish({"a": b"b"}, "log")
        assert (repo.at, repo.head, repo.dirt) == ("main", start, "")
        assert repo.open().interrupted_sessions() == []
    assert ledger.exists()
    repo.git("fsck", "--strict")


def test_a_kill_in_a_run_loses_nothing_of_the_users(repo):
    """The candidate is taken back; what else changed is saved, then undone."""
    killed(
        repo,
        in_trial(
            repo,
            "echo evil > other.py; echo x > new.txt; rm notes.txt; git add other.py;"
            "touch .git/index.lock; git init -q nest; echo mine > nest/f",
        ),
    )
    assert repo.open().interrupted_sessions() == ["s1"]
    assert repo.at == "autoresearch/mar17"
    with repo.campaign() as campaign:
        assert "refs/autoresearch/rescued/" in campaign.rescued
        assert (repo.dirt, repo.read("notes.txt")) == ("", "my notes\n")
        assert campaign.source().text == SOURCE
    assert (repo.at, repo.dirt) == ("main", "")
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/autoresearch/rescued")
    assert repo.git("show", f"{ref}:other.py") == "evil"
    assert repo.git("show", f"{ref}:new.txt") == "x"
    (nest,) = (repo.path / ".git/autoresearch/rescued").glob("*/nest/f")
    assert nest.read_text() == "mine\n"


def test_a_kill_with_only_the_candidate_in_the_tree_needs_no_rescue(repo):
    """What we wrote ourselves is nobody's work."""
    killed(repo, in_trial(repo, ":"))
    assert repo.read(TARGET) == CANDIDATE
    with repo.campaign() as campaign:
        assert campaign.rescued == ""
        assert repo.dirt == ""
    assert repo.git("for-each-ref", "refs/autoresearch") == ""


def test_work_done_after_a_kill_is_saved(repo):
    """An edit of the target, of another file, staged or new: all of it is in the rescued commit."""
    killed(repo, in_trial(repo, ":"))
    repo.write(TARGET, "my own\n")
    repo.write("other.py", "staged\n")
    repo.git("add", "other.py")
    repo.write("other.py", "and more\n")
    repo.write("notes.txt", "longer notes\n")
    with repo.campaign() as campaign:
        assert campaign.rescued
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/autoresearch/rescued")
    assert repo.git("show", f"{ref}:{TARGET}") == "my own"
    assert repo.git("show", f"{ref}:other.py") == "and more"
    assert repo.git("show", f"{ref}^2:other.py") == "staged"
    assert repo.git("show", f"{ref}:notes.txt") == "longer notes"
    assert repo.read("notes.txt") == "my notes\n"


def test_a_user_who_went_back_after_a_kill_is_left_alone(repo):
    """On their own branch, changes are theirs: refused as ever, not moved away."""
    killed(repo, in_trial(repo, ":"))
    repo.git("checkout", "-q", "main")  # carries the candidate along
    assert repo.read(TARGET) == CANDIDATE
    repo.write("other.py", "mine\n")
    with pytest.raises(WorkspaceError, match="uncommitted"), repo.campaign():
        pass
    assert repo.read("other.py") == "mine\n"
    assert repo.read(TARGET) == SOURCE
    repo.git("checkout", "-q", "other.py")
    with repo.campaign() as campaign:
        assert campaign.rescued == ""
    assert (repo.at, repo.dirt) == ("main", "")


def test_a_kill_between_the_record_and_the_branch_is_made_good(repo):
    """What the ledger has as kept becomes the branch's tip; the branch is never moved back."""
    commits = repo.path.parent / "commit"

    def action(campaign) -> None:
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            commits.write_text(trial.commit(MESSAGE))
            os.kill(os.getpid(), signal.SIGKILL)

    start = repo.head
    killed(repo, action)
    commit = commits.read_text()
    assert repo.head == start
    with repo.campaign(kept=commit, kept_parent=start) as campaign:
        assert campaign.head == repo.head == commit
        assert (campaign.source().text, campaign.rescued, repo.dirt) == (CANDIDATE, "", "")


@pytest.mark.parametrize(
    "script",
    [
        "git checkout -q --detach; echo x > .git/index",
        "chmod 000 other.py pkg",
        "rm -rf pkg; ln -s /tmp pkg; rm other.py; mkdir other.py; rm train.py; mkfifo train.py",
        "find . -mindepth 1 -maxdepth 1 -not -name .git -exec rm -rf {} +",
        "echo 0 > .git/MERGE_HEAD; touch .git/HEAD.lock .git/refs/heads/autoresearch/mar17.lock",
        "rm .git/index",
        ": > .git/autoresearch/shown; rm -rf .git/autoresearch/vault",
    ],
)
def test_a_kill_in_a_hostile_run_is_recovered_from(repo, script):
    """Even with nothing undone yet, the next session brings the tree back."""
    killed(repo, in_trial(repo, script))
    with repo.campaign():
        assert (repo.at, repo.dirt) == ("autoresearch/mar17", "")
        assert repo.read("pkg/deep/mod.py") == "mod\n"
        assert repo.read("other.py") == "other\n"
        assert repo.read(TARGET) == SOURCE
    assert (repo.at, repo.dirt) == ("main", "")


def test_another_campaign_may_follow_a_killed_one(repo):
    """A new campaign starts from the user's branch, not from where the killed one stood."""
    killed(repo, in_trial(repo, "echo x > new.txt"))
    start = repo.git("rev-parse", "main")
    with repo.campaign("apr01") as campaign:
        assert campaign.created
        assert campaign.base == start
    assert (repo.at, repo.dirt) == ("main", "")


def test_a_lock_that_a_live_git_holds_is_waited_for_and_then_refused(repo, impatient):
    """A stale lock is only removed when nobody can own it."""
    killed(repo, in_trial(repo, ":"))
    lock = repo.write(".git/index.lock", "")
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
    lock.touch()
    with pytest.raises(WorkspaceError, match=r"index\.lock"), repo.campaign():
        pass
    assert lock.exists()


def test_an_old_lock_from_before_the_killed_session_is_not_ours_to_remove(repo, impatient):
    """A lock older than the session was somebody else's."""
    killed(repo, in_trial(repo, ":"))
    lock = repo.write(".git/index.lock", "")
    os.utime(lock, (1, 1))
    with pytest.raises(WorkspaceError, match=r"index\.lock"), repo.campaign():
        pass
    assert lock.exists()
    assert isinstance(repo.open(), Workspace)
