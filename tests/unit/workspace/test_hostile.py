"""Experiments that do what they must not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Side
from tests.unit.workspace.conftest import version

CANDIDATE = "lr = 0.2\nsteps = 10\n"

# Of names as long as they can be, so that few are deeper than a path.
DEEPER = "cd {0}; python3 -c \"import os\nfor _ in range(40): os.mkdir('d' * 250); os.chdir('d' * 250)\n{1}\""
# What the experiment does, and what `clean` must report of it.
HARMLESS = {
    "nothing": ":",
    "new files": "echo x > new.txt; mkdir -p a/b; echo y > a/b/c; echo z > pkg/new.py",
    "new directories": "mkdir -p empty/below pkg/void",
    "a pipe": "mkfifo pipe; mkdir d; mkfifo d/pipe",
    "a nested repository": "git init -q nest; echo x > nest/x; (cd nest; git add x)",
    "a nested repository around tracked files": "git init -q pkg; echo x > pkg/new",
    "a gitignore that hides everything": "echo '*' > .g; mv .g pkg/.gitignore; echo x > pkg/new",
    "read-only directories": "mkdir -p ro/in; echo x > ro/in/f; chmod 500 ro/in ro",
    "a stat refresh": "touch other.py pkg/deep/mod.py; git status >/dev/null",
    "names of every kind": "touch 'a b' '\"q\"' 'é' \"$(printf 'n\\nl')\"; touch -- '-f' ' lead'",
    "links out": "ln -s /etc/passwd pw; ln -s /etc etc; ln -s nowhere dangling",
    "many files": "mkdir many; cd many; seq 1000 | xargs touch",
    "a stale index lock": "touch .git/index.lock .git/HEAD.lock",
    "an orphaned object": "echo junk | git hash-object -w --stdin",
    "folders deeper than a path": DEEPER.format(".", ""),
    "a file deeper than a path": DEEPER.format("pkg", "open('file', 'w')"),
    "a closed folder deeper than a path": DEEPER.format(".", "os.chmod('.', 0)"),
    "an output that leads out": "ln -s /etc/passwd results.tsv; rm -rf .claude; ln -s /tmp .claude",
}
VIOLATIONS = {
    "rm notes.txt": {"notes.txt"},
    "echo worse > notes.txt": {"notes.txt"},
    "rm notes.txt; ln -s /etc/passwd notes.txt": {"notes.txt"},
    "rm notes.txt; mkdir notes.txt; echo x > notes.txt/x": {"notes.txt"},
    "echo evil > other.py": {"other.py"},
    "echo evil > pkg/deep/mod.py; echo evil >> .gitignore": {"pkg/deep/mod.py", ".gitignore"},
    "echo '*' > .gitignore; echo x > hidden.txt": {".gitignore"},
    "rm other.py": {"other.py"},
    "rm -rf pkg": {"pkg/deep/mod.py"},
    "mv pkg moved; ln -s moved pkg": {"pkg/deep/mod.py"},
    "chmod 000 other.py": {"other.py"},
    "chmod +x other.py": {"other.py"},
    "rm other.py; mkdir other.py; touch other.py/x": {"other.py"},
    "rm other.py; mkfifo other.py": {"other.py"},
    "rm other.py; ln -s /etc/passwd other.py": {"other.py"},
    "chmod 000 pkg": set(),
    "echo evil > train.py": {"train.py"},
    "truncate -s 1T train.py": {"train.py"},
    "rm train.py": {"train.py"},
    "rm train.py; ln -s /etc/passwd train.py": {"train.py"},
    "rm train.py; mkdir train.py; echo x > train.py/x": {"train.py"},
    "rm train.py; mkfifo train.py": {"train.py"},
    "chmod 600 train.py": {"train.py"},
    "git add train.py": {"index"},
    "git update-index --assume-unchanged other.py; echo evil > other.py": {"index", "other.py"},
    "git update-index --skip-worktree other.py; rm other.py": {"index", "other.py"},
    "git rm -q --cached other.py": {"index"},
    "rm .git/index": {"index"},
    "echo garbage > .git/index": {"index"},
    "git commit -q -am evil": {"branch autoresearch/mar17", "index"},
    "git checkout -q --detach": {"HEAD"},
    "git stash -q": {"refs/stash", "train.py"},
    "git reset -q --hard; git checkout -q main": {"HEAD", "train.py"},
    "git config core.hooksPath /tmp; git config core.fsmonitor /bin/false": {".git/config"},
    "echo '*' >> .git/info/exclude; echo x > hidden": {".git/info/exclude"},
    "printf '#!/bin/sh\\ntouch /tmp/owned' > .git/hooks/post-checkout": {
        ".git/hooks/post-checkout"
    },
    "git branch planted": {"branch planted"},
    "git tag planted": {"tag planted"},
    "git update-ref -d refs/heads/kept-aside": {"branch kept-aside"},
    "git update-ref -d refs/heads/autoresearch/mar17": {"branch autoresearch/mar17"},
    "git branch -q -f kept-aside HEAD~0; echo 0 > .git/refs/heads/kept-aside": {
        "branch kept-aside"
    },
    "git symbolic-ref refs/heads/autoresearch/mar17 refs/heads/main": {
        "branch autoresearch/mar17"
    },
    "git pack-refs --all": set(),
    "rm -rf .git/refs": {"branch autoresearch/mar17", "branch kept-aside", "branch main"},
    "rm -rf .git/hooks; ln -s /etc .git/hooks": None,
    "rm .git/HEAD; ln -s /etc/passwd .git/HEAD": {"HEAD"},
    "rm -rf .git/autoresearch": {".git/autoresearch"},
    "echo 0000 > .git/MERGE_HEAD; mkdir .git/rebase-merge": {"merge", "rebase"},
    "find . -mindepth 1 -maxdepth 1 -not -name .git -exec rm -rf {} +": {
        ".gitignore", "notes.txt", "other.py", "pkg/deep/mod.py", "train.py",
    },
    "git worktree add -q wt; echo x > wt/x": {"branch wt", "worktree wt"},
    "git worktree add -q -f --detach wt": {"worktree wt"},
    "git worktree add -q -f wt kept-aside; cd wt; git commit -q --allow-empty -m evil": {
        "branch kept-aside", "worktree wt",
    },
    "rm -rf pkg; ln -s /tmp pkg": {"pkg/deep/mod.py"},
    "chmod 000 .": set(),
}  # fmt: skip


def snapshot(repo) -> dict[str, object]:
    """Everything in the tree that git does not ignore, and what git knows."""
    seen: dict[str, object] = {}
    for folder, names, files in os.walk(repo.path):
        names[:] = [name for name in names if name not in (".git", "data")]
        for name in names + files:
            path = Path(folder, name)
            kind = path.lstat().st_mode
            if stat.S_ISLNK(kind):
                seen[str(path)] = ("link", str(path.readlink()))
            elif stat.S_ISREG(kind):
                seen[str(path)] = (oct(kind), path.read_bytes())
            else:
                seen[str(path)] = oct(kind)
    seen["index"] = repo.git("ls-files", "-s", "-v")
    seen["at"], seen["head"] = repo.at, repo.head
    seen["config"] = (repo.path / ".git/config").read_text()
    return seen


@pytest.mark.parametrize("script", HARMLESS.values(), ids=HARMLESS)
def test_what_is_only_in_the_way_is_cleared_away_without_blame(repo, script):
    """After a run the tree is as before it, and new files break no rule."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        before = snapshot(repo)
        repo.sh(script)
        assert trial.clean() == ()
        assert snapshot(repo) == before
        assert trial.clean() == ()
    assert repo.read("notes.txt") == "my notes\n"
    assert (repo.at, repo.dirt) == ("main", "")


@pytest.mark.parametrize(("script", "expected"), VIOLATIONS.items(), ids=VIOLATIONS)
def test_what_breaks_the_rules_is_named_and_undone(repo, script, expected):
    """A run that touches anything of git's or the user's leaves no trace but its name."""
    repo.git("branch", "kept-aside")
    with repo.campaign() as campaign:
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            before = snapshot(repo)
            repo.sh(script)
            violations = trial.clean()
            if expected is not None:
                assert set(violations) == expected
            assert snapshot(repo) == before
            assert trial.clean() == ()
        with campaign.trial(version("lr = 0.3\n")) as trial:
            trial.show(Side.CANDIDATE)
            trial.keep(trial.commit("experiment: lr\n\nAutoresearch-Experiment: 1\n"))
        assert repo.git("diff", "HEAD~1", "--name-only") == "train.py"
    assert repo.read("notes.txt") == "my notes\n"
    assert (repo.at, repo.dirt) == ("main", "")
    repo.git("fsck", "--strict")
    assert repo.git("rev-parse", "kept-aside") == repo.git("rev-parse", "main")


@pytest.mark.parametrize("script", ["rm -rf .git", "rm -rf .git/objects"])
def test_a_destroyed_repository_is_an_error_that_says_what_to_do(repo, script):
    """When nothing can be undone any more, the user is told so and how to go on."""
    with (
        pytest.raises(WorkspaceError, match="destroyed the repository") as error,
        repo.campaign() as campaign,
        campaign.trial(version(CANDIDATE)) as trial,
    ):
        trial.show(Side.CANDIDATE)
        repo.sh(script)
        trial.clean()
    assert "Clone" in error.value.remedy


def test_nothing_outside_the_repository_is_touched_through_a_link(repo, tmp_path):
    """Directories swapped for links to elsewhere do not lead the clean-up out."""
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "mod.py").write_text("theirs\n")
    (outside / "precious").write_text("theirs\n")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh(f"rm -rf pkg; ln -s '{outside}' pkg; ln -s '{outside}' also")
        assert trial.clean() == ("pkg/deep/mod.py",)
    assert (outside / "deep" / "mod.py").read_text() == "theirs\n"
    assert (outside / "precious").read_text() == "theirs\n"
    assert sorted(path.name for path in outside.iterdir()) == ["deep", "precious"]


def test_a_branch_in_another_worktree_may_move_during_a_run(repo, tmp_path):
    """Somebody else's commits in their own worktree are no violation and stay."""
    repo.sh(f"git worktree add -q -b theirs '{tmp_path}/wt'")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh(f"cd '{tmp_path}/wt' && git commit -q --allow-empty -m theirs")
        assert trial.clean() == ()
    assert repo.git("log", "-1", "--format=%s", "theirs") == "theirs"


def test_a_branch_that_was_moved_stays_reachable_after_it_is_put_back(repo):
    """Putting back a branch loses no commit: where it had gone is kept as a ref."""
    repo.git("branch", "mine")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        lost = repo.sh("git commit-tree -m lost HEAD^{tree}").strip()
        repo.git("update-ref", "refs/heads/mine", lost)
        assert trial.clean() == ("branch mine",)
    assert repo.git("rev-parse", "mine") == repo.git("rev-parse", "main")
    assert lost in repo.git("for-each-ref", "refs/autoresearch/rescued")


def test_a_protected_file_cannot_be_swapped_together_with_its_copy(repo):
    """What the copy has become is no more trusted than the file: the session stops and says so."""
    script = r"""
    echo tampered > data/a.bin
    for copy in .git/autoresearch/vault/*; do echo tampered > "$copy"; done
    """
    repo.write("data/a.bin", "original\n")
    with (
        repo.campaign(readonly=["data/a.bin"]) as campaign,
        pytest.raises(WorkspaceError, match=r"changed data/a\.bin"),
        campaign.trial(version(CANDIDATE)) as trial,
    ):
        trial.show(Side.CANDIDATE)
        repo.sh(script)
        trial.clean()
    assert (repo.at, repo.dirt) == ("main", "")


def test_the_users_notes_are_not_replaced_by_what_was_put_among_the_copies(repo):
    """A tampered copy is never written over anything."""
    script = "rm notes.txt; for copy in .git/autoresearch/vault/*; do echo bad > $copy; done"
    with (
        repo.campaign() as campaign,
        pytest.raises(WorkspaceError, match=r"changed notes\.txt"),
        campaign.trial(version(CANDIDATE)) as trial,
    ):
        trial.show(Side.CANDIDATE)
        repo.sh(script)
        trial.clean()
    assert not (repo.path / "notes.txt").exists()


def test_a_replaced_object_changes_nothing(repo):
    """`git replace` cannot smuggle other content into a restored file, now or later."""
    script = """
    git replace $(git rev-parse HEAD:other.py) $(echo evil | git hash-object -w --stdin)
    rm other.py
    """
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh(script)
        assert trial.clean()[0] == "other.py"
        assert repo.read("other.py") == "other\n"
        assert repo.git("replace", "--list") == ""


def test_a_filter_in_the_users_git_configuration_sees_no_credential(repo, tmp_path, monkeypatch):
    """Git, which may run what an experiment planted outside, does not get our environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ODD_NAME", "s3cret")
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret")
    (tmp_path / "attributes").write_text("other.py filter=spy\n")
    (tmp_path / ".gitconfig").write_text(
        f"[core]\nattributesFile = {tmp_path}/attributes\n"
        f'[filter "spy"]\nsmudge = "env > {tmp_path}/seen; cat"\nclean = cat\n'
    )
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh("echo evil > other.py")
        trial.clean()
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "s3cret" not in seen


def test_a_new_file_with_the_name_of_one_of_ours_goes_too(repo):
    """No name makes an experiment's new file stay."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        trial.show(Side.CANDIDATE)
        repo.sh("touch .autoresearch-1.tmp pkg/.autoresearch-2.tmp")
        assert trial.clean() == ()
        assert not list(repo.path.rglob(".autoresearch-*.tmp"))


def test_a_trial_whose_end_was_cut_short_is_ended_on_the_way_out(repo):
    """An interrupt at the very end of an experiment leaves no candidate on the user's branch."""
    with pytest.raises(KeyboardInterrupt), repo.campaign() as campaign:
        held = campaign.trial(version(CANDIDATE))
        held.__enter__().show(Side.CANDIDATE)
        raise KeyboardInterrupt
    assert (repo.at, repo.dirt) == ("main", "")
