"""`rm`: a campaign goes, and nothing else."""

from __future__ import annotations

import io
import subprocess

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.loop import research
from autoresearch_ci.engine.session_request import SessionRequest
from autoresearch_ci.proposers.scripted import ScriptedProposer
from autoresearch_ci.workspace import Target, Workspace
from tests.projects import SETTINGS, git, hold, look, make_project

NINE = ("nine", "echo metric: 9\n")


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path / "project")
    hold(project, [NINE], tag="one")
    hold(project, [NINE], tag="two")
    return project


@pytest.fixture
def rm(project, capsys):
    def call(*words):
        with pytest.raises(SystemExit) as exit_:
            main(["--repo", str(project), "rm", *words])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


def branches(repository):
    return git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def test_a_campaign_is_deleted_and_no_other(project, rm):
    """Branches and records of this one go; files, branches and records of the others stay."""
    (project / "mine.txt").write_text("mine")
    code, _, _ = rm("two", "--yes")
    assert code == 0
    assert branches(project) == ["autoresearch-logs/one", "autoresearch/one", "main"]
    assert len(look(project, "one").history.experiments) == 2
    assert git(project, "status", "--porcelain") == "?? mine.txt"
    assert not (project / "results.tsv").exists()
    hold(project, [], tag="two")
    assert len(look(project, "two").history.experiments) == 1


def test_what_was_deleted_can_be_brought_back(project, rm):
    """The commands that it says restore branches, and with them all records."""
    before = look(project, "two").history.experiments
    _, out, _ = rm("two", "--yes")
    commands = [line.partition("bring it back: ")[2] for line in out.splitlines()]
    for command in filter(None, commands):
        subprocess.run(command, shell=True, check=True, cwd=project)
    assert look(project, "two").history.experiments == before


def test_it_asks_first(project, rm, monkeypatch):
    """Only a `y` deletes; where nobody can be asked, --yes is needed."""
    code, _, err = rm("two")
    assert (code, "--yes" in err) == (2, True)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    code, said, _ = rm("two")
    assert code == 1
    assert max(map(len, said.splitlines())) <= 60
    assert "autoresearch/two" in branches(project)
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert rm("two")[0] == 0
    assert "autoresearch/two" not in branches(project)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_what_is_in_use_stays(project, rm):
    """Neither a campaign at work nor one that is checked out is deleted."""
    with Workspace.open(project).lock("two"):
        code, _, err = rm("two", "--yes")
    assert (code, "autoresearch-ci stop" in err) == (1, True)
    git(project, "switch", "-q", "autoresearch/two")
    code, _, err = rm("two", "--yes")
    assert (code, "git switch" in err) == (1, True)
    git(project, "switch", "-q", "main")
    assert {"autoresearch/two", "autoresearch-logs/two"} <= set(branches(project))


def test_an_unknown_campaign_is_named_with_those_there_are(rm):
    """A typing error deletes nothing, and shows what could have been meant."""
    code, _, err = rm("tow", "--yes")
    assert code == 1
    assert "one" in err


def test_with_push_it_goes_on_the_remote_as_well(tmp_path, capsys):
    """Both branches there, and nothing else of the remote."""
    source = make_project(tmp_path / "source")
    bare = tmp_path / "bare.git"
    git(source, "clone", "-q", "--bare", str(source), str(bare))
    git(source, "remote", "add", "origin", str(bare))
    with open_session(
        SessionRequest(
            source,
            {**SETTINGS, "tag": "t"},
            push=Target("origin"),
            proposer=ScriptedProposer([NINE]),
        )
    ) as session:
        list(research(session))
    assert "autoresearch/t" in branches(bare)
    for words, left in (([], True), (["--push"], False)):
        with pytest.raises(SystemExit) as exit_:
            main(["--repo", str(source), "rm", "t", "--yes", *words])
        assert exit_.value.code == 0
        assert ("--push" in capsys.readouterr().out) is left
        assert ("autoresearch/t" in branches(bare)) is left
        assert branches(source) == ["main"]
    assert branches(bare) == ["main"]


def test_a_campaign_whose_branches_somebody_deleted_stands_in_nobodys_way(project, rm):
    """`run --new` finds a tag of its own, and what is left can be deleted."""
    from autoresearch_ci.campaign import select

    for name in ("autoresearch/two", "autoresearch-logs/two"):
        git(project, "branch", "-qD", name)
    workspace = Workspace.open(project)
    assert select.without_branch(workspace) == ["two"]
    assert workspace.new_tag("two", select.without_branch(workspace)) == "two-2"
    code, out, _ = rm("two", "--yes")
    assert code == 0
    assert "took its records out" in out
    assert select.without_branch(workspace) == []
