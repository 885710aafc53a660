"""A candidate of two files goes the way that one of the target alone goes."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from autoresearch_ci.core.model import FileSet, Side
from autoresearch_ci.workspace import Workspace
from autoresearch_ci.workspace.editable_file import EditableFile
from autoresearch_ci.workspace.patch import applied
from autoresearch_ci.workspace.target_history import TargetHistory
from tests.projects import make_repository
from tests.unit.workspace.conftest import SOURCE, TARGET

OTHER = "other.py"
BOTH = FileSet({TARGET: "lr = 0.2\nsteps = 10\n", OTHER: "another\n"})


@contextmanager
def editing_both(repo):
    with repo.campaign() as campaign:
        state = campaign._state
        state.files[OTHER] = EditableFile.at_tip(
            state.git, state.objects, OTHER, state.head, "here"
        )
        yield campaign


def test_both_are_shown_and_kept(repo):
    """One commit has both."""
    with editing_both(repo) as campaign:
        trial = campaign.trial(BOTH)
        trial.show(Side.CANDIDATE)
        assert trial.contents == {path: text.encode() for path, text in BOTH.items()}
        trial.show(Side.INCUMBENT)
        before = {TARGET: SOURCE.encode(), OTHER: b"other\n"}
        assert trial.contents == before
        patch, commit = trial.patch, trial.commit("both\n")
        trial.keep(commit)
        assert campaign.source() == BOTH
    assert repo.git("show", "--format=", "--name-only", commit).split() == [OTHER, TARGET]
    assert applied(patch.encode(), before) == BOTH


def test_a_tree_is_given_what_differs_on_both_sides(repo):
    """So both find it new, and what nobody changed costs nothing; the target is always new."""
    with editing_both(repo) as campaign:
        for files, given in ((BOTH, {TARGET, OTHER}), (BOTH | {OTHER: "other\n"}, {TARGET})):
            trial = campaign.trial(files)
            for side in Side:
                trial.show(side)
                assert trial.laid.keys() == given


def test_a_commit_has_only_what_changed(repo):
    """A candidate that leaves one of them alone leaves it out of its commit."""
    with editing_both(repo) as campaign:
        trial = campaign.trial(BOTH | {OTHER: "other\n"})
        patch, commit = trial.patch, trial.commit("one\n")
        trial.keep(commit)
    assert repo.git("show", "--format=", "--name-only", commit) == TARGET
    assert TARGET in patch
    assert OTHER not in patch


@pytest.mark.parametrize(
    ("later", "overlaps"),
    [({OTHER: "a\nB\nc\nd\ne\nF\n"}, False), ({OTHER: "a\n2\nc\nd\ne\nf\n"}, True)],
)
def test_a_commit_is_left_out_of_both(repo, tmp_path, later, overlaps):
    """Its changes go in every file, or another commit that overlaps them in one is named."""
    letters = "a\nb\nc\nd\ne\nf\n"

    def commit(files):
        for path, text in files.items():
            repo.write(path, text)
        repo.git("commit", "-qam", "x")
        return repo.head

    base = commit({OTHER: letters})
    kept = commit({TARGET: "lr = 0.2\nsteps = 10\n", OTHER: letters.replace("b", "B")})
    head = commit(later)
    history = TargetHistory(repo.open().git, lambda _commit: [TARGET, OTHER], tmp_path)
    files, overlapping = history.without([kept], base, head)
    assert overlapping == ((head,) if overlaps else ())
    expected = letters if overlaps else letters.replace("f", "F")
    assert files == {TARGET: SOURCE, OTHER: expected}


def test_a_superseded_idea_comes_with_all_its_files(tmp_path):
    """Its patch goes on the new tip; where it does not fit, its files go on as it had them."""
    letters, other = "a\nb\nc\nd\ne\nf\n", "lib/b.txt"
    made = make_repository(tmp_path / "project", {"a.txt": letters, other: "x\n"})
    workspace = Workspace.open(made)
    with (
        workspace.lock("t"),
        workspace.campaign("t", target="a.txt", editable=["lib/*"]) as campaign,
    ):
        source, parent = campaign.source(), campaign.head
        idea = {"a.txt": letters.replace("f", "F"), "lib/new.txt": "n\n"}
        patch = campaign.trial(source | idea).patch.encode()
        _keep(campaign, {"a.txt": letters.replace("a", "A"), other: "y\n"})
        on_tip = {"a.txt": "A\nb\nc\nd\ne\nF\n", other: "y\n", "lib/new.txt": "n\n"}
        assert campaign.reapplied(patch, parent) == on_tip
        _keep(campaign, {"a.txt": letters.replace("f", "other")})
        assert campaign.reapplied(patch, parent) == {**idea, other: "y\n"}


def _keep(campaign, files):
    trial = campaign.trial(campaign.source() | files)
    trial.keep(trial.commit("kept\n"))
