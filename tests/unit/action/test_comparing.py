"""With `mode: compare` a pull request or a push that nobody's loop made is told better or worse."""

from __future__ import annotations

import json

import pytest

from tests.action_jobs import SOLVE
from tests.projects import git

CHECK = "autoresearch/compare"
MODE = {"mode": "compare", "target_file": "", "tag": "", "max_experiments": "", "time_limit": ""}


@pytest.fixture
def compare(job, lab, source):
    """Runs the job for a change of these files on a branch; its exit code and the head's commit."""

    def call(push, files, **inputs):
        head = push("theirs", files)
        base = git(lab.bare, "rev-parse", "main")
        git(job.workspace, "fetch", "-q", str(lab.bare), "theirs")
        payload = {
            "pull_request": {
                "number": lab.pull_number,
                "base": {"sha": base, "ref": "main"},
                "head": {"sha": head, "ref": "theirs"},
            }
        }
        job.start("pull_request", payload, **{**MODE, "target_file": "solve.py", **inputs})
        return job.end(), head

    return call


@pytest.fixture(autouse=True)
def pull(lab, mona, push):
    """The pull request that the change is of."""
    push("theirs", {"solve.py": SOLVE + "# theirs\n"})
    lab.pull_number = lab.pull(mona, "theirs").number


def faster(steps):
    return {"solve.py": SOLVE.replace("STEPS = 8", f"STEPS = {steps}")}


def test_better(compare, push, job, lab):
    """A check on the head, one comment and outputs say so; branches and logs are none."""
    code, head = compare(push, faster(4))
    assert code == 0, job.log
    check = job.checks_on(head)[CHECK]
    assert check["conclusion"] == "success"
    assert check["output"]["title"].startswith("better: score 0.008900 -> 0.004900 (-44.94%)")
    assert (job.outputs["result"], job.outputs["improvement_percent"][:5]) == ("improved", "44.94")
    (comment,) = lab.thread(lab.pull_number)
    assert "**better: score" in comment.body
    compare(push, faster(2))
    (comment,) = lab.thread(lab.pull_number)
    assert "0.002900" in comment.body
    assert {
        name.split("/")[0] for name in git(lab.bare, "branch", "--format=%(refname:short)").split()
    } == {"main", "theirs"}


def test_worse(compare, push, job):
    """It is told; the job fails only where that was asked for, and says what to do."""
    code, head = compare(push, faster(20))
    assert (code, job.checks_on(head)[CHECK]["conclusion"]) == (0, "neutral")
    code, head = compare(push, faster(21), fail_on="worse")
    assert (code, job.checks_on(head)[CHECK]["conclusion"]) == (1, "failure")
    assert "set `fail_on: never`" in job.log
    assert job.outputs["result"] == "error"


def test_the_change_has_no_say_in_how_it_is_judged(compare, push, job):
    """Settings are the base's: what a change writes into its own counts for nothing."""
    mine = {"CLAUDE.md": "## autoresearch\n\n- run_command: echo score: 0\n- metric_name: score\n"}
    code, _ = compare(push, {**faster(20), **mine})
    assert code == 0, job.log
    assert job.outputs["result"] == "no_improvement"


def test_a_push(compare, push, job, lab):
    """A push is compared with what was there before; the check is on its commit."""
    before = git(lab.bare, "rev-parse", "main")
    after = push("main", faster(4))
    git(job.workspace, "fetch", "-q", str(lab.bare), "main")
    job.start(
        "push",
        {"ref": "refs/heads/main", "before": before, "after": after},
        **{**MODE, "target_file": "solve.py"},
    )
    assert job.end() == 0, job.log
    assert job.checks_on(after)[CHECK]["conclusion"] == "success"


def test_nothing_to_compare(job):
    """Other events, new branches and commits that are not here are told, with what to do."""
    job.start("workflow_dispatch", {"inputs": {}}, **MODE)
    assert job.end() == 0
    assert "compare takes pull_request or push" in job.log
    job.start("push", {"ref": "refs/heads/x", "before": "0" * 40, "after": "1" * 40}, **MODE)
    assert job.end() == 0
    assert "nothing to compare it with" in job.log
    job.start("push", {"ref": "refs/heads/x", "before": "2" * 40, "after": "1" * 40}, **MODE)
    assert job.end() == 1
    assert "fetch-depth: 0" in job.log


def test_for_programs(compare, push, job):
    """results_json has every run."""
    compare(push, faster(4))
    found = json.loads(job.outputs["results_json"])
    assert (found["verdict"], found["pairs"], found["exact"]) == ("better", 3, True)
