"""A campaign from its first checkout to the way back."""

from __future__ import annotations

import os
import subprocess

import pytest
from autoresearch_ci.workspace.snapshot import backup

from autoresearch_ci.core.errors import MachineError, WorkspaceError
from autoresearch_ci.core.model import Side
from autoresearch_ci.workspace import Workspace
from autoresearch_ci.workspace.patch import unified
from tests.unit.workspace.conftest import version

SOURCE = "lr = 0.1\nsteps = 10\n"
TARGET = "train.py"

CANDIDATE = "lr = 0.2\nsteps = 10\n"
MESSAGE = "experiment: lr 0.1 -> 0.2\n\nAutoresearch-Experiment: 1\n"


def keep(campaign, text: str, message: str = MESSAGE) -> str:
    with campaign.trial(version(text)) as trial:
        trial.show(Side.CANDIDATE)
        commit = trial.commit(message)
        trial.keep(commit)
    return commit


def test_a_new_campaign_begins_at_head_and_ends_where_the_user_was(repo):
    """The user's branch does not move, and the campaign's is left for them to look at."""
    start = repo.head
    with repo.campaign() as campaign:
        assert (campaign.branch, repo.at) == ("autoresearch/mar17", "autoresearch/mar17")
        assert campaign.created
        assert campaign.base == campaign.head == start
        assert campaign.source().text == SOURCE
        commit = keep(campaign, CANDIDATE)
        assert campaign.head == repo.head == commit
        assert campaign.source().text == CANDIDATE
        assert repo.dirt == ""
    assert (repo.at, repo.head, repo.dirt) == ("main", start, "")
    assert repo.git("show", "--stat", "--format=%an <%ae>|%P|%B", commit).startswith(
        f"Ann <ann@example.org>|{start}|experiment: lr 0.1 -> 0.2"
    )
    with repo.campaign(kept=commit, kept_parent=start) as campaign:
        assert not campaign.created
        assert (campaign.base, campaign.head, campaign.source().text) == (start, commit, CANDIDATE)
    assert not (repo.path / ".git/autoresearch/vault").exists()


def test_a_discarded_candidate_leaves_nothing_at_all(repo):
    """Showing both sides, and an exception in between, end exactly at the parent."""
    objects = repo.git("count-objects")
    with repo.campaign() as campaign:
        with campaign.trial(version(CANDIDATE)) as trial:
            for side, text in ((Side.CANDIDATE, CANDIDATE), (Side.INCUMBENT, SOURCE)):
                trial.show(side)
                assert repo.read(TARGET) == text
                assert trial.clean() == ()
            trial.show(Side.CANDIDATE)
        assert (repo.read(TARGET), repo.dirt) == (SOURCE, "")
        with pytest.raises(KeyboardInterrupt), campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            repo.write("other.py", "changed")
            raise KeyboardInterrupt
        assert (repo.read(TARGET), repo.dirt) == (SOURCE, "")
    assert repo.git("count-objects") == objects


def test_a_patch_applies_with_git(repo, tmp_path):
    """The recorded patch of any candidate can be taken up by hand."""
    name = 'sp ace/tä"b.py'
    texts = ["a\n", "a\nb", "\n" * 30 + "x\r\ny\f\u2028z\n" * 40, "", "one\n", "x" * 9, "a\nb\nc\n"]
    for old in texts:
        for new in texts:
            repo.write(name, old)
            (repo.path / name).write_bytes(old.encode())
            patch = tmp_path / "p"
            text = unified(name, old, new, ids=("0" * 40, "1" * 40), mode="100644")
            patch.write_bytes(text.encode())
            if text:
                repo.git("apply", "--whitespace=nowarn", str(patch))
            assert (repo.path / name).read_bytes() == new.encode()


def test_the_candidates_id_is_gits_own(repo):
    """`candidate` is what `git hash-object` says, also where attributes convert line ends."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        assert trial.candidate == repo.git("hash-object", TARGET)
    repo.write(".gitattributes", "*.py text eol=crlf\n")
    repo.sh(
        "git add . ; git rm -q --cached -r .; git add .gitattributes .gitignore *.py pkg;"
        " git commit -q -m crlf; rm train.py; git checkout -q -- train.py"
    )
    with repo.campaign("crlf") as campaign:
        assert campaign.source().text == SOURCE.replace("\n", "\r\n")
        with campaign.trial(version(campaign.source().text.replace("0.1", "0.5"))) as trial:
            trial.show(Side.CANDIDATE)
            assert trial.candidate == repo.git("hash-object", TARGET)
            assert trial.clean() == ()
            trial.keep(trial.commit(MESSAGE))
        assert repo.dirt == ""
        assert b"\r" not in repo.git("show", "HEAD:train.py").encode()
    assert (repo.at, repo.dirt) == ("main", "")


def test_modes_are_kept(repo):
    """An executable target stays executable, in the tree and in the commit."""
    repo.sh("chmod 755 train.py; git commit -q -am x")
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
        assert os.access(repo.path / TARGET, os.X_OK)
        assert repo.git("ls-tree", "HEAD", TARGET).startswith("100755")
        assert repo.dirt == ""


def test_uncommitted_changes_are_refused_and_stay(repo):
    """Staged or not, somebody's work is neither run over nor carried off."""
    repo.write("other.py", "work in progress\n")
    for script in (":", "git add other.py", "git rm -q --cached other.py"):
        repo.sh(script)
        before = repo.git("status", "--porcelain")
        with pytest.raises(WorkspaceError, match="uncommitted") as error, repo.campaign():
            pass
        assert "git stash" in error.value.remedy
        assert repo.git("status", "--porcelain") == before
    assert repo.read("other.py") == "work in progress\n"
    assert repo.git("branch", "--list", "autoresearch/*") == ""


def test_a_detached_head_needs_a_base(repo):
    """With one it works, and HEAD is detached at the same commit afterwards."""
    start = repo.head
    repo.git("checkout", "-q", "--detach")
    with pytest.raises(WorkspaceError, match="detached") as error, repo.campaign():
        pass
    assert "--base" in error.value.remedy
    with pytest.raises(WorkspaceError, match="no commit"), repo.campaign(base="nowhere"):
        pass
    with repo.campaign(base="main") as campaign:
        commit = keep(campaign, CANDIDATE)
    assert (repo.at, repo.head) == ("HEAD", start)
    with repo.campaign(kept=commit, kept_parent=start) as campaign:
        assert campaign.base == start
    assert (repo.at, repo.head) == ("HEAD", start)


def test_what_the_user_adds_while_a_session_is_at_work_is_theirs(repo):
    """What is there before a trial survives it; a change to a tracked file stops the session."""
    with pytest.raises(WorkspaceError, match="uncommitted"), repo.campaign() as campaign:
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            assert trial.clean() == ()
        repo.write("mine/new.txt", "new\n")
        with campaign.trial(version(CANDIDATE)) as trial:
            repo.sh("rm -rf mine; echo x > other.txt")
            assert trial.clean() == ("mine/new.txt",)
            assert repo.read("mine/new.txt") == "new\n"
            assert not (repo.path / "other.txt").exists()
        repo.write("other.py", "my edit\n")
        with campaign.trial(version(CANDIDATE)):
            pass
    assert repo.read("other.py") == "my edit\n"


def test_untracked_repositories_and_links_of_the_user_survive(repo):
    """A clone that lies in the tree comes back whole, with a history that works."""
    repo.sh(
        "git init -q lib; cd lib; echo x > f; git add f; "
        "git -c user.name=a -c user.email=b commit -q -m x; git pack-refs --all; ln -s f link"
    )
    repo.sh("mkdir empty; ln -s /etc/passwd pw")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh("rm -rf lib empty pw; mkdir pw; echo x > pw/x; echo y > empty")
        assert {"lib/f", "pw"} <= set(trial.clean())
        assert repo.sh("cd lib && git fsck && git status --porcelain && cat link") == "?? link\nx\n"
        assert str((repo.path / "pw").readlink()) == "/etc/passwd"
        assert (repo.path / "empty").is_dir()


def test_too_many_untracked_bytes_are_refused(repo, monkeypatch):
    """What cannot be kept safe is not put at risk."""
    monkeypatch.setattr(backup, "LIMIT", 1000)
    repo.write("big.txt", "x" * 2000)
    with pytest.raises(WorkspaceError, match="untracked files") as error, repo.campaign():
        pass
    assert ".gitignore" in error.value.remedy
    assert (repo.at, repo.read("big.txt")) == ("main", "x" * 2000)


def test_readonly_files_that_git_ignores_are_protected(repo, monkeypatch):
    """A changed, deleted or added one is a violation and undone; a touched one is neither."""
    options = {"readonly": ["data/*.bin"]}
    with repo.campaign(**options) as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh("touch data/a.bin; echo x > data/free.txt")
        assert trial.clean() == ()
        for script in (
            "echo 1 > data/a.bin",
            "rm -rf data",
            "ln -sf /etc/passwd data/a.bin",
            "mv data d.pyc; ln -s d.pyc data",
        ):
            repo.sh(script)
            assert trial.clean() == ("data/a.bin",)
            assert repo.read("data/a.bin") == "precious\n"
        repo.sh("echo x > data/b.bin")
        assert trial.clean() == ("data/b.bin",)
        assert not (repo.path / "data/b.bin").exists()
    monkeypatch.setattr(backup, "LIMIT", 1)
    (repo.path / "notes.txt").unlink()
    with (
        pytest.raises(WorkspaceError, match="too large") as error,
        repo.campaign(**options) as campaign,
        campaign.trial(version(CANDIDATE)) as trial,
    ):
        repo.sh("touch data/a.bin")
        assert trial.clean() == ()
        repo.sh("echo evilness > data/a.bin")
        trial.clean()
    assert "Put the file back" in error.value.remedy


def test_ignored_files_are_the_experiments_own(repo):
    """Caches and data that git ignores stay from run to run."""
    with repo.campaign() as campaign:
        for number in range(3):
            with campaign.trial(version(CANDIDATE)) as trial:
                repo.sh(f"mkdir -p __pycache__; echo {number} > __pycache__/x.pyc")
                repo.sh("echo x > data/cache; echo x > __pycache__/note")
                assert trial.clean() == ()
                assert not (repo.path / "__pycache__/note").exists()
    assert repo.read("__pycache__/x.pyc") == "2\n"
    assert repo.read("data/cache") == "x\n"


def test_files_that_git_was_told_not_to_look_at_are_protected(repo):
    """A file marked assume-unchanged by the user is watched all the same."""
    repo.git("update-index", "--assume-unchanged", "other.py")
    repo.write("other.py", "my local version\n")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.write("other.py", "changed\n")
        assert trial.clean() == ("other.py",)
        assert repo.read("other.py") == "my local version\n"


def test_a_linked_worktree_works_and_a_branch_in_another_is_refused(repo, tmp_path):
    """Campaigns run side by side in worktrees; one branch is never in two of them."""
    repo.sh(f"git worktree add -q -b side '{tmp_path}/w t'")
    workspace = Workspace.open(tmp_path / "w t")
    workspace.exclude_outputs()
    options = {"target": TARGET, "session": "s2"}
    with workspace.lock("apr01"), workspace.checkout("apr01", **options) as campaign:
        with repo.campaign() as other:
            keep(other, CANDIDATE)
            assert not repo.dirt
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            (tmp_path / "w t" / "other.py").write_text("x")
            assert trial.clean() == ("other.py",)
        keep(campaign, CANDIDATE)
        (repo.path / ".git/autoresearch/locks").mkdir(parents=True, exist_ok=True)
        with (
            pytest.raises(WorkspaceError, match="another working tree") as error,
            repo.open().checkout("apr01", target=TARGET),
        ):
            pass
        assert "switch --detach" in error.value.remedy


def test_a_shallow_clone_works(repo, tmp_path):
    """One commit deep is deep enough."""
    keepers = repo.sh("git commit -q --allow-empty -m two; git rev-parse HEAD").strip()
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "c")], check=True
    )
    workspace = Workspace.open(tmp_path / "c")
    with workspace.checkout("mar17", target=TARGET) as campaign:
        assert campaign.base == keepers
        first = keep(campaign, CANDIDATE)
    with workspace.checkout("mar17", target=TARGET, kept=first) as campaign:
        assert campaign.base == keepers


def test_a_campaign_of_another_machine_is_taken_up_from_the_remote(repo, tmp_path):
    """With only remote-tracking branches, both local ones are made from them."""
    with repo.campaign() as campaign:
        start, commit = campaign.base, keep(campaign, CANDIDATE)
        campaign.publish({"results.tsv": b"one\n"}, "log")
    subprocess.run(["git", "clone", "-q", str(repo.path), str(tmp_path / "c")], check=True)
    workspace = Workspace.open(tmp_path / "c")
    assert workspace.tags() == ["mar17"]
    assert workspace.read_log("mar17", "results.tsv") == b"one\n"
    assert workspace.read_log("mar17", "nothing") is workspace.read_log("apr01", "x") is None
    with workspace.checkout("mar17", target=TARGET, kept=commit, kept_parent=start) as campaign:
        assert (campaign.head, campaign.base, campaign.created) == (commit, start, False)
        campaign.publish({"run.txt": b"two\n"}, "log")
        assert workspace.read_log("mar17", "results.tsv") == b"one\n"


def test_a_branch_that_left_the_ledger_behind_is_refused(repo):
    """Neither a person's commit nor the ledger's word is overruled; both ways on are named."""
    with repo.campaign() as campaign:
        start, commit = campaign.base, keep(campaign, CANDIDATE)
    repo.sh(
        "git checkout -q autoresearch/mar17; git commit -q --allow-empty -m mine; "
        "git checkout -q main"
    )
    with pytest.raises(WorkspaceError) as error, repo.campaign(kept=commit, kept_parent=start):
        pass
    assert commit[:12] in error.value.message
    assert "--new --base autoresearch/mar17" in error.value.remedy
    assert f"git branch -f autoresearch/mar17 {commit}" in error.value.remedy
    repo.git("branch", "-f", "autoresearch/mar17", commit)
    with repo.campaign(kept=commit, kept_parent=start) as campaign:
        assert campaign.head == commit


def test_without_a_baseline_a_campaign_begins_where_the_user_is_now(repo):
    """What was committed to make the baseline work is in the next session."""
    with repo.campaign() as campaign:
        first = campaign.head
        campaign.publish({"log": b"it failed\n"}, "autoresearch: log")
    repo.write("other.py", "mended\n")
    repo.git("commit", "-qam", "mend what the baseline needs")
    mended = repo.git("rev-parse", "HEAD").strip()
    with repo.campaign(kept=first, kept_parent=first) as campaign:
        assert campaign.head == first
    with repo.campaign() as campaign:
        assert campaign.head == campaign.base == mended
    repo.git("reset", "-q", "--hard", first)
    with repo.campaign() as campaign:
        assert campaign.head == mended


def test_a_merged_campaign_is_finished(repo):
    """Once its kept commits are in the user's branch, it is not taken up again by default."""
    workspace = repo.open()
    with repo.campaign() as campaign:
        assert not workspace.merged("mar17")
        keep(campaign, CANDIDATE)
    assert not workspace.merged("mar17")
    repo.git("merge", "-q", "autoresearch/mar17")
    assert workspace.merged("mar17")


def test_standing_on_a_campaigns_branch_does_not_finish_it(repo):
    """After a kill, or by hand, HEAD may be the campaign's branch: it is gone on with."""
    workspace = repo.open()
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
        assert not workspace.merged("mar17")
        repo.git("checkout", "-q", "--detach")  # as an experiment may, just before the kill
        assert not workspace.merged("mar17")
        repo.git("checkout", "-q", "autoresearch/mar17")
    repo.git("checkout", "-q", "autoresearch/mar17")
    assert not workspace.merged("mar17")


def test_publishing_adds_and_replaces_and_never_touches_the_tree(repo):
    """The log branch grows by commits of its own, readable with plain git."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        campaign.publish({"a.txt": b"1", "experiments/0000-0099/0007.patch": b"p"}, "first")
        campaign.publish({"a.txt": b"2", "experiments/0000-0099/0008.patch": b"q"}, "second")
        assert trial.clean() == ()
    logs = "autoresearch-logs/mar17"
    assert repo.git("ls-tree", "-r", "--name-only", logs).split() == [
        "a.txt",
        "experiments/0000-0099/0007.patch",
        "experiments/0000-0099/0008.patch",
    ]
    assert repo.git("log", "--format=%s", logs).split() == ["second", "first"]
    assert repo.git("show", f"{logs}:a.txt") == "2"
    repo.git("fsck", "--strict")
    moved = repo.sh(f"git commit-tree -m merged -p {logs} {logs}^{{tree}}").strip()
    with repo.campaign() as campaign:
        repo.git("update-ref", f"refs/heads/{logs}", moved)
        campaign.publish({"b.txt": b"3"}, "third")
    assert repo.git("log", "--format=%s", logs).split() == ["third", "merged", "second", "first"]


def test_ours_is_the_name_where_git_knows_none(repo):
    """A machine without user.name still gets commits."""
    repo.sh("git config --unset user.name; git config --unset user.email")
    with repo.campaign() as campaign:
        commit = keep(campaign, CANDIDATE)
    author = repo.git("log", "-1", "--format=%an <%ae>", commit)
    assert author == "autoresearch-ci <autoresearch-ci@users.noreply.github.com>"


def test_hooks_of_the_repository_are_not_run(repo, tmp_path):
    """Neither switching, keeping nor publishing starts the user's hooks."""
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        path = repo.write(f".git/hooks/{hook}", f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        path.chmod(0o755)
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
        campaign.publish({"a": b"b"}, "log")
    assert not (tmp_path / "ran").exists()


def test_a_full_disk_is_said_to_be_full(repo, monkeypatch):
    """No space left is the machine's error, with what to do, and the tree comes back."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with repo.campaign() as campaign:
        with (
            pytest.raises(MachineError, match="No space left"),
            campaign.trial(version("x" * 99)) as trial,
            monkeypatch.context() as patched,
        ):
            patched.setattr(os, "replace", full)
            trial.show(Side.CANDIDATE)
        assert repo.dirt == ""


def test_an_unusual_layout_of_names_works(repo):
    """A target in a directory of spaces, quotes and letters goes through keep and publish."""
    name = 's p/it\'s "é".py'
    repo.write(name, "x = 1\n")
    repo.sh("git add . ':!notes.txt'; git commit -q -m odd")
    with repo.campaign(target=name) as campaign:
        with campaign.trial(version("x = 2\n", name)) as trial:
            trial.show(Side.CANDIDATE)
            trial.keep(trial.commit(MESSAGE))
        assert repo.dirt == ""
        assert repo.git("show", "--format=", "HEAD").count("x = ") == 2


@pytest.mark.parametrize("how", ["* text=auto\n", "* text=auto eol=crlf\n", "", "*.py -text\n"])
def test_line_ends_that_were_committed_stay(repo, how):
    """Where git leaves the CRLF of a file alone, so does a kept commit: one line differs."""
    repo.write("train.py", "lr = 0.1\r\nsteps = 10\r\n")
    repo.sh("git -c core.autocrlf=false commit -q -am crlf")
    repo.write(".gitattributes", how)
    repo.sh("git config core.autocrlf true; git add .gitattributes; git commit -q -m how || true")
    with (
        repo.campaign("crlf") as campaign,
        campaign.trial(version("lr = 0.2\r\nsteps = 10\r\n")) as trial,
    ):
        trial.show(Side.CANDIDATE)
        assert trial.clean() == ()
        trial.keep(trial.commit("x\n"))
        assert repo.dirt == ""
    assert (repo.at, repo.dirt) == ("main", "")
    changed = repo.git("diff", "--numstat", "main", "autoresearch/crlf")
    assert changed == "1\t1\ttrain.py"


def test_line_ends_that_git_would_rewrite_are_refused(repo):
    """A kept commit that changed every line would be no comparison of anything."""
    repo.write("train.py", "lr = 0.1\r\nsteps = 10\r\n")
    repo.sh("git commit -q -am crlf; echo '*.py text' > .gitattributes; git add .gitattributes")
    repo.sh("git commit -q -m attributes; git update-index --really-refresh || true")
    with pytest.raises(WorkspaceError), repo.campaign():
        pass
    assert repo.at == "main"
