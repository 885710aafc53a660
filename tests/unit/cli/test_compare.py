"""`compare` tells two versions apart, whoever made them, and touches nothing."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.cli import main
from tests.projects import SETTINGS, git, make_repository

SECTION = "## autoresearch\n\n" + "".join(f"- {key}: {value}\n" for key, value in SETTINGS.items())
FILES = {
    "target.txt": "5\n",
    "experiment.sh": 'echo "metric: $(cat target.txt)"\n',
    "CLAUDE.md": SECTION,
}


@pytest.fixture
def repository(tmp_path):
    """Three versions: 5, then 4, then one that is broken; 4 is checked out, and edited."""
    folder = make_repository(tmp_path / "p", FILES)
    for text, tag in (("4\n", "faster"), ("oops\n", "broken")):
        (folder / "target.txt").write_text(text)
        git(folder, "commit", "-qam", tag)
        git(folder, "tag", tag)
    git(folder, "checkout", "-q", "faster")
    (folder / "experiment.sh").write_text("exit 9\n")
    (folder / "new.txt").write_text("mine\n")
    return folder


@pytest.fixture
def compare(repository, capsys):
    """Calls the verb; what it printed."""

    def call(*words, code=0):
        with pytest.raises(SystemExit) as exit_:
            main(["--repo", str(repository), "compare", *words])
        out, err = capsys.readouterr()
        assert exit_.value.code == code, err
        return out + err

    return call


def test_better_and_worse(compare):
    """The sentence says which, both values and by how much."""
    said = compare("main~2", "--quiet")
    assert (
        said
        == "better: metric 5.000000 -> 4.000000 (-20.00%), better by 1.000000 exactly in 3 pairs of runs\n"
    )
    assert compare("faster", "main~2", "--quiet").startswith(
        "worse: metric 4.000000 -> 5.000000 (+25.00%)"
    )
    assert compare("HEAD", "faster", "--quiet").startswith("the same: the metric repeats exactly")


def test_it_can_fail(compare):
    """With --fail-on worse a version that is worse or broken ends with 1, a better one with 0."""
    compare("main~2", "--fail-on", "worse")
    compare("faster", "main~2", "--fail-on", "worse", code=1)
    assert "gives no metric" in compare("faster", "broken", "--fail-on", "worse", code=1)
    compare("faster", "broken")


def test_for_programs(compare):
    """--json gives every run, and the gain with its ends."""
    found = json.loads(compare("main~2", "--json", "--quiet"))
    assert (found["verdict"], found["gain"], found["low"], found["pairs"]) == ("better", 1, 1, 3)
    assert found["base"]["runs"] == [5, 5, 5]
    assert found["head"]["value"] == 4


def test_nothing_is_touched(compare, repository):
    """Branches, the user's edits and new files are as they were; nothing is left running."""
    before = (git(repository, "status", "--porcelain"), git(repository, "for-each-ref"))
    compare("main~2", "faster")
    assert (git(repository, "status", "--porcelain"), git(repository, "for-each-ref")) == before
    assert not (repository / "run.log").exists()


def test_versions_may_differ_in_anything(compare, repository):
    """Also in the benchmark and in what setup_command makes: each has trees of its own."""
    git(repository, "checkout", "-qf", "main~2")
    (repository / "experiment.sh").write_text('echo "metric: $(cat made)"\n')
    (repository / "base").write_text("7\n")
    (repository / ".gitignore").write_text("made\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "other")
    git(repository, "rm", "-q", "--cached", "base")
    (repository / "base").write_text("6\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "another")
    said = compare("HEAD~1", "--quiet", "--setup-command", "cp base made")
    assert said.startswith("better: metric 7.000000 -> 6.000000")


def test_bad_input(compare):
    """A version that is none, a base that gives no number and a setting of campaigns are told."""
    assert "nope is no commit here." in compare("nope", code=1)
    assert "The base" in compare("broken", "faster", code=1)
    assert "--patience is for `run`" in compare("main~2", "--patience", "3", code=2)
