"""Opening a repository, and which targets and tags it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import (
    AutoresearchError,
    LockedError,
    MachineError,
    TargetError,
    WorkspaceError,
)
from autoresearch_ci.workspace import Workspace
from tests.unit.workspace.conftest import version


def refused(error: type[AutoresearchError], call, *words: str) -> None:
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    for word in words:
        assert word in text
    assert caught.value.remedy


def test_the_repository_is_found_from_a_directory_below_its_top(repo):
    """A user may stand anywhere in the tree."""
    workspace = Workspace.open(repo.path / "pkg" / "deep")
    assert workspace.root == repo.path
    assert workspace.log_path == repo.path / ".claude/logs/autoresearch.jsonl"


def test_a_place_that_cannot_be_worked_in_is_refused_with_the_remedy(repo, tmp_path):
    """No repository, a bare one, one without commits, a git directory: each says what to do."""
    (tmp_path / "plain").mkdir()
    refused(WorkspaceError, lambda: Workspace.open(tmp_path / "plain"), "git init")
    refused(WorkspaceError, lambda: Workspace.open(tmp_path / "nowhere"), "--repo")
    repo.sh(f"git init -q --bare '{tmp_path}/bare'; git init -q '{tmp_path}/new'")
    refused(WorkspaceError, lambda: Workspace.open(tmp_path / "bare"), "bare", "clone")
    repo.sh(
        f"git push -q '{tmp_path}/bare' HEAD:main && git -C '{tmp_path}/bare' worktree add -q '{tmp_path}/tree' main"
    )
    refused(WorkspaceError, lambda: Workspace.open(tmp_path / "bare"), f"--repo {tmp_path}/tree")
    refused(WorkspaceError, lambda: Workspace.open(tmp_path / "new"), "no commits", "git commit")
    refused(WorkspaceError, lambda: Workspace.open(repo.path / ".git"), "working tree")
    repo.sh(f"git init -q --object-format=sha256 '{tmp_path}/sha256'")
    refused(WorkspaceError, lambda: Workspace.open(tmp_path / "sha256"), "sha256")


def test_a_submodule_is_refused_and_a_repository_with_one_is_served(repo, tmp_path, make_repo):
    """A campaign leaves it as it is; a run that moves its commit breaks the rules."""
    inner = make_repo(tmp_path / "inner")
    repo.sh(
        f"git -c protocol.file.allow=always submodule --quiet add '{inner.path}' sub"
        " && git commit -q -m sub"
    )
    refused(WorkspaceError, lambda: Workspace.open(repo.path / "sub"), "submodule", "Clone")
    refused(TargetError, lambda: repo.open().check_target("sub/train.py", []), "--repo")
    with repo.campaign() as campaign:
        trial = campaign.trial(version("lr = 2\n"))
        trial.keep(trial.commit("x\n"))
        assert trial.broken_rules(["sub", "sub/more.txt", "new.txt"], []) == ["sub"]
    assert repo.git("submodule", "status")[0] == " "


@pytest.mark.parametrize(
    "script",
    [
        "git merge -q other || true",
        "git cherry-pick other >/dev/null || true",
        "git rebase -q other || true",
        "git bisect start -q HEAD HEAD~1 || true",
    ],
)
def test_a_repository_in_the_middle_of_something_is_served(repo, script):
    """A merge, rebase, cherry-pick or bisect stays as it is: a campaign needs no checkout."""
    repo.sh(
        "git checkout -q -b other && echo 1 > other.py && git commit -q -am 1"
        " && git checkout -q main && echo 2 > other.py && git commit -q -am 2"
    )
    repo.sh(f"({script}) 2>/dev/null >/dev/null")
    before = repo.git("status")
    with repo.campaign(base="main") as campaign:
        trial = campaign.trial(version("lr = 0.2\n"))
        trial.keep(trial.commit("x\n"))
    assert repo.git("status") == before


def test_git_s_own_refusals_come_with_their_remedy(repo, monkeypatch, tmp_path):
    """A repository of another user, and a machine with no git or an old one, are told apart."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    refused(WorkspaceError, repo.open, "git config --global --add safe.directory", str(repo.path))
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.25.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent))
    refused(MachineError, repo.open, "too old", "2.30")
    old.unlink()
    refused(MachineError, repo.open, "not installed")


def test_the_callers_git_environment_does_not_lead_astray(repo, monkeypatch, tmp_path):
    """Started from a hook of another repository, it still works on the one it was pointed to."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert repo.open().root == repo.path
    repo.open().check_target("train.py", [])


@pytest.mark.parametrize(
    ("script", "target", "word"),
    [
        (":", "", "no target"),
        (":", "missing.py", "does not exist"),
        (": > empty.py; git add empty.py", "empty.py", "empty"),
        ("printf 'a\\0b' > nul.py; git add nul.py", "nul.py", "binary"),
        ("printf '\\377\\376' > bin.py; git add bin.py", "bin.py", "UTF-8"),
        ("echo x > new.py", "new.py", "not tracked"),
        (":", "data/a.bin", "ignored"),
        ("ln -s train.py link.py; git add link.py", "link.py", "symlink"),
        ("ln -s pkg lpkg; git add lpkg", "lpkg/deep/mod.py", "symlink"),
        (":", "../outside.py", "outside"),
        (":", "/etc/passwd", "outside"),
        (":", "./train.py", "plain path"),
        (":", "src\\\\bench.ps1", "forward slashes, as git does: src/bench.ps1"),
        (":", "pkg", "`pkg/`"),
        (":", '"train.py"', "write train.py without any"),
        (":", "Train.py", "mean train.py?"),
        (":", "train.py, pkg/deep/mod.py", "editable_files"),
        (":", "*.py", "editable_files"),
        (":", "mod.py", "mean pkg/deep/mod.py?"),
        (":", "trian.py", "mean train.py?"),
        ("git mv train.py learn.py", "train.py", "git checkout HEAD -- train.py"),
        (":", ".git/config", "git itself"),
        (":", ".gitignore", "no file to experiment on"),
        ("mkdir -p .github/workflows; echo x > .github/workflows/ci.yml; git add .",
         ".github/workflows/ci.yml", "workflow"),
        (":", "results.tsv", "no file to experiment on"),
        (":", "pkg/deep/mod.py", "readonly_files"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_the_target_is_refused_with_the_reason(repo, script, target, word):
    """Every bad target has its own message and remedy."""
    repo.sh(script)
    refused(TargetError, lambda: repo.open().check_target(target, ["pkg/**"]), word)


def test_a_good_target_in_an_odd_place_is_taken(repo):
    """Spaces, quotes and non-ASCII letters are ordinary characters."""
    repo.write('s p/it\'s "é".py', "x = 1\n")
    repo.git("add", ".")
    repo.open().check_target('s p/it\'s "é".py', ["*.md", "data/"])


def test_an_output_that_git_tracks_is_refused(repo):
    """A results.tsv of the user's own is never overwritten."""
    repo.open().check_outputs()
    repo.sh("echo x > results.tsv; git add -f results.tsv")
    refused(WorkspaceError, lambda: repo.open().check_outputs(), "git rm --cached results.tsv")


def test_outputs_are_excluded_once(repo):
    """`git status` does not show what the loop writes, and the list does not grow."""
    workspace = repo.open()
    workspace.exclude_outputs()
    first = repo.read(".git/info/exclude")
    workspace.exclude_outputs()
    assert repo.read(".git/info/exclude") == first
    repo.write("run.log", "x")
    repo.write(".claude/logs/autoresearch.jsonl", "x")
    assert repo.dirt == ""


def test_a_tag_must_be_a_name_that_git_takes(repo):
    """What cannot be a branch, or would lie above or below one, is refused before any work."""
    workspace = repo.open()
    for good in ("mar17", "mar17-2", "team/mar17", "é"):
        workspace.check_tag(good)
    for bad in ("", "-x", "a..b", "a b", "a~1", "a.lock", "/a", "a/", "@{", "x\n"):
        refused(WorkspaceError, lambda bad=bad: workspace.check_tag(bad), "tag")
    repo.git("branch", "autoresearch/mar17")
    workspace.check_tag("mar17")
    refused(WorkspaceError, lambda: workspace.check_tag("mar17/a"), "clashes")
    repo.git("branch", "autoresearch-logs/x/y")
    refused(WorkspaceError, lambda: workspace.check_tag("x"), "clashes", "x-2")
    repo.git("branch", "-m", "autoresearch/mar17", "autoresearch")
    refused(WorkspaceError, lambda: workspace.check_tag("y"), "git branch -m autoresearch ")


def test_a_second_campaign_on_one_day_gets_the_next_number(repo):
    """Local and remote-tracking branches of either kind take a tag."""
    workspace = repo.open()
    assert workspace.new_tag("mar17") == "mar17"
    repo.git("branch", "autoresearch/mar17")
    repo.git("update-ref", "refs/remotes/origin/autoresearch-logs/mar17-2", "HEAD")
    assert workspace.new_tag("mar17") == "mar17-3"
    assert workspace.tags() == ["mar17"]
    repo.git("update-ref", "refs/remotes/origin/autoresearch/apr01", "HEAD")
    assert set(workspace.tags()) == {"mar17", "apr01"}


def test_a_lock_is_held_by_the_living_only(repo):
    """A second session is refused with the holder's pid; a killed one holds nothing."""
    workspace = repo.open()
    script = (
        "import sys, pathlib; from autoresearch_ci.workspace import Workspace\n"
        "with Workspace.open(pathlib.Path(sys.argv[1])).lock('mar17'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(repo.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert other.stdin is not None
    assert other.stdout is not None
    with other, other.stdin, other.stdout:
        assert other.stdout.readline() == b"held\n"
        assert workspace.busy("mar17")
        for tag, what in (("mar17", "campaign"), ("apr01", "working tree")):
            with (
                pytest.raises(LockedError, match=f"{what} .* process {other.pid}"),
                workspace.lock(tag),
            ):
                pass
        other.kill()
        other.wait()
    with workspace.lock("mar17"), pytest.raises(LockedError), workspace.lock("mar17"):
        pass


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_a_target_that_git_is_told_not_to_look_at_is_refused(repo, flag):
    """What the user keeps in the target beside git would be committed, or lost."""
    repo.git("update-index", f"--{flag}", "train.py")
    repo.write("train.py", "lr = 7\n")
    with pytest.raises(TargetError, match=flag) as error:
        repo.open().check_target("train.py", ())
    assert f"--no-{flag} train.py" in error.value.remedy


def test_a_sparse_checkout_stays_one(repo):
    """What the user has not checked out stays so, and is in what is kept."""
    repo.write("out/file.txt", "out\n")
    repo.sh("git add out; git commit -q -m out; git sparse-checkout set --cone pkg")
    with repo.campaign() as campaign:
        trial = campaign.trial(version("lr = 0.2\n"))
        trial.keep(trial.commit("x\n"))
    assert not (repo.path / "out").exists()
    assert (repo.at, repo.dirt) == ("main", "")
    assert repo.git("diff", "--name-only", "main", "autoresearch/mar17") == "train.py"
