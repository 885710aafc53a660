"""Looking at a commit that nobody stands on."""

from __future__ import annotations

import pytest

from autoresearch_ci.core.errors import AutoresearchError, TargetError, WorkspaceError


def at_another(repo, script: str) -> str:
    """A commit on a branch of its own, and the user back on theirs."""
    repo.sh(
        f"git switch -q -c other; {script}\ngit add -A .; git commit -qm other; git switch -q -"
    )
    return repo.git("rev-parse", "other")


@pytest.mark.parametrize(
    ("script", "target", "word"),
    [
        ("git rm -q train.py", "train.py", "is no file in"),
        ("rm train.py; ln -s pkg/deep/mod.py train.py", "train.py", "is no file in"),
        ("echo x > x", "pkg", "is no file in"),
        (": > train.py", "train.py", "empty"),
        ("printf 'a\\0b' > train.py", "train.py", "binary"),
        ("echo x > x", "pkg/deep/mod.py", "readonly_files"),
        ("echo x > x", "../train.py", "outside"),
    ],
)
def test_what_cannot_be_the_target_there(repo, script, target, word):
    """The tree under the user's feet has a good target; the commit that is meant has none."""
    commit = at_another(repo, script)
    with pytest.raises(TargetError, match=word):
        repo.open().check_target(target, ["pkg/**"], at=commit)


def test_a_target_that_is_only_there(repo):
    """It is good although the working tree has no such file."""
    commit = at_another(repo, "echo 'x = 1' > 's p.py'")
    repo.open().check_target("s p.py", [], at=commit)


def test_outputs_that_are_tracked_there(repo):
    """They are found before they are checked out over those of the loop."""
    commit = at_another(repo, "mkdir -p .claude/logs; echo {} > .claude/logs/autoresearch.jsonl")
    repo.open().check_outputs()
    with pytest.raises(WorkspaceError, match=r"autoresearch\.jsonl"):
        repo.open().check_outputs(at=commit)


def test_its_files_in_a_folder(repo):
    """All that is tracked there, gone when the block ends, and nothing was switched to."""
    commit = at_another(repo, "echo 'x = 1' > new.py; git rm -q train.py")
    before = repo.at
    with repo.open().files_of(commit) as folder:
        assert (folder / "new.py").read_text() == "x = 1\n"
        assert not (folder / "train.py").exists()
        assert not (folder / ".git").exists()
        assert repo.at == before
    assert not folder.exists()


def test_what_a_name_means(repo):
    """A commit for what is one, and nothing for what is none."""
    commit = at_another(repo, "echo x > x")
    assert repo.open().resolve("other") == commit
    assert repo.open().resolve("nowhere") == ""


def test_settings_by_a_commit(repo):
    """Files and detection of the commit decide, not those of the working tree."""
    from autoresearch_ci.engine.assembly import load_settings

    given = {"target_file": "train.py", "run_command": "true", "metric_parse": "true"}
    commit = at_another(
        repo, "printf 'metric_name: there\\n' > y; mkdir .github; mv y .github/autoresearch.yml"
    )
    repo.write(".github/autoresearch.yml", "metric_name: here\n")
    workspace = repo.open()
    assert load_settings(workspace, given, None).settings.metric_name == "here"
    assert load_settings(workspace, given, commit).settings.metric_name == "there"
    with pytest.raises(AutoresearchError):
        load_settings(workspace, given, "f" * 40)
