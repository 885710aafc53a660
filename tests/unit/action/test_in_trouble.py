"""Whole sessions while git, GitHub's API or the token fails: what was found is never lost."""

from __future__ import annotations

import json

import pytest

from tests.action_jobs import TOKEN
from tests.projects import git

ASKED = {"max_experiments": "3", "open_pr": "true", "continue_mode": "dispatch"}
QUICK = """
from autoresearch_ci.campaign import sync as publisher
from autoresearch_ci.forge.github import rate_limit as pace
from autoresearch_ci.workspace import remote
pace.Manners.__init__.__defaults__ = (0.0, 0.0, 1, 0.5, 1.0, 0.0, 3)
publisher.PATIENCE = 0.5
remote.Remote.fetch.__kwdefaults__["patience"] = 0.5
"""
"""Code that has a job wait for nobody, as if everything took a hundredth of its time."""

REFUSED = {"status": 403, "body": b'{"message": "Repository was archived so is read-only."}'}
LATER = {"status": 429, "headers": {"Retry-After": "3600"}, "body": b'{"message": "Slow down"}'}


@pytest.fixture
def job(make_job, lab):
    lab.workflows.add("autoresearch.yml")
    return make_job(first=QUICK)


def require_result(job):
    """The session ended well, and whoever looks for its result finds it."""
    assert job.code == 0, job.log
    assert job.outputs["result"] == "improved"
    assert json.loads(job.outputs["results_json"])["stopped"] == "max_experiments"
    assert "score 0.008900 →" in job.summary
    assert "On fresh runs confirmed" in job.summary
    kept = int(job.outputs["kept"])
    assert git(job.workspace, "rev-list", "--count", "main..autoresearch/t") == str(kept)


def require_alone(job, said):
    """What could not be pushed is said, with what to do, and nothing is built on it."""
    require_result(job)
    assert said in job.summary
    assert "git push --atomic origin autoresearch/t autoresearch-logs/t" in job.summary
    assert "No pull request was opened, since the branch was not pushed." in job.summary
    assert "No next run was started: this one was not pushed" in job.summary
    assert job.lab.pulls == []
    assert job.lab.dispatches == []
    assert "/tree/autoresearch/t" not in job.summary


@pytest.mark.parametrize(
    ("fail", "said"),
    [
        (lambda git: git.down(), "Could not push to origin"),
        (lambda git: git.down(status=503), "503"),
        (lambda git: git.slow(1.5), "no answer within"),
        (lambda git: git.decline_pushes("protected branch hook declined"), "hook declined"),
    ],
    ids=["down", "unavailable", "slow", "protected"],
)
def test_a_remote_in_trouble(job, hub, fail, said):
    """A remote that is down, slow or declines costs the push and nothing else."""
    fail(hub.git)
    job.run(**ASKED)
    require_alone(job, said)


def test_a_remote_that_comes_back(job, hub, lab):
    """What one push could not bring goes out with a later one, and the rest goes on from there."""
    hub.git.down(times=3)
    job.run(**ASKED)
    require_result(job)
    assert git(lab.bare, "rev-parse", "autoresearch/t") == job.outputs["best_commit"]
    assert job.outputs["pull_request_url"]
    assert len(lab.dispatches) == 1


@pytest.mark.job
def test_a_token_that_expires_meanwhile(job, hub, lab):
    """From then on nothing is shown or pushed, and the summary has it all."""
    hub.tokens.find(f"token {TOKEN}").good_for = 6
    job.run(**ASKED)
    require_alone(job, "GitHub does not accept the token")
    assert "autoresearch/t" in git(lab.bare, "branch", "--list"), "what came before is there"


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"": REFUSED}, "Repository was archived"),
        ({"": {"status": 404}}, "GitHub does not find it"),
        ({"": {"status": 422, "body": b'{"message": "Validation Failed"}'}}, "Validation Failed"),
        ({"": {"status": 500}}, "GitHub answered with 500"),
        ({"": {"cut": True}}, "GitHub cannot be reached"),
        ({"": {"delay": 1.5, "status": 500}}, "GitHub did not answer in time"),
        ({"": LATER}, "GitHub asks to wait"),
        (
            {"check-runs": LATER, "pulls": REFUSED, "dispatches": {"status": 500}},
            "the start of the next run",
        ),
    ],
    ids=["403", "404", "422", "500", "cut", "timeout", "429", "each its own"],
)
def test_an_api_in_trouble(job, hub, lab, faults, said):
    """Whatever GitHub answers, the branches are pushed, the step succeeds, and the summary says it."""
    for path, fault in faults.items():
        hub.fault(f" /api/v3/repos/octo/lab.*{path}", times=None, **fault)
    job.run(**ASKED)
    require_result(job)
    assert said in job.summary
    assert git(lab.bare, "rev-parse", "autoresearch/t") == job.outputs["best_commit"]
    assert job.outputs["pull_request_url"] == ""
    assert "Left out: the pull request." in job.summary
    assert "Left out: the start of the next run." in job.summary
    assert "The next run was started." not in job.summary


def test_a_secondary_limit_that_passes(job, hub, lab):
    """What GitHub asks to wait for is waited for, and then everything is shown."""
    job.first = QUICK.replace("0.5, 1.0, 0.0, 3)", "5.0, 9.0, 0.0, 3)")
    hub.secondary_limit("POST .*/pulls", retry_after=1)
    job.run(**ASKED)
    require_result(job)
    assert job.outputs["pull_request_url"]
    assert len(lab.dispatches) == 1
    assert "Left out" not in job.summary
