"""A campaign whose first session fails costs nothing, and begins where its user mended it."""

from __future__ import annotations

import pytest

from autoresearch_ci.cli import main
from autoresearch_ci.core.errors import BaselineError, MachineError
from autoresearch_ci.engine.assembly import open_session
from autoresearch_ci.engine.session_request import SessionRequest
from tests.projects import SETTINGS, experiments, git, hold, look, make_project


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", **{"experiment.sh": "exit 7\n"})


def mend(project, *how: str) -> str:
    (project / "experiment.sh").write_text(". ./target.txt\n")
    git(project, "commit", "-q", "-a", *how)
    return git(project, "rev-parse", "HEAD")


def test_a_session_that_did_not_get_to_its_baseline_leaves_no_branch(project):
    """What never ran, and what only looked, is not among the campaigns afterwards."""
    with pytest.raises(MachineError):
        hold(project, [], setup_command="exit 3")
    with open_session(SessionRequest(project, SETTINGS)):
        pass
    assert git(project, "branch", "--format=%(refname:short)") == "main"


@pytest.mark.parametrize("how", [("-m", "mended"), ("--amend", "--no-edit")])
def test_after_a_failed_baseline_the_next_session_runs_what_was_mended(project, how):
    """It does so whether that is a new commit or the old one made anew."""
    with pytest.raises(BaselineError):
        hold(project, [])
    tip = mend(project, *how)
    assert experiments(hold(project, []))[0].value == 10
    assert git(project, "rev-parse", "autoresearch/t") == tip
    assert look(project, "t").history.baseline.parent == tip


def test_a_commit_that_a_person_made_on_the_campaigns_branch_stays(project):
    """Where they mended it there, the campaign begins there, from wherever it is started."""
    with pytest.raises(BaselineError):
        hold(project, [])
    git(project, "switch", "-q", "autoresearch/t")
    tip = mend(project, "-m", "mended")
    git(project, "switch", "-q", "main")
    assert experiments(hold(project, []))[0].value == 10
    assert git(project, "rev-parse", "autoresearch/t") == tip


def test_a_base_for_a_campaign_that_has_begun_is_refused(tmp_path, capsys):
    """Nobody is left to believe that the experiments start from there."""
    project = make_project(tmp_path / "begun")
    hold(project, [])
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    with pytest.raises(SystemExit) as stopped:
        main(["--repo", str(project), "run", "--tag=t", "--base=HEAD", *flags])
    assert stopped.value.code == 1
    assert "--base is for a new one" in capsys.readouterr().err
