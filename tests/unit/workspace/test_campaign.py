"""A campaign from its first commit to its last, beside the user's own work."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Side
from autoresearch_ci.workspace import Workspace
from autoresearch_ci.workspace.patch import unified
from tests.unit.workspace.conftest import version

SOURCE = "lr = 0.1\nsteps = 10\n"
TARGET = "train.py"

CANDIDATE = "lr = 0.2\nsteps = 10\n"
MESSAGE = "experiment: lr 0.1 -> 0.2\n\nAutoresearch-Experiment: 1\n"


def keep(campaign, text: str, message: str = MESSAGE) -> str:
    trial = campaign.trial(version(text))
    trial.show(Side.CANDIDATE)
    commit = trial.commit(message)
    trial.keep(commit)
    return commit


def test_a_new_campaign_begins_at_head_and_leaves_the_user_where_they_are(repo):
    """The user's branch and tree do not move, also meanwhile; the campaign's is left to look at."""
    start, before = repo.head, repo.manifest
    with repo.campaign() as campaign:
        assert (campaign.branch, repo.at) == ("autoresearch/mar17", "main")
        assert campaign.created
        assert campaign.base == campaign.head == start
        assert campaign.source().text == SOURCE
        commit = keep(campaign, CANDIDATE)
        assert campaign.head == repo.git("rev-parse", "autoresearch/mar17") == commit
        assert campaign.source().text == CANDIDATE
        assert (repo.at, repo.head, repo.manifest) == ("main", start, before)
    assert (repo.at, repo.head, repo.manifest) == ("main", start, before)
    assert repo.git("show", "--stat", "--format=%an <%ae>|%P|%B", commit).startswith(
        f"Ann <ann@example.org>|{start}|experiment: lr 0.1 -> 0.2"
    )
    with repo.campaign(kept=commit, kept_parent=start) as campaign:
        assert not campaign.created
        assert (campaign.base, campaign.head, campaign.source().text) == (start, commit, CANDIDATE)


def test_a_discarded_candidate_leaves_nothing_at_all(repo):
    """Both sides can be shown, and neither is an object or a file of the user's."""
    objects, before = repo.git("count-objects"), repo.manifest
    with repo.campaign() as campaign:
        trial = campaign.trial(version(CANDIDATE))
        for side, text in ((Side.CANDIDATE, CANDIDATE), (Side.INCUMBENT, SOURCE)):
            trial.show(side)
            assert trial.contents == {TARGET: text.encode()}
            assert trial.is_unchanged is (side is Side.INCUMBENT)
    assert repo.git("count-objects") == objects
    assert repo.manifest == before


def test_what_nobody_but_the_user_may_change(repo):
    """Tracked files and their folders, and what is named read-only; not what is new or ignored."""
    with repo.campaign() as campaign:
        trial = campaign.trial(version(CANDIDATE))
        paths = ["train.py", "other.py", "pkg", "pkg/deep/mod.py", "pkg/new.py", "data/a.bin"]
        assert trial.broken_rules(paths, []) == paths[:4]
        assert trial.broken_rules(paths, ["data/*"]) == [*paths[:4], "data/a.bin"]


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

    def id_of(text):
        path = repo.write("../content", text)
        return repo.git("hash-object", f"--path={TARGET}", str(path))

    with repo.campaign() as campaign:
        assert campaign.trial(version(CANDIDATE)).candidate == id_of(CANDIDATE)
    repo.write(".gitattributes", "*.py text eol=crlf\n")
    repo.sh(
        "git add . ; git rm -q --cached -r .; git add .gitattributes .gitignore *.py pkg;"
        " git commit -q -m crlf; rm train.py; git checkout -q -- train.py"
    )
    with repo.campaign("crlf") as campaign:
        assert campaign.source().text == SOURCE.replace("\n", "\r\n")
        text = campaign.source().text.replace("0.1", "0.5")
        trial = campaign.trial(version(text))
        assert trial.candidate == id_of(SOURCE.replace("0.1", "0.5"))
        commit = trial.commit(MESSAGE)
        trial.keep(commit)
        assert b"\r" not in repo.git("show", f"{commit}:train.py").encode()
    assert (repo.at, repo.dirt) == ("main", "")


def test_modes_are_kept(repo):
    """An executable target stays executable."""
    repo.sh("chmod 755 train.py; git commit -q -am x")
    with repo.campaign() as campaign:
        commit = keep(campaign, CANDIDATE)
    assert repo.git("ls-tree", commit, TARGET).startswith("100755")


@pytest.mark.parametrize(
    "script", [":", "git add other.py", "git rm -q --cached other.py", "rm train.py", "rm -r pkg"]
)
def test_uncommitted_changes_are_nobodys_business(repo, script):
    """Staged or not, somebody's work stays as it is, and the campaign is of what is committed."""
    repo.write("other.py", "work in progress\n")
    repo.sh(script)
    before, status = repo.manifest, repo.git("status", "--porcelain")
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
        assert campaign.source().text == CANDIDATE
    assert (repo.manifest, repo.git("status", "--porcelain")) == (before, status)
    assert repo.git("diff", "--name-only", "main", "autoresearch/mar17") == TARGET


def test_the_user_may_go_on_working(repo):
    """They commit, switch, stage and edit in mid-session, and find all that as they left it."""
    with repo.campaign() as campaign:
        repo.sh("git switch -q -c other; echo mine > other.py; git commit -qam mine")
        repo.sh("echo staged > notes.txt; git add notes.txt; echo edit > train.py")
        before, status = repo.manifest, repo.git("status", "--porcelain")
        commit = keep(campaign, CANDIDATE)
        assert repo.git("show", f"{commit}:other.py") == "other"
    assert (repo.at, repo.manifest) == ("other", before)
    assert repo.git("status", "--porcelain") == status


def test_standing_on_the_campaigns_branch_is_refused(repo):
    """A session would move it under the user's feet; both ways on are named."""
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
    repo.git("switch", "-q", "autoresearch/mar17")
    with (
        pytest.raises(WorkspaceError, match="You stand on autoresearch/mar17") as error,
        repo.campaign(),
    ):
        pass
    assert "git switch -" in error.value.remedy
    assert "--detach" in error.value.remedy


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


@pytest.mark.parametrize(
    ("script", "way_back"),
    [
        ("git rebase -q other", "git rebase --continue"),
        ("git bisect start; git bisect bad; git bisect good HEAD~2", "git bisect reset"),
    ],
)
def test_a_head_that_git_detached_is_told_the_way_back(repo, script, way_back):
    """In the middle of a rebase or a bisection no branch can be switched to."""
    repo.sh("git branch -q other; echo 1 > new; git add new; git commit -qm 1; echo 2 > new")
    repo.sh("git commit -qam 2; git checkout -q other; echo 3 > new; git add new; git commit -qm 3")
    repo.sh(f"git checkout -q main; {script} > /dev/null 2>&1 || true")
    with pytest.raises(WorkspaceError, match="detached") as error, repo.campaign():
        pass
    assert way_back in error.value.remedy


def test_a_linked_worktree_works_and_a_branch_in_another_is_refused(repo, tmp_path):
    """Campaigns run side by side in worktrees; one that somebody stands on is left alone."""
    repo.sh(f"git worktree add -q -b side '{tmp_path}/w t'")
    workspace = Workspace.open(tmp_path / "w t")
    options = {"target": TARGET, "session": "s2"}
    with workspace.lock("apr01"), workspace.campaign("apr01", **options) as campaign:
        with repo.campaign() as other:
            keep(other, CANDIDATE)
        keep(campaign, CANDIDATE)
    assert not repo.dirt
    repo.sh(f"cd '{tmp_path}/w t'; git switch -q autoresearch/apr01")
    with (
        pytest.raises(WorkspaceError, match="another working tree") as error,
        repo.campaign("apr01"),
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
    with workspace.campaign("mar17", target=TARGET, session="s1") as campaign:
        assert campaign.base == keepers
        first = keep(campaign, CANDIDATE)
    with workspace.campaign("mar17", target=TARGET, session="s1", kept=first) as campaign:
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
    with workspace.campaign(
        "mar17", target=TARGET, session="s1", kept=commit, kept_parent=start
    ) as campaign:
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
    """Who looks at it has not merged it anywhere."""
    workspace = repo.open()
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
    repo.git("checkout", "-q", "autoresearch/mar17")
    assert not workspace.merged("mar17")


def test_publishing_adds_and_replaces_and_never_touches_the_tree(repo):
    """The log branch grows by commits of its own, readable with plain git."""
    before = repo.manifest
    with repo.campaign() as campaign:
        campaign.publish({"a.txt": b"1", "experiments/0000-0099/0007.patch": b"p"}, "first")
        campaign.publish({"a.txt": b"2", "experiments/0000-0099/0008.patch": b"q"}, "second")
    assert repo.manifest == before
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
    """Neither keeping nor publishing starts the user's hooks."""
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        path = repo.write(f".git/hooks/{hook}", f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        path.chmod(0o755)
    with repo.campaign() as campaign:
        keep(campaign, CANDIDATE)
        campaign.publish({"a": b"b"}, "log")
    assert not (tmp_path / "ran").exists()


def test_an_unusual_layout_of_names_works(repo):
    """A target in a directory of spaces, quotes and letters goes through keep and publish."""
    name = 's p/it\'s "é".py'
    repo.write(name, "x = 1\n")
    repo.sh("git add . ':!notes.txt'; git commit -q -m odd")
    with repo.campaign(target=name) as campaign:
        trial = campaign.trial(version("x = 2\n", name))
        trial.keep(trial.commit(MESSAGE))
    assert repo.git("show", "--format=", "autoresearch/mar17").count("x = ") == 2


@pytest.mark.parametrize("how", ["* text=auto\n", "* text=auto eol=crlf\n", "", "*.py -text\n"])
def test_line_ends_that_were_committed_stay(repo, how):
    """Where git leaves the CRLF of a file alone, so does a kept commit: one line differs."""
    repo.write("train.py", "lr = 0.1\r\nsteps = 10\r\n")
    repo.sh("git -c core.autocrlf=false commit -q -am crlf")
    repo.write(".gitattributes", how)
    repo.sh("git config core.autocrlf true; git add .gitattributes; git commit -q -m how || true")
    with repo.campaign("crlf") as campaign:
        trial = campaign.trial(version("lr = 0.2\r\nsteps = 10\r\n"))
        trial.keep(trial.commit("x\n"))
    assert repo.at == "main"
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
