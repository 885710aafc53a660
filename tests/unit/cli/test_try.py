"""`try` judges what somebody else made as an experiment, and keeps it only when asked."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.cli import main
from tests.projects import SETTINGS, git, make_repository

SECTION = "## autoresearch\n\n" + "".join(f"- {key}: {value}\n" for key, value in SETTINGS.items())
FILES = {
    "target.txt": "one\ntwo\nthree\nfour\nfive\n5\n",
    "experiment.sh": 'echo "metric: $(tail -1 target.txt)"\n',
    "CLAUDE.md": SECTION,
}


@pytest.fixture
def repository(tmp_path):
    return make_repository(tmp_path / "p", FILES)


@pytest.fixture
def attempt(repository, capsys):
    """Calls the verb in a campaign named `mine`; what it printed."""

    def call(*words, code=0):
        with pytest.raises(SystemExit) as exit_:
            main(["--repo", str(repository), "try", "--tag", "mine", *words])
        out, err = capsys.readouterr()
        assert exit_.value.code == code, err
        return out + err

    return call


def edit(repository, old, new):
    path = repository / "target.txt"
    path.write_text(path.read_text().replace(old, new))


def tip(repository):
    return git(repository, "show", "autoresearch/mine:target.txt")


def test_a_verdict_without_a_keep(attempt, repository):
    """What is better is said to be, the branch stays, and the edit stays in the working tree."""
    edit(repository, "5\n", "4\n")
    said = attempt("--quiet")
    assert said.startswith("better: metric 5.000000 -> 4.000000 (-20.00%). To put it on the")
    assert tip(repository).endswith("five\n5")
    assert git(repository, "status", "--porcelain") == " M target.txt"


def test_keep(attempt, repository):
    """With --keep it is a commit of the campaign; then there is nothing left to judge."""
    edit(repository, "5\n", "4\n")
    attempt("--quiet")
    assert attempt("--quiet", "--keep", "--title", "four").startswith("keep (improved): metric")
    assert tip(repository).endswith("five\n4")
    assert "experiment: four" in git(repository, "log", "-1", "--format=%s", "autoresearch/mine")
    assert "has this change already" in attempt(code=1)


def test_worse_and_broken(attempt, repository):
    """The reason is in the line; a crash is one; neither is kept."""
    edit(repository, "5\n", "6\n")
    assert attempt("--quiet", "--keep").startswith("discard (worse): metric")
    edit(repository, "6\n", "\n")
    assert attempt("--quiet", "--keep").startswith("crash (")
    assert tip(repository).endswith("five\n5")


def test_on_what_was_kept_since(attempt, repository):
    """A change is put on the campaign's tip where it fits there, else judged as it is."""
    edit(repository, "5\n", "4\n")
    attempt("--quiet", "--keep")
    git(repository, "checkout", "-q", "target.txt")
    edit(repository, "one\n", "1\n")
    assert attempt("--quiet").startswith("discard (equal): metric 4.000000 -> 4.000000")
    git(repository, "checkout", "-q", "target.txt")
    edit(repository, "5\n", "3\n")
    assert attempt("--quiet").startswith("better: metric 4.000000 -> 3.000000")


def test_a_patch_and_a_branch(attempt, repository, tmp_path):
    """A candidate can be a patch, or what a branch changes; other files are no part of it."""
    git(repository, "checkout", "-qb", "theirs")
    edit(repository, "5\n", "4\n")
    (repository / "experiment.sh").write_text("echo metric: 0\n")
    git(repository, "commit", "-qam", "theirs")
    patch = tmp_path / "change.patch"
    patch.write_text(git(repository, "diff", "main", "theirs", "--", "target.txt") + "\n")
    git(repository, "checkout", "-q", "main")
    said = attempt("--branch", "theirs")
    assert "no part of the candidate, since only the target may change: experiment.sh" in said
    assert "better: metric 5.000000 -> 4.000000" in said
    assert attempt("--patch", str(patch), "--quiet").startswith("better: metric 5.000000 -> 4")
    patch.write_bytes(patch.read_bytes().replace(b"\n", b"\r\n"))  # saved by an editor of Windows
    assert attempt("--patch", str(patch), "--quiet").startswith("better: metric 5.000000 -> 4")


def test_for_programs(attempt, repository):
    """--json is the record of the experiment."""
    edit(repository, "5\n", "4\n")
    record = json.loads(attempt("--json", "--quiet"))
    assert (record["status"], record["details"]["reason"]) == ("success", "tried")
    assert record["details"]["proposer"] == "given"


def test_it_can_be_tried_again(attempt, repository):
    """A content that was only tried is measured anew, and is nobody's duplicate."""
    edit(repository, "5\n", "4\n")
    for _ in range(2):
        assert attempt("--quiet").startswith("better")


def test_bad_input(attempt, repository, tmp_path):
    """No change, a patch that does not fit or is not there, and settings of `run` are told."""
    assert "There is no change of target.txt to judge." in attempt(code=1)
    patch = tmp_path / "odd.patch"
    patch.write_text("--- a/target.txt\n+++ b/target.txt\n@@ -1 +1 @@\n-x\n+y\n")
    assert "does not fit target.txt" in attempt("--patch", str(patch), code=1)
    patch.write_text("garbage\n")
    assert "is no patch" in attempt("--patch", str(patch), code=1)
    assert "cannot be read" in attempt("--patch", str(tmp_path / "none"), code=2)
    assert "nope is no commit here" in attempt("--branch", "nope", code=1)
    assert "--patience is for `run`" in attempt("--patience", "2", code=2)
    edit(repository, "5\n", "4\n")
    attempt("--quiet")
    git(repository, "checkout", "-q", "--orphan", "other")
    git(repository, "commit", "-qam", "x")
    assert "no commit in common" in attempt("--branch", "other", code=1)


def test_new_files_where_a_pattern_allows_them(attempt, repository):
    """Of the working tree, also untracked, and of a branch; others are no part of the candidate."""
    (repository / "parts").mkdir()
    (repository / "parts" / "new.txt").write_text("more\n")
    (repository / "parts" / "own.bin").write_bytes(b"\0\1")
    (repository / "else.txt").write_text("mine\n")
    edit(repository, "5\n", "4\n")
    attempt("--quiet", "--editable-files", "parts/*", "--keep")
    changed = git(repository, "show", "--format=", "--name-only", "autoresearch/mine").splitlines()
    assert changed == ["parts/new.txt", "target.txt"]
    assert git(repository, "show", "autoresearch/mine:parts/new.txt") == "more"

    (repository / "parts" / "new.txt").unlink()
    git(repository, "checkout", "-q", "target.txt")
    git(repository, "switch", "-qc", "theirs", "autoresearch/mine")
    (repository / "parts" / "third.txt").write_text("third\n")
    edit(repository, "4\n", "3\n")
    git(repository, "add", "parts/third.txt", "target.txt", "else.txt")
    git(repository, "commit", "-qm", "theirs")
    git(repository, "switch", "-q", "main")
    said = attempt("--editable-files", "parts/*", "--keep", "--branch", "theirs")
    assert "no part of the candidate, since only the target may change: else.txt" in said
    assert git(repository, "show", "autoresearch/mine:parts/third.txt") == "third"
    assert not (repository / "parts" / "third.txt").exists()
