"""Submodules of the user's project: part of what an experiment may not change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Side
from tests.unit.workspace.conftest import version

CALLED = "/tmp/called-by-git"
COMMIT = "git -c user.name=a -c user.email=b commit -q --allow-empty -m moved"


@pytest.fixture(scope="module")
def outer(tmp_path_factory, make_repo):
    """A repository with a submodule that has one of its own, and with one that is not there."""
    folder = tmp_path_factory.mktemp("submodules")
    inner, middle = make_repo(folder / "inner"), make_repo(folder / "middle")
    add = "git -c protocol.file.allow=always submodule --quiet add"
    middle.sh(f"{add} '{inner.path}' lib && git commit -qm lib")
    repo = make_repo(folder / "outer")
    repo.sh(f"{add} '{middle.path}' deps/sub && {add} '{inner.path}' absent && git commit -qm sub")
    update = "git -c protocol.file.allow=always submodule --quiet update --init --recursive"
    repo.sh(f"{update} && git submodule --quiet deinit -f absent")
    repo.write("deps/sub/data/cache", "ignored\n")
    repo.write("deps/sub/mine.txt", "mine\n")
    return repo


@pytest.fixture
def repo(tmp_path, outer):
    """The same, to do with as one likes: each leads to its repository by a relative path."""
    shutil.copytree(outer.path, tmp_path / "outer", symlinks=True)
    return type(outer)(tmp_path / "outer")


def state(repo):
    """All that is there and not ignored, and where the submodules stand."""
    files = {
        str(path.relative_to(repo.path)): path.read_bytes()
        for path in repo.path.rglob("*")
        if path.is_file() and not {".git", "data"} & {*path.relative_to(repo.path).parts[:-1]}
    }
    return files, repo.git("submodule", "status", "--recursive"), repo.dirt


ELSEWHERE = f"rm deps/sub/.git; cd deps/sub; git init -q; {COMMIT}"
CALLS = f"config core.fsmonitor 'touch {CALLED}'"
FILTER = f"git -C deps/sub config filter.f.clean 'touch {CALLED}'"
ATTACKS = {
    "a file changed": ("echo evil > deps/sub/other.py", "deps/sub/other.py"),
    "a file deleted": ("rm deps/sub/pkg/deep/mod.py", "deps/sub/pkg/deep/mod.py"),
    "one further inside": ("echo evil > deps/sub/lib/other.py", "deps/sub/lib/other.py"),
    "the user's own": ("echo evil > deps/sub/mine.txt", "deps/sub/mine.txt"),
    "made executable": ("chmod 755 deps/sub/other.py", "deps/sub/other.py"),
    "gone": ("rm -rf deps/sub", "deps/sub/other.py"),
    "gone with its folder": ("rm -rf deps", "deps/sub/other.py"),
    "a link instead": ("rm -rf data; mv deps/sub data; ln -s ../data deps/sub", "deps/sub/other.py"),
    "a file instead": ("rm -rf deps/sub; echo x > deps/sub", "deps/sub/other.py"),
    "closed": ("chmod 0 deps/sub", None),
    "its folder closed": ("chmod 0 deps", None),
    "no longer a repository": ("rm deps/sub/.git", "deps/sub"),
    "nonsense as its repository": ("echo nonsense > deps/sub/.git", "deps/sub"),
    "nobody's repository": ("echo gitdir: /nowhere > deps/sub/.git", "deps/sub"),
    "a terabyte as its repository": ("truncate -s 1T deps/sub/.git", "deps/sub"),
    "a link as its repository": ("ln -sf /nowhere deps/sub/.git", "deps/sub"),
    "another repository": (f"{ELSEWHERE}; git {CALLS}", "deps/sub"),
    "another commit": (f"cd deps/sub; {COMMIT}", "deps/sub"),
    "another commit of one inside": (f"cd deps/sub/lib; {COMMIT}", "deps/sub/lib"),
    "another branch": ("git -C deps/sub switch -qC other", "deps/sub"),
    "staged": ("cd deps/sub; echo x > x; git add x", "deps/sub"),
    "a broken index": ("echo x > .git/modules/deps/sub/index", "deps/sub"),
    "no index": ("rm .git/modules/deps/sub/index", "deps/sub"),
    "a broken HEAD": ("echo x > .git/modules/deps/sub/HEAD", "deps/sub"),
    "a program in its configuration": (f"git -C deps/sub {CALLS}", "deps/sub"),
    "a filter": (f"{FILTER}; echo '* filter=f' > deps/sub/.gitattributes", "deps/sub"),
    "another place": ("git -C deps/sub config core.worktree /tmp", "deps/sub"),
    "a lock": ("touch .git/modules/deps/sub/index.lock; echo x > deps/sub/other.py",
               "deps/sub/other.py"),
    "a file where none was checked out": ("echo x > absent/x", None),
    "a repository where none was": (f"cd absent; git init -q; {COMMIT}", None),
    "no folder where none was checked out": ("rmdir absent", None),
    "a new file": ("echo x > deps/sub/new.txt; mkdir deps/sub/d; echo x > deps/sub/d/e", None),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_an_experiment_does_to_a_submodule(repo, attack):
    """It is undone and named, and the session goes on: with the next experiment, and to its end."""
    shell, named = ATTACKS[attack]
    before = state(repo)
    with repo.campaign() as campaign:
        for text in ("lr = 2\n", "lr = 3\n"):
            with campaign.trial(version(text)) as trial:
                trial.show(Side.CANDIDATE)
                assert trial.hand_over() == ()
                repo.sh(shell)
                violations = trial.clean()
                assert (named in violations) if named else violations == ()
                assert trial.clean() == ()
                trial.show(Side.INCUMBENT)
                assert state(repo) == before
    assert state(repo) == before
    assert not Path(CALLED).exists()


def test_what_is_ignored_in_a_submodule_stays(repo):
    """A build there is not made anew for each run."""
    with repo.campaign() as campaign, campaign.trial(version("lr = 2\n")) as trial:
        trial.show(Side.CANDIDATE)
        repo.write("deps/sub/data/built", "x")
        assert trial.clean() == ()
    assert repo.read("deps/sub/data/built") == "x"


def test_new_files_in_a_submodule_are_told(repo):
    """What is removed there is named by its place in the project, and can be had back."""
    with repo.campaign() as campaign:
        with campaign.trial(version("lr = 2\n")) as trial:
            trial.show(Side.CANDIDATE)
            repo.write("deps/sub/new.txt", "x")
            assert trial.clean() == ()
        said = campaign.removed()
    assert "deps/sub/new.txt (now in .git/autoresearch/undone/new/" in said
    place = said.partition("now in ")[2].partition(")")[0]
    assert repo.read(f"{place}/deps/sub/new.txt") == "x"


def test_what_setup_does_to_a_submodule(repo):
    """New files stay there too, what it changes is undone, and what it checks out is watched."""
    with repo.campaign() as campaign:
        with campaign.preparation() as changed:
            repo.write("deps/sub/installed", "x")
            repo.write("deps/sub/other.py", "evil")
            repo.sh(f"cd deps/sub/lib; {COMMIT}")
            repo.sh("git -c protocol.file.allow=always submodule --quiet update --init absent")
        assert set(changed) >= {"deps/sub/other.py", "deps/sub/lib"}
        assert repo.read("deps/sub/installed") == "x"
        before = state(repo)
        with campaign.trial(version("lr = 2\n")) as trial:
            trial.show(Side.CANDIDATE)
            repo.write("absent/other.py", "evil")
            repo.sh("rm deps/sub/installed")
            assert trial.clean() == ("absent/other.py", "deps/sub/installed")
            trial.show(Side.INCUMBENT)
            assert state(repo) == before


def test_a_submodule_that_is_dirty_is_refused(repo):
    """Nobody could tell what of it an experiment changed: the user commits it first."""
    repo.write("deps/sub/lib/other.py", "mine")
    with pytest.raises(WorkspaceError, match=r"deps/sub/lib/other\.py"), repo.campaign():
        pass


def test_a_submodule_with_its_repository_in_the_tree(repo):
    """An experiment could write to that one: the user is told how to move it."""
    repo.sh(
        "git --git-dir .git/modules/deps/sub config --unset core.worktree;"
        " rm -r deps/sub/lib; rm deps/sub/.git; mv .git/modules/deps/sub deps/sub/.git"
        " && git -C deps/sub checkout -q -- lib || mkdir -p deps/sub/lib"
    )
    with pytest.raises(WorkspaceError, match="absorbgitdirs"), repo.campaign():
        pass
    repo.sh("git submodule --quiet absorbgitdirs")
    with repo.campaign():
        pass


def test_a_user_s_own_change_between_runs(repo):
    """What somebody adds in a submodule while nothing runs is theirs."""
    with repo.campaign() as campaign:
        with campaign.trial(version("lr = 2\n")):
            pass
        repo.write("deps/sub/theirs.txt", "x")
        with campaign.trial(version("lr = 3\n")) as trial:
            trial.show(Side.CANDIDATE)
            assert trial.clean() == ()
    assert repo.read("deps/sub/theirs.txt") == "x"


def test_a_repository_that_an_experiment_made(repo):
    """Not even one that was put aside, in the project's own, is taken for a submodule's."""
    with repo.campaign() as campaign:
        with campaign.trial(version("lr = 2\n")) as trial:
            trial.show(Side.CANDIDATE)
            repo.sh(f"git init -q evil; git -C evil {CALLS}; touch evil/x")
            assert trial.clean() == ()
        (quarantine,) = repo.path.glob(".git/autoresearch/undone/new/*/evil/.git")
    repo.write("deps/sub/.git", f"gitdir: {quarantine}")
    with pytest.raises(WorkspaceError, match="deps/sub has its repository"), repo.campaign():
        pass
    assert not Path(CALLED).exists()


def test_in_a_linked_worktree(repo):
    """There a submodule has a repository of its own, which is as good."""
    repo.sh("git worktree add -q ../linked")
    linked = type(repo)(repo.path.parent / "linked")
    linked.sh("git -c protocol.file.allow=always submodule --quiet update --init --recursive")
    with linked.campaign() as campaign, campaign.trial(version("lr = 2\n")) as trial:
        trial.show(Side.CANDIDATE)
        linked.write("deps/sub/other.py", "evil")
        linked.write("deps/sub/.git", "gitdir: /nowhere")
        assert {"deps/sub", "deps/sub/other.py"} <= {*trial.clean()}
