"""Campaigns that outlive a run: offered, gone on with, merged with a base that moves, finished."""

from __future__ import annotations

import json

import pytest

from autoresearch_ci.core.text import today
from tests import racing_sessions
from tests.action_jobs import SOLVE
from tests.projects import git

FEW = {"max_experiments": "3"}
NEXT = {"tag": "", "max_experiments": "1"}


def experiments(lab, tag):
    """Number and title of every experiment of a campaign, as it is on GitHub."""
    found = [
        r["details"]
        for r in racing_sessions.records(lab.bare, tag)
        if r["action"] == "experiment_done"
    ]
    return [(each["experiment"], each["description"]) for each in found]


@pytest.fixture
def begun(earlier_run, take_up):
    """A first run that has kept something."""
    job = take_up(earlier_run(**FEW))
    assert job.outputs["result"] == "improved"
    return job


@pytest.mark.job
def test_offered_and_gone_on_with(job, lab):
    """An improved session opens one draft pull request, and starts the next run like itself."""
    lab.workflows.add("autoresearch.yml")
    inputs = {"idea": "smaller", "new_campaign": "true"}
    job.start(
        "workflow_dispatch", {"inputs": inputs}, open_pr="true", continue_mode="dispatch", **FEW
    )
    assert job.end() == 0, job.log
    (pull,) = lab.pulls
    assert (pull.draft, pull.branch, pull.base) == (True, "autoresearch/t", "main")
    assert pull.title.startswith("autoresearch t: score 0.0089")
    assert pull.body.startswith("**score 0.0089")
    assert job.outputs["pull_request_url"].endswith(f"/octo/lab/pull/{pull.number}")
    assert f"Offered as a draft pull request: {job.outputs['pull_request_url']}" in job.summary
    assert lab.dispatches == [
        {
            "ref": "main",
            "inputs": {"idea": "smaller", "new_campaign": "false"},
            "workflow": "autoresearch.yml",
        }
    ]
    assert "The next run was started." in job.summary


def test_without_the_inputs_nothing_is_opened_or_started(begun):
    """A session opens no pull request and starts no run unless it was asked to."""
    assert begun.lab.pulls == []
    assert begun.lab.dispatches == []
    assert "next run" not in begun.summary


def test_permissions_that_are_missing_for_both(job, hub):
    """Then both are left out, the summary names the lines, and the step succeeds."""
    hub.tokens.add("ghs_few", permissions={"contents": "write", "metadata": "read"})
    job.token = "ghs_few"
    assert job.run(open_pr="true", continue_mode="dispatch", **FEW) == 0, job.log
    assert job.outputs["pull_request_url"] == ""
    assert "The next run was started" not in job.summary
    for line in ("  pull-requests: write", "  actions: write"):
        assert line in job.summary


def test_a_failed_session_starts_no_next_one(job, lab):
    """A session that could not run says that it is not gone on with."""
    assert job.run(run_command="false", continue_mode="dispatch") == 1
    assert lab.dispatches == []
    assert "No next run was started" in job.summary


def test_the_base_has_moved(begun, make_job, push, lab):
    """The next run merges the base, measures the baseline anew, and goes on numbering."""
    tip = push("main", {"README.md": "news\n"})
    job = make_job("second")
    assert job.run(**NEXT) == 0, job.log
    made = experiments(lab, "t")
    assert [number for number, _ in made] == list(range(6))
    assert made[4] == (4, "baseline")
    assert git(lab.bare, "merge-base", "autoresearch/t", "main") == tip
    assert f"main has moved to {tip[:12]}" in job.log


def test_the_base_has_moved_and_does_not_fit(begun, make_job, push, lab):
    """Then the step and its check run fail and name both commits, and nothing has moved."""
    before = git(lab.bare, "rev-parse", "autoresearch/t")
    tip = push("main", {"solve.py": SOLVE.replace("0.02", "0.3").replace("= 8", "= 9")})
    job = make_job("second")
    assert job.run(**NEXT) == 1
    check = job.checks["autoresearch"]
    assert check["conclusion"] == "failure"
    for text in (job.log, job.summary, json.dumps(check)):
        assert tip[:12] in text
        assert before[:12] in text
    assert git(lab.bare, "rev-parse", "autoresearch/t") == before


def test_nothing_has_moved(begun, make_job, lab):
    """The next run measures the incumbent again and goes on numbering."""
    job = make_job("second")
    assert job.run(**NEXT) == 0, job.log
    assert [number for number, _ in experiments(lab, "t")] == list(range(5))
    assert "the incumbent measured again" in job.log


def test_the_network_has_a_bad_moment(begun, make_job, hub, lab):
    """A clone of one commit still finds the campaign, and begins no other one in its place."""
    job = make_job("second")
    git(job.workspace, "update-ref", "-d", "refs/remotes/origin/autoresearch/t")
    git(job.workspace, "update-ref", "-d", "refs/remotes/origin/autoresearch-logs/t")
    hub.git.down(times=1)
    assert job.run(**NEXT) == 0, job.log
    assert [number for number, _ in experiments(lab, "t")] == list(range(5))


@pytest.mark.parametrize("how", ["--no-ff", "--squash"])
def test_a_merged_pull_request_finishes_the_campaign(begun, make_job, lab, hub, source, how):
    """After a merge and after a squash alike: the next run begins a new campaign."""
    git(source, "pull", "-q", str(lab.bare), "main")
    git(source, "fetch", "-q", str(lab.bare), "autoresearch/t")
    git(source, "merge", "-q", how, "FETCH_HEAD")
    if how == "--squash":
        git(source, "commit", "-qm", "squashed")
    git(source, "push", "-q", str(lab.bare), "HEAD:main")
    bot = hub.user("github-actions[bot]", type="Bot")
    lab.pull(bot, "autoresearch/t", state="closed", merged_at="2026-03-17T14:35:00Z")
    job = make_job("second")
    assert job.run(**NEXT) == 0, job.log
    assert experiments(lab, today())[0] == (0, "baseline")
    assert len(experiments(lab, "t")) == 4
    asked = begun.hub.calls("GET .*/pulls") + hub.calls("GET .*/pulls")
    assert len(asked) == (1 if how == "--no-ff" else 2), "once by its name, and where git is unsure"


def test_a_merged_campaign_that_is_named(begun, make_job, lab, hub):
    """Whoever names a campaign that is finished is told so, and nothing runs."""
    bot = hub.user("github-actions[bot]", type="Bot")
    lab.pull(bot, "autoresearch/t", state="closed", merged_at="2026-03-17T14:35:00Z")
    job = make_job("second")
    assert job.run() == 1
    assert "Campaign t is finished: its pull request was merged." in job.summary
    assert "Give another tag" in job.summary
