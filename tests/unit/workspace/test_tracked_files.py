"""What run trees are told about the project by git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

import pytest

from autoresearch_ci.core.errors import MachineError, WorkspaceError
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.tracked_files import TrackedFiles, _folders_in
from tests.projects import git, make_repository


@pytest.fixture
def project(tmp_path):
    files = {"src/main.c": "1\n", "src/old.c": "1\n", ".gitignore": "*.o\ndata/\n"}
    return make_repository(tmp_path / "project", files)


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_the_files_of_a_commit_whatever_the_tree_holds(project, tmp_path):
    """A commit is written without the index and the working tree being asked or touched."""
    (project / "src/main.c").write_text("edited\n")
    git(project, "rm", "-q", "--cached", "src/old.c")
    before = git(project, "status", "--porcelain")
    (tmp_path / "out").mkdir()
    TrackedFiles(Git(project)).check_out("HEAD", tmp_path / "out")
    assert files_below(tmp_path / "out") == {"src/main.c", "src/old.c", ".gitignore"}
    assert (tmp_path / "out/src/main.c").read_text() == "1\n"
    assert git(project, "status", "--porcelain") == before


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for a file or two."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=8k", "none", disk]
    if os.geteuid() or subprocess.run(made, check=False, capture_output=True).returncode:
        pytest.skip("NOT RUN: nothing can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("is_full", [True, False], ids=["index", "files"])
def test_a_full_disk(project, small_disk, tmp_path, monkeypatch, is_full):
    """The files of a commit have no room, or git's index has none: an error that says so."""
    (project / "src/main.c").write_bytes(b"1" * 10_000)
    git(project, "commit", "-qam", "more")
    if is_full:
        (small_disk / "full").write_bytes(b"1" * 8192)
        monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    (small_disk / "out").mkdir()
    out = tmp_path if is_full else small_disk / "out"
    with pytest.raises((MachineError, OSError), match="No space left"):
        TrackedFiles(Git(project)).check_out("HEAD", out)


def test_some_of_the_files(project, tmp_path):
    """Only the paths that are asked for are written."""
    (tmp_path / "out").mkdir()
    TrackedFiles(Git(project)).check_out("HEAD", tmp_path / "out", ["src/old.c"])
    assert files_below(tmp_path / "out") == {"src/old.c"}


def test_the_files_in_which_commits_differ(project):
    """Each with whether the newer commit still has it."""
    old = git(project, "rev-parse", "HEAD")
    (project / "src/main.c").write_text("2\n")
    (project / "src/new.c").write_text("1\n")
    git(project, "rm", "-q", "src/old.c")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "more")
    found = TrackedFiles(Git(project)).differences(old, "HEAD")
    assert found == {"src/main.c": True, "src/new.c": True, "src/old.c": False}


def test_what_is_hidden(project):
    """What is neither tracked by the commit nor ignored, `.git` and our own outputs."""
    (project / "src/new.c").write_text("1\n")
    (project / "src/new.o").write_text("1\n")
    for folder in ("notes/deep", "data", "built"):
        (project / folder).mkdir(parents=True)
    (project / "notes/deep/text").write_text("1\n")
    (project / "data/set").write_text("1\n")
    (project / "built/all.o").write_text("1\n")
    (project / "added.c").write_text("1\n")
    git(project, "add", "added.c")
    ours = {".git", "results.tsv", "run.log", ".claude/logs/autoresearch.jsonl"}
    found = TrackedFiles(Git(project)).hidden("HEAD")
    assert found == ours | {"src/new.c", "notes", "added.c"}


def test_the_repository_of_an_ignored_checkout_is_hidden(project):
    """A second checkout in what git ignores has settings with tokens of its own."""
    (project / ".gitignore").write_text("vendor/\n")
    for path in ("vendor/.git/config", "vendor/other/.git/config", "vendor/other/main.c"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("")
    found = TrackedFiles(Git(project)).hidden("HEAD")
    assert {"vendor/.git", "vendor/other/.git"} <= found
    assert "vendor" not in found


def test_what_the_users_builds_find_again_by_content_is_hidden(project):
    """Else the version that is compared with would be ready there, and no candidate."""
    (project / ".gitignore").write_text("node_modules/\n.turbo/\n")
    caches = ["node_modules/.cache", "packages/web/node_modules/.cache", "packages/web/.turbo"]
    for path in (*caches, "node_modules/left-pad", "a/b/c/.turbo"):
        (project / path).mkdir(parents=True)
        (project / path / "made").write_text("1\n")
    found = TrackedFiles(Git(project)).hidden("HEAD")
    assert set(caches) <= found
    assert not found & {"node_modules", "packages", "packages/web", "node_modules/left-pad"}


def test_what_is_ignored_by_the_rules_of_the_commit(project):
    """Rules that the user's tree has meanwhile do not count, and names can hold anything."""
    (project / ".gitignore").write_text("*.c\n")
    (project / "src/.gitignore").write_text("!keep.o\n")
    paths = ["src/main.c", "src/keep.o", "data/x/y", ":!odd.o", "data/\udcff\n", "other"]
    found = TrackedFiles(Git(project)).ignored("HEAD", paths)
    assert found == {"src/keep.o", "data/x/y", ":!odd.o", "data/\udcff\n"}
    assert TrackedFiles(Git(project)).ignored("HEAD", []) == set()


def test_a_submodule(project, tmp_path):
    """Its files come with those of the commit, and its `.git` is hidden."""
    add_submodule(project, tmp_path)
    (project / "lib/lib.c").write_text("edited\n")
    (project / "lib/new.c").write_text("1\n")
    source = TrackedFiles(Git(project))
    (tmp_path / "out").mkdir()
    source.check_out("HEAD", tmp_path / "out")
    assert (tmp_path / "out/lib/lib.c").read_text() == "1\n"
    assert {"lib/.git", "lib/new.c"} <= source.hidden("HEAD")


def add_submodule(project, tmp_path):
    part = make_repository(tmp_path / "part", {"lib.c": "1\n"})
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part), "lib")
    git(project, "commit", "-q", "-m", "with a part")
    return part


def test_a_submodule_that_lacks_its_commit_is_refused_with_the_command(project, tmp_path):
    """Somebody pulled and did not update the submodule: the message names what does that."""
    part = add_submodule(project, tmp_path)
    git(part, "commit", "-q", "--allow-empty", "-m", "newer")
    newer = git(part, "rev-parse", "HEAD").strip()
    git(project, "update-index", "--cacheinfo", f"160000,{newer},lib")
    git(project, "commit", "-q", "-m", "bump")
    with pytest.raises(WorkspaceError) as raised:
        TrackedFiles(Git(project)).check_out("HEAD", tmp_path)
    assert "git submodule update --init lib" in raised.value.remedy


def test_what_a_checkout_lacks_is_said(project, tmp_path):
    """Submodules that nobody fetched and pointers of Git LFS are named, with the command."""
    add_submodule(project, tmp_path)
    source = TrackedFiles(Git(project))
    assert list(source.lacking("HEAD")) == []
    git(project, "submodule", "deinit", "-q", "-f", "lib")
    shutil.rmtree(project / "lib/.git", ignore_errors=True)
    (said,) = source.lacking("HEAD")
    assert "lib" in said
    assert "git submodule update --init lib" in said


def test_the_content_of_files_in_git_lfs(project, tmp_path):
    """What lies in the store is shown without the filter, the network or git-lfs; else the pointer."""
    digest = "14c5e74c4b96ccef41cd94db73a9ec3348038ac094feca4fd897cecffa07cdae"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    (project / "here.csv").write_text(pointer.format(digest, 6))
    (project / "away.csv").write_text(pointer.format("0" * 64, 7))
    (project / ".gitattributes").write_text("*.csv filter=lfs diff=lfs merge=lfs -text\n")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "data")
    git(project, "config", "filter.lfs.smudge", "false")
    git(project, "config", "filter.lfs.process", "false")
    git(project, "config", "filter.lfs.required", "true")
    store = project / f".git/lfs/objects/14/c5/{digest}"
    store.parent.mkdir(parents=True)
    store.write_text("1\n2\n3\n")
    source = TrackedFiles(Git(project))
    for out, paths in (("all", None), ("some", ["here.csv", "away.csv"])):
        (tmp_path / out).mkdir()
        source.check_out("HEAD", tmp_path / out, paths)
        assert (tmp_path / out / "here.csv").read_text() == "1\n2\n3\n"
        assert (tmp_path / out / "away.csv").read_text() == (project / "away.csv").read_text()
    (said,) = source.lacking("HEAD")
    assert "away.csv" in said
    assert "here.csv" not in said
    assert "git lfs pull" in said


def test_folders_that_the_user_deletes_meanwhile_are_passed_over(project, monkeypatch):
    """Between two looks at a checkout, folders come and go."""
    assert list(_folders_in(project, "gone/")) == []
    (project / "data/deep").mkdir(parents=True)
    real = os.scandir

    def late(path):
        if str(path).endswith("data/"):
            shutil.rmtree(project / "data")
        return real(path)

    monkeypatch.setattr(os, "scandir", late)
    assert ".git" in TrackedFiles(Git(project)).hidden("HEAD")
