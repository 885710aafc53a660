"""The user's files stay where they are, whatever `readonly_files` names and a run adds."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import WorkspaceError
from autoresearch_ci.core.model import Side
from autoresearch_ci.workspace.locks import held
from tests.unit.workspace.conftest import Repo, make, version

CANDIDATE = "lr = 0.2\nsteps = 10\n"


def manifest(repo: Repo) -> str:
    """Every path outside .git with its type, mode, size and content or link."""
    script = (
        "find . -path ./.git -prune -o -printf '%P %y %m %l\\n' | sort; "
        "find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum"
    )
    return repo.sh(script)


@pytest.mark.parametrize(
    ("pattern", "script"),
    [
        ("data/*", "echo x > data/labels.cache"),
        ("data/**", "mkdir data/new; echo x > data/new/file"),
        ("data", "echo x > data/images/deep/labels.cache"),
        ("*.bin", "echo x > data/new.bin"),
        ("data/**", "mkdir data/images/deep/__pycache__; echo x > data/images/deep/__pycache__/a"),
    ],
)
def test_a_folder_that_was_there_stays(repo, pattern, script):
    """What a run adds beside read-only files goes; files and folders that were there stay."""
    repo.sh(
        "mkdir -p data/images/deep data/empty/below; echo 1 > data/images/1.png; ln -s images data/link"
    )
    repo.sh("echo 2 > data/images/deep/2.png; ln -s nowhere data/images/dangling")
    before = manifest(repo)
    with repo.campaign(readonly=[pattern]) as campaign, campaign.trial(version(CANDIDATE)) as trial:
        for _ in range(2):
            repo.sh(script)
            trial.clean()
    assert manifest(repo) == before


def test_an_honest_cache_beside_read_only_files_is_no_violation(repo):
    """Python writes its bytecode into a read-only environment for the first time: nobody's fault."""
    repo.sh("mkdir -p data/venv/lib/pkg; echo 1 > data/venv/lib/pkg/mod.py")
    before = manifest(repo)
    with (
        repo.campaign(readonly=["data/venv/**"]) as campaign,
        campaign.trial(version(CANDIDATE)) as trial,
    ):
        repo.sh(
            "mkdir data/venv/lib/pkg/__pycache__; echo x > data/venv/lib/pkg/__pycache__/mod.pyc"
        )
        assert trial.clean() == ()
        repo.sh("echo import os > data/venv/lib/evil.pth")
        assert trial.clean() == ("data/venv/lib/evil.pth",)
        repo.sh("echo import os > data/venv/evil.pth")
        assert trial.clean() == ("data/venv/evil.pth",)
    assert manifest(repo) == before


def test_a_log_of_the_users_is_put_aside(repo):
    """Last night's `run.log` is not overwritten: it is moved, and where to is said."""
    repo.write("run.log", "last night\n")
    workspace = repo.open()
    assert workspace.claim_outputs()
    said = workspace.put_log_aside()
    assert not (repo.path / "run.log").exists()
    place = said.removesuffix(" now.").rpartition(" it is ")[2]
    assert repo.read(place) == "last night\n"
    repo.write("run.log", "ours\n")
    workspace.note_outputs()
    assert not repo.open().claim_outputs()
    assert repo.read("run.log") == "ours\n"
    repo.write("run.log", "yours again\n")
    assert repo.open().claim_outputs()


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("mkdir run.log; echo x > run.log/file", "run.log"),
        ("ln -s notes.txt results.tsv", "results.tsv"),
        ("mkdir elsewhere; ln -s elsewhere .claude", ".claude"),
        ("mkdir -p .claude/logs/autoresearch.jsonl", ".claude/logs/autoresearch.jsonl"),
    ],
)
def test_what_stands_where_the_loop_writes_is_refused(repo, script, name):
    """A folder or a link under one of the loop's names is never replaced by a file."""
    repo.sh(script)
    before = manifest(repo)
    with pytest.raises(WorkspaceError, match="no plain") as error:
        repo.open().claim_outputs()
    assert error.value.remedy.endswith(f"mv {name} {name}.old")
    assert manifest(repo) == before


@pytest.mark.parametrize(
    "script",
    [
        "echo garbage > .git/packed-refs",
        "rm .git/packed-refs; mkdir .git/packed-refs",
        "head -c 40 .git/packed-refs > p; mv p .git/packed-refs",
        "rm -r .git/refs/heads; echo x > .git/refs/heads",
        "echo garbage > .git/packed-refs; touch .git/refs/heads/main.lock .git/packed-refs.lock",
    ],
)
def test_no_branch_is_lost_with_the_packed_refs(repo, script):
    """Refs that git had packed are there again, byte for byte, whatever a run wrote over them."""
    repo.sh("git branch side; git tag v1; git pack-refs --all")
    refs = repo.git("for-each-ref")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh(script)
        assert trial.clean()
    assert repo.git("for-each-ref") == refs
    assert (repo.at, repo.dirt) == ("main", "")


@pytest.mark.parametrize(
    "script",
    [
        "mv .git data/hidden; echo 'gitdir: nowhere' > .git",
        "mv .git data/hidden",
        "mv .git data/hidden; mkdir .git",
        "touch .git/refs/heads/autoresearch-logs/mar17.lock",
        "touch .git/index.lock .git/HEAD.lock .git/refs/heads/autoresearch/mar17.lock",
    ],
)
def test_git_is_there_again(repo, script):
    """A git directory that a run moved away, or left locks in, works for this session and the next."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh("mkdir -p .git/refs/heads/autoresearch-logs")
        repo.sh(script)
        trial.clean()
        campaign.publish({"results.tsv": b"x\n"}, "log")
    with repo.campaign(session="s2"):
        pass
    assert (repo.at, repo.dirt) == ("main", "")


def test_an_ignored_folder_that_a_run_closed_is_open_again(repo):
    """The folder has the mode that it had, so the next session and git can look into it."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh("chmod 0 data")
        assert trial.clean() == ()
    assert (repo.path / "data").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("script", ["chmod 0 data/images/deep", "chmod -R a-rwx data/images"])
def test_a_folder_inside_an_ignored_one_has_its_mode_again(repo, script):
    """However deep a folder lies in one that git ignores, a run cannot close it for good."""
    repo.sh("mkdir -p data/images/deep; chmod 750 data/images/deep")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh(script)
        assert trial.clean() == ()
    modes = [(repo.path / f"data/images{at}").stat().st_mode & 0o777 for at in ("", "/deep")]
    assert modes == [0o755, 0o750]


def test_no_folder_elsewhere_gets_a_mode_through_a_link(repo, tmp_path):
    """A folder on the way that a run swapped for a link leads our chmod nowhere."""
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep").chmod(0o700)
    repo.sh("mkdir -p data/images/deep")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh(f"mv data/images data/moved; ln -s {outside} data/images")
        trial.clean()
    assert (outside / "deep").stat().st_mode & 0o777 == 0o700


def test_a_campaign_that_a_run_made_up_is_gone(repo):
    """The next session cannot go on with branches that a candidate planted."""
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh("git branch autoresearch/zzz; git branch autoresearch-logs/zzz HEAD")
        assert trial.clean() == ("branch autoresearch-logs/zzz", "branch autoresearch/zzz")
        assert repo.open().tags() == ["mar17"]
    assert "zzz" in repo.git("for-each-ref", "refs/autoresearch/rescued")


def test_the_branches_of_a_campaign_at_work_elsewhere_may_move(repo):
    """A session on another campaign in the same repository is not undone."""
    with repo.campaign() as campaign:
        lock = repo.path / ".git/autoresearch/locks/apr01.lock"
        with held([(lock, "apr01")]), campaign.trial(version(CANDIDATE)) as trial:
            repo.sh("git branch autoresearch/apr01")
            assert trial.clean() == ()
    assert repo.git("rev-parse", "autoresearch/apr01") == repo.head


def test_git_never_believes_a_planted_common_directory(repo, tmp_path):
    """`.git/commondir` with a filter in its configuration runs nothing, now or later."""
    evil = tmp_path / "evil"
    script = f"""
    cp -r .git '{evil}'
    git --git-dir='{evil}' config filter.spy.clean 'touch {tmp_path}/ran; cat'
    git --git-dir='{evil}' config filter.spy.smudge 'touch {tmp_path}/ran; cat'
    mkdir -p '{evil}/info'; echo '* filter=spy' > '{evil}/info/attributes'
    echo '{evil}' > .git/commondir
    echo changed > other.py
    """
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh(script)
        (tmp_path / "ran").unlink(missing_ok=True)
        assert ".git/commondir" in trial.clean()
    assert not (repo.path / ".git/commondir").exists()
    repo.git("status")
    assert not (tmp_path / "ran").exists()
    (repo.path / ".git/commondir").write_text(f"{evil}\n")
    with pytest.raises(WorkspaceError, match="commondir") as error:
        repo.open()
    assert "rm " in error.value.remedy
    assert not (tmp_path / "ran").exists()


def test_a_tracked_file_that_the_project_itself_rewrites_is_put_back_and_tolerated(repo):
    """A build that writes into its README is no rule violation, its candidates' builds neither."""
    with repo.campaign() as campaign:
        with campaign.trial(version(repo.read("train.py"))) as trial:
            trial.show(Side.INCUMBENT)
            repo.sh("echo built > other.py")
            assert trial.pardon(trial.clean()) == ()
            assert repo.read("other.py") == "other\n"
        assert "other.py" in campaign.removed()
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            repo.sh("echo built again > other.py; echo x > pkg/deep/mod.py")
            assert trial.pardon(trial.clean()) == ("pkg/deep/mod.py",)
        assert campaign.removed() == ""


def test_a_read_only_file_may_not_even_be_rewritten_by_the_project(repo):
    """Who names a tracked file read-only wants to hear of every change to it."""
    text = repo.read("train.py")
    with repo.campaign(readonly=["other.py"]) as campaign, campaign.trial(version(text)) as trial:
        trial.show(Side.INCUMBENT)
        repo.sh("echo built > other.py")
        assert trial.pardon(trial.clean()) == ("other.py",)


def test_a_submodule_at_another_commit_is_told_with_its_own_remedy(repo, tmp_path):
    """Nothing is there to be committed or stashed: the submodule has to be updated."""
    inner = make(tmp_path / "inner")
    repo.sh(
        f"git -c protocol.file.allow=always submodule -q add '{inner.path}' sub; git commit -qm sub"
    )
    repo.sh(
        "cd sub; git checkout -q --detach; git -c user.name=a -c user.email=a commit -q --allow-empty -m x"
    )
    with pytest.raises(WorkspaceError, match="submodule") as error, repo.campaign():
        pass
    assert "git submodule update --init sub" in error.value.remedy


def test_what_was_ignored_stays_where_a_run_spoils_the_ignore_file(repo):
    """Ignored data is not taken for a run's leavings because `.gitignore` is gone for a moment."""
    before = manifest(repo)
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        for script in ("rm .gitignore", "echo > .gitignore", "rm .gitignore; mkdir .gitignore"):
            repo.sh(f"{script}; echo x > made.txt")
            assert trial.clean() == (".gitignore",)
    assert manifest(repo) == before


def test_compiled_copies_that_were_there_stay(repo):
    """The user's bytecode is there after runs that compile, replace or delete it; theirs is not."""
    repo.sh("mkdir __pycache__ __pycache__/other.d; echo mine > __pycache__/other.cpython-311.pyc")
    before = manifest(repo)
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        for script in (
            "echo theirs > __pycache__/other.cpython-311.pyc",
            "rm __pycache__/other.cpython-311.pyc; echo x > __pycache__/train.cpython-312.pyc",
            "rm __pycache__/other.cpython-311.pyc; mkdir __pycache__/other.cpython-311.pyc",
        ):
            repo.sh(script)
            assert trial.clean() == ()
            assert manifest(repo) == before


def test_what_the_project_itself_adds_beside_read_only_files_is_no_violation(repo):
    """A cache beside the data goes after each run and is told once; a candidate's own is a breach."""
    before = manifest(repo)
    with repo.campaign(readonly=["data/*"]) as campaign:
        with campaign.trial(version(repo.read("train.py"))) as trial:
            trial.show(Side.INCUMBENT)
            repo.sh("echo x > data/labels.cache")
            assert trial.pardon(trial.clean()) == ()
        assert "data/labels.cache" in campaign.removed()
        with campaign.trial(version(CANDIDATE)) as trial:
            trial.show(Side.CANDIDATE)
            repo.sh("echo x > data/labels.cache; echo x > data/planted")
            assert trial.pardon(trial.clean()) == ("data/planted",)
        assert campaign.removed() == ""
    assert manifest(repo) == before


def test_a_lock_with_any_name_that_a_run_left_is_gone(repo):
    """Nobody's branch stays locked after a run, and a lock that was there before is left alone."""
    repo.sh("touch .git/refs/heads/old.lock")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh("touch .git/refs/heads/main.lock .git/refs/tags/v1.lock")
        trial.clean()
    assert repo.sh("find .git/refs -name '*.lock'").split() == [".git/refs/heads/old.lock"]


def test_a_push_by_a_run_is_told_beside_what_it_did_here(repo, tmp_path):
    """What reached a remote cannot be undone here, so it is named."""
    repo.sh(f"git init -q --bare '{tmp_path}/remote'; git remote add origin '{tmp_path}/remote'")
    with repo.campaign() as campaign, campaign.trial(version(CANDIDATE)) as trial:
        repo.sh("git commit -q --allow-empty -m x; git push -q origin HEAD:main")
        assert set(trial.clean()) >= {"branch autoresearch/mar17", "remote branch origin/main"}
